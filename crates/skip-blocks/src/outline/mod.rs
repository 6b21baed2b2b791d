//! A network's outline: its shapes and its wiring, without its numbers.
//!
//! Burn can write operations down instead of computing them. So the outline of any network is had
//! in milliseconds, whatever its size: which layers it has, what they give, what they cost, and
//! which part's results each part takes. A skip connection is a link past some parts, or past a
//! part's own layers; it is found by following the results, not by knowing the network.
//!
//! ```
//! use burn::tensor::Tensor;
//! use skip_blocks::BasicBlockConfig;
//! use skip_blocks::outline::Outline;
//!
//! let block = BasicBlockConfig::new(64, 128).with_stride(2);
//! let outline = Outline::of(|device| block.init(device), [1, 64, 56, 56], |block, x| block.forward(x));
//! let conv1 = &outline.layers[1];
//! assert_eq!((conv1.path.as_str(), conv1.kind.as_str()), ("downsample.bn", "BatchNorm"));
//! assert_eq!(outline.layers[1].output, [1, 128, 28, 28]);
//! assert_eq!(outline.parameters(), 230_144);
//! ```

mod flow;
mod operation;
mod recording;
mod units;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::Serialize;

use crate::seam::Seam;
use flow::Flow;
use recording::{captured, named};

pub use recording::Recording;

/// What a network consists of, in the order in which it is computed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outline {
    /// Its layers: whatever holds parameters, and whatever makes a map of others (pooling, resizing,
    /// joining).
    pub layers: Vec<Layer>,
    /// Its units: the smallest parts that containers hand over to [`part`](crate::seam::part()), and
    /// the layers that stand in none.
    pub units: Vec<Unit>,
    /// Who takes whose results.
    pub links: Vec<Link>,
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Layer {
    /// Where it stands; for what holds no parameters, the unit that it stands in.
    pub path: String,
    /// What it is: the name of its module, or of what it does.
    pub kind: String,
    /// Height and width of its kernel, if it has one.
    pub kernel: Option<[usize; 2]>,
    /// The shape of what it is given; empty where it is not applied.
    pub input: Vec<usize>,
    /// The shape of what it gives.
    pub output: Vec<usize>,
    /// How many values it learns.
    pub parameters: usize,
    /// Its multiply-adds.
    pub macs: u64,
}

/// A part of a network that is drawn as one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unit {
    /// Where it stands.
    pub path: String,
    /// The shape of what it gives.
    pub output: Vec<usize>,
    /// How many values it learns.
    pub parameters: usize,
    /// Its multiply-adds.
    pub macs: u64,
}

/// A unit that takes another's results, or hands its own input past its layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Link {
    /// The place of the unit whose results are taken.
    pub from: usize,
    /// The place of the unit that takes them. The same for a skip within a unit.
    pub to: usize,
    /// How they are taken.
    pub join: Joined,
}

/// How a unit takes results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Joined {
    /// They are all that it is given.
    Input,
    /// Beside others, along the channels.
    Concat,
    /// They are added to what its layers make.
    Add,
    /// They are multiplied with what its layers make, or by a gate.
    Gate,
}

impl Outline {
    /// The outline of a network for an input of this shape.
    pub fn of<M: Module, T, const D: usize>(
        make: impl FnOnce(&Device) -> M,
        input: [usize; D],
        forward: impl FnOnce(&M, Tensor<D>) -> T,
    ) -> Self {
        Self::named(make, Seam::of, input, forward)
    }

    /// The same by other names: those of the parts of `seam`.
    pub fn named<M: Module, T, const D: usize>(
        make: impl FnOnce(&Device) -> M,
        seam: impl FnOnce(&M) -> Seam,
        input: [usize; D],
        forward: impl FnOnce(&M, Tensor<D>) -> T,
    ) -> Self {
        let (run, graph) = captured(|device| {
            let network = make(device);
            let seam = seam(&network).count().trace();
            let holders = flow::holders(&network, &seam);
            let x = Tensor::ones(input, device);
            let x_id = named(&x);
            let (_, record) = seam.run(|| forward(&network, x));
            (holders, record, x_id)
        });
        let (holders, record, x) = run;
        Flow::new(holders, &record, (x, input.to_vec())).follow(&graph.graph.operations)
    }

    /// How many values the network learns.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.parameters).sum()
    }

    /// Multiply-adds of its convolutions and linear layers.
    pub fn macs(&self) -> u64 {
        self.layers.iter().map(|layer| layer.macs).sum()
    }

    /// Bytes of what all layers give: what a training step keeps for the way back, at most.
    pub fn bytes(&self) -> usize {
        self.layers.iter().map(Layer::bytes).sum()
    }
}

impl Layer {
    /// Bytes of what it gives, at four a value.
    pub fn bytes(&self) -> usize {
        match self.output[..] {
            [] => 0,
            _ => 4 * self.output.iter().product::<usize>(),
        }
    }
}

/// Runs `forward` on a device that computes nothing: it only writes down which operations there
/// are, and what shapes they give. No weight is drawn there, and no value can be read.
///
/// Layers report to a [`Seam`] as ever.
///
/// ```
/// use burn::tensor::Tensor;
/// use skip_blocks::layers::{Act, conv, conv3x3};
/// use skip_blocks::outline::without_computing;
/// use skip_blocks::seam::count_macs;
///
/// let macs = without_computing(|device| {
///     let layer = conv3x3(512, 512).init(device);
///     let x = Tensor::ones([1, 512, 1000, 1000], device);
///     count_macs(|| conv(x, &layer, Act::None))
/// });
/// assert_eq!(macs, 512 * 512 * 9 * 1000 * 1000);
/// ```
pub fn without_computing<T>(forward: impl FnOnce(&Device) -> T) -> T {
    captured(forward).0
}
