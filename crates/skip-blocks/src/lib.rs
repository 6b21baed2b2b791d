//! Skip connections for [Burn](burn): a layer's input bypasses it, and joins its output by
//! addition, concatenation or a gate, or travels from an encoder to a decoder.
//!
//! | skip | equation | here |
//! |---|---|---|
//! | added | `y = x + F(x)` | [`BasicBlock`], [`Bottleneck`], [`FixupBlock`], [`NormFreeBlock`], [`Residual`] |
//! | added, reversible | `y1 = x1 + F(x2)`, `y2 = x2 + G(y1)` | [`Reversible`], [`reversible`](reversible()) |
//! | concatenated | `y = [x, F(x)]` | [`DenseLayer`], [`DenseBlock`], [`DenseConcat`] |
//! | added and concatenated | `y = [x + F(x), x', F'(x)]` | [`DualPath`] |
//! | added across sizes | `y_i = sum_j f_ij(x_j)` | [`Exchange`] |
//! | gated | `y = T(x) * H(x) + (1 - T(x)) * x` | [`Highway`], [`HighwayConv`], [`Gated`] |
//! | added to several streams | `y_i = sum_j c_ij x_j + w_i F(sum_j r_j x_j)` | [`Connection`] |
//! | weighted over all before | `x_i = sum_j a_j y_j` | [`DepthAverage`] |
//! | long | `y = F([skip, up(x)])` | [`EncoderStage`], [`DecoderStage`] |
//!
//! Every block follows Burn's grammar: `BlockConfig::new(..).with_x(..).init(&device)` gives a
//! module, and `forward` applies it. Nothing here chooses a backend: the [`Device`] given to
//! `init` does. `check` says what is wrong with a configuration, naming the argument and its value,
//! and `init` panics with the same words. The [`seam`] lets one look inside whatever is built.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use skip_blocks::BasicBlockConfig;
//!
//! let device = Device::flex();
//! let block = BasicBlockConfig::new(16, 32).with_stride(2).init(&device);
//! let y = block.forward(Tensor::ones([1, 16, 8, 8], &device));
//! assert_eq!(y.dims(), [1, 32, 4, 4]);
//! ```
//!
//! # Speed on CPUs
//! On Burn's flex backend the layers run on kernels of this project's own: channels last, fused
//! with what follows a convolution, the same to the last bit for any number of threads. The
//! environment variable `SKIP_BLOCKS_KERNELS=off` turns them off. A program that uses large images
//! on Linux should call [`keep_freed_memory`] at its start, and any program [`compute_on_this_thread`].
//!
//! [`Device`]: burn::tensor::Device
#![warn(missing_docs)]

mod anti_aliasing;
mod attention_gate;
pub mod check;
mod combinators;
mod dense;
mod depth_average;
mod dual_path;
mod exchange;
mod freeze;
mod highway;
mod join;
mod kernels;
pub mod layers;
mod long_skip;
mod modifiers;
pub mod outline;
mod pair;
mod parameters;
mod rank;
mod residual;
mod reversible;
pub mod seam;
mod shortcut;
mod streams;
mod tree;

pub use cpu_kernels::{compute_on_this_thread, keep_freed_memory};

pub use anti_aliasing::AntiAliasing;
pub use attention_gate::AttentionGate;
pub use check::ConfigError;
pub use combinators::{DenseConcat, Gated, Residual};
pub use dense::{
    DenseBlock, DenseBlockConfig, DenseLayer, DenseLayerConfig, Transition, TransitionConfig,
};
pub use depth_average::DepthAverage;
pub use dual_path::{DualPath, DualPathConfig, DualPathOutput, Expand, SplitExpand};
pub use exchange::{Exchange, ExchangeConfig, ExchangePath};
pub use freeze::{FrozenMode, freeze_only};
pub use highway::{Highway, HighwayConfig, HighwayConv, HighwayConvConfig};
pub use join::{AddConcat, Join, JoinKind};
pub use long_skip::{
    ConvPadding, DecoderStage, DecoderStageConfig, DoubleConv, DoubleConvConfig, EncoderStage,
    EncoderStageConfig, Up, Upsampling,
};
pub use modifiers::{
    EfficientChannelAttention, LayerScale, Modifier, ModifierConfig, Scaled, ShakeDrop, SkipInit,
    SpatialChannelExcitation, SqueezeExcitation, StochasticDepth,
};
pub use pair::{ConvNorm, NormConv};
pub use parameters::{Parameter, parameter_count, parameters};
pub use residual::{
    BasicBlock, BasicBlockConfig, BiasedConv, Bottleneck, BottleneckConfig, FixupBlock,
    FixupBlockConfig, FixupOf, NormFreeBlock, NormFreeBlockConfig, Order, ScaledProjection,
    ScaledShortcut,
};
pub use reversible::{Reversible, halves, reversible};
pub use shortcut::{
    DroppedIdentity, GatedIdentity, PooledProjection, Projection, ScaledIdentity, Shortcut,
    ShortcutConfig, ShortcutKind, Windows, ZeroPad,
};
pub use streams::{
    Connection, ConnectionKind, DynamicWeights, HyperConnection, ManifoldConnection,
    doubly_stochastic,
};
