//! The one seam to look inside a network: parts are watched, cut, counted and recomputed here.
//!
//! A network's module tree gives each part a path, such as `layer1.0.conv2` or `decoder.0.join`.
//! A [`Seam`] finds the paths by visiting the network once. While [`Seam::run`] is under way, the
//! layers of [`layers`](crate::layers), the joins and shortcuts, and whatever a container hands
//! over to a [`part`] are known by those paths. No block knows that it is looked at, and outside
//! of `run` nothing is done but reading a flag.
//!
//! A residual block's `branch` is what it adds to its short path, `downsample`. Where somebody
//! looks at it, the block's last layer gives the branch alone; otherwise it is seen with the short
//! path and the activation, as it is computed.
//!
//! ```
//! use burn::module::Module;
//! use burn::tensor::{Device, Tensor};
//! use skip_blocks::seam::Seam;
//! use skip_blocks::{BasicBlock, BasicBlockConfig};
//!
//! #[derive(Module, Debug)]
//! struct Network {
//!     blocks: Vec<BasicBlock>,
//! }
//!
//! let device = Device::flex().autodiff();
//! let block = BasicBlockConfig::new(2, 2);
//! let network = Network { blocks: vec![block.init(&device), block.init(&device)] };
//! let forward = |x: Tensor<4>| network.blocks.iter().fold(x, |x, block| block.forward(x));
//! let x = Tensor::<4>::ones([1, 2, 4, 4], &device);
//!
//! // What each second normalisation gives (with its shortcut and its ReLU), and its gradient.
//! let seam = Seam::of(&network).watch("*.bn2")?;
//! let (y, record) = seam.run(|| forward(x.clone()));
//! let gradients = y.sum().backward();
//! let seen: Vec<_> = record.seen().iter().map(|seen| seen.path()).collect();
//! assert_eq!(seen, ["blocks.0.bn2", "blocks.1.bn2"]);
//! assert!(record.seen()[1].gradient(&gradients).is_some());
//!
//! // Without the second block's shortcut.
//! let seam = Seam::of(&network).cut("blocks.1.downsample")?;
//! let (cut, _) = seam.run(|| forward(x.clone()));
//! assert_ne!(cut.to_data(), forward(x.clone()).to_data());
//!
//! // Without its branch: the block passes on what it is given.
//! let seam = Seam::of(&network).cut("blocks.1.branch")?;
//! let (cut, _) = seam.run(|| forward(x.clone()));
//! assert_eq!(cut.to_data(), network.blocks[0].forward(x).to_data());
//! # Ok::<(), skip_blocks::seam::UnknownPart>(())
//! ```

mod builder;
pub(crate) mod draws;
mod edit;
mod hooks;
mod mark;
mod part;
mod pattern;
pub(crate) mod record;
pub(crate) mod scope;
pub(crate) mod trace;

pub use builder::{Seam, UnknownPart, count_macs};
pub(crate) use hooks::{carried, count, looks_at, opening, output};
pub use mark::Mark;
pub(crate) use part::{looks_at_parts, recomputes};
pub use part::{part, part_all};
pub use pattern::{covers, fits};
pub use record::{Record, Seen};
