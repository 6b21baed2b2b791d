//! Layers.

use burn::backend::ir::{InterpolateModeIr, InterpolateOpIr, ModuleOperationIr, TensorIr};

use super::numeric::number;
use super::{Lowered, Lowering, Refusal};
use crate::attribute::{float, int, lengths, text};

/// A convolution over any number of dimensions: Burn has a type for each.
macro_rules! convolution {
    ($lowering:expr, $op:expr) => {{
        let (op, options) = ($op, &$op.options);
        let inputs = $lowering.values([Some(&op.x), Some(&op.weight), op.bias.as_ref()]);
        let attributes = [
            lengths("strides", options.stride),
            lengths("pads", pads(options.padding)),
            lengths("dilations", options.dilation),
            int("group", options.groups as i64),
        ];
        $lowering.layer("Conv", &inputs, attributes)
    }};
}

impl Lowering<'_> {
    pub(super) fn module(&mut self, operation: &ModuleOperationIr) -> Lowered {
        match operation {
            ModuleOperationIr::Conv1d(op) => Ok(convolution!(self, op)),
            ModuleOperationIr::Conv2d(op) => Ok(convolution!(self, op)),
            ModuleOperationIr::ConvTranspose2d(op) => {
                let inputs = self.values([Some(&op.x), Some(&op.weight), op.bias.as_ref()]);
                let options = &op.options;
                let attributes = [
                    lengths("strides", options.stride),
                    lengths("pads", pads(both(options.padding))),
                    lengths("output_padding", options.padding_out),
                    lengths("dilations", options.dilation),
                    int("group", options.groups as i64),
                ];
                Ok(self.layer("ConvTranspose", &inputs, attributes))
            }
            ModuleOperationIr::BatchNorm(op) => {
                let inputs = [&op.x, &op.gamma, &op.beta, &op.mean, &op.variance];
                let inputs = self.values(inputs.map(Some));
                let epsilon = float("epsilon", number(op.epsilon) as f32);
                Ok(self.layer("BatchNormalization", &inputs, [epsilon]))
            }
            ModuleOperationIr::LayerNorm(op) => {
                let inputs = self.values([Some(&op.input), Some(&op.gamma), op.beta.as_ref()]);
                let attributes = [int("axis", -1), float("epsilon", number(op.epsilon) as f32)];
                Ok(self.layer("LayerNormalization", &inputs, attributes))
            }
            ModuleOperationIr::MaxPool2d(op) => {
                let inputs = self.values([Some(&op.x)]);
                let attributes = [
                    lengths("kernel_shape", op.kernel_size),
                    lengths("strides", op.stride),
                    lengths("pads", pads(both(op.padding))),
                    lengths("dilations", op.dilation),
                    int("ceil_mode", i64::from(op.ceil_mode)),
                ];
                Ok(self.layer("MaxPool", &inputs, attributes))
            }
            ModuleOperationIr::AvgPool2d(op) => {
                let inputs = self.values([Some(&op.x)]);
                let attributes = [
                    lengths("kernel_shape", op.kernel_size),
                    lengths("strides", op.stride),
                    lengths("pads", pads(both(op.padding))),
                    int("ceil_mode", i64::from(op.ceil_mode)),
                    int("count_include_pad", i64::from(op.count_include_pad)),
                ];
                Ok(self.layer("AveragePool", &inputs, attributes))
            }
            ModuleOperationIr::Interpolate(op) => self.interpolate(op),
            _ => Err(Refusal::Unsupported),
        }
    }

    fn interpolate(&mut self, op: &InterpolateOpIr) -> Lowered {
        if !matches!(op.options.mode, InterpolateModeIr::Nearest) {
            return Err(Refusal::Unsupported);
        }
        let x = self.value(&op.x);
        let size = self
            .graph
            .integers(&op.output_size.map(|length| length as i64));
        let attributes = [
            text("mode", "nearest"),
            text("coordinate_transformation_mode", "asymmetric"),
            text("nearest_mode", "floor"),
            lengths("axes", [2, 3]),
        ];
        Ok(self.graph.node("Resize", &[&x, "", "", &size], attributes))
    }

    /// The values, less those at the end that are none.
    fn values<const N: usize>(&mut self, tensors: [Option<&TensorIr>; N]) -> Vec<String> {
        let tensors = tensors.into_iter().flatten();
        tensors.map(|tensor| self.value(tensor)).collect()
    }

    fn layer<const N: usize>(
        &mut self,
        op_type: &str,
        inputs: &[String],
        attributes: [crate::proto::AttributeProto; N],
    ) -> String {
        let inputs: Vec<_> = inputs.iter().map(String::as_str).collect();
        self.graph.node(op_type, &inputs, attributes)
    }
}

/// As much before as after.
fn both<const N: usize>(padding: [usize; N]) -> [(usize, usize); N] {
    padding.map(|padding| (padding, padding))
}

/// What stands before all dimensions, and then what stands after them.
fn pads<const N: usize>(padding: [(usize, usize); N]) -> impl Iterator<Item = usize> {
    let before = padding.into_iter().map(|(before, _)| before);
    before.chain(padding.into_iter().map(|(_, after)| after))
}
