//! Freezing parts of a network.

use std::collections::HashSet;

use burn::module::{Module, ParamGroup, ParamId};

use crate::Parameter;
use crate::parameters::parameters;
use crate::tree::{Leaf, leaves};

/// How a module trains where parameters of it are frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrozenMode {
    /// As in evaluation: running statistics are used and stay, and nothing is dropped.
    Evaluation,
    /// As in training: running statistics follow the batches, and values are dropped.
    Training,
}

/// The module with these parameters frozen, and no others: no gradient is wanted of them, and none
/// is carried further back than to the first that learns.
///
/// With [`FrozenMode::Evaluation`], a part that behaves otherwise in training (a batch
/// normalisation, a dropout) behaves as in evaluation if all parameters of the smallest module
/// around it that has some are frozen. What was frozen before and is not named now learns again.
///
/// ```
/// use burn::module::Module;
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{BasicBlockConfig, FrozenMode, freeze_only};
///
/// let device = Device::flex().autodiff();
/// let block = BasicBlockConfig::new(4, 4).init(&device);
/// let block = freeze_only(block, |p| p.path.starts_with("conv1"), FrozenMode::Evaluation);
/// let gradients = block.forward(Tensor::ones([1, 4, 8, 8], &device)).sum().backward();
/// assert!(block.conv1.weight.grad(&gradients).is_none());
/// assert!(block.conv2.weight.grad(&gradients).is_some());
/// ```
pub fn freeze_only<M: Module>(
    module: M,
    is_frozen: impl Fn(&Parameter) -> bool,
    mode: FrozenMode,
) -> M {
    let all = parameters(&module).into_iter();
    let learned = all.filter(|parameter| !parameter.is_statistic());
    let (frozen, learning): (Vec<_>, Vec<_>) = learned.partition(is_frozen);
    let ids = |parameters: &[Parameter]| -> Vec<ParamId> {
        parameters.iter().map(|parameter| parameter.id).collect()
    };
    let paths = |parameters: &[Parameter]| -> HashSet<String> {
        let around = parameters.iter().flat_map(|p| around(&p.path));
        around.map(str::to_string).collect()
    };
    let (has_frozen, has_learning) = (paths(&frozen), paths(&learning));
    // The smallest module around a flag that has parameters decides.
    let is_off = |path: &str| {
        let holder = around(path).find(|m| has_frozen.contains(*m) || has_learning.contains(*m));
        holder.is_some_and(|holder| !has_learning.contains(holder))
    };
    let leaves = leaves(&module).into_iter();
    let flags = leaves.filter(|leaf| leaf.is_flag);
    let (off, on): (Vec<_>, Vec<_>) =
        flags.partition(|flag| mode == FrozenMode::Evaluation && is_off(&flag.path));
    let group = |flags: Vec<Leaf>| {
        ParamGroup::from_ids(flags.into_iter().map(|flag| flag.id).collect::<Vec<_>>())
    };
    module
        .set_require_grad_group(ParamGroup::from_ids(ids(&frozen)), false)
        .set_require_grad_group(ParamGroup::from_ids(ids(&learning)), true)
        .freeze_group(group(off))
        .unfreeze_group(group(on))
}

/// The paths of the modules around something, the smallest first; the last is the whole, "".
fn around(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.rmatch_indices('.').map(|(end, _)| end);
    ends.chain([0]).map(|end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BasicBlock, BasicBlockConfig, DenseLayerConfig};
    use burn::tensor::{Device, Tensor};

    fn device() -> Device {
        Device::flex().autodiff()
    }

    fn block() -> BasicBlock {
        BasicBlockConfig::new(4, 4).init(&device())
    }

    fn input() -> Tensor<4> {
        let device = device();
        let values = Tensor::arange(0..4 * 36, &device).float();
        (values / 30.0).sin().reshape([1, 4, 6, 6])
    }

    fn statistics(block: &BasicBlock) -> Vec<f32> {
        let crate::layers::Norm::Batch(norm) = &block.bn1 else {
            panic!("a batch normalisation");
        };
        let mean = norm.running_mean.value_sync().to_data();
        mean.try_to_vec().expect("floats")
    }

    #[test]
    fn what_is_around_comes_from_the_smallest_to_the_whole() {
        let all: Vec<_> = around("layers.1.bn.training").collect();
        assert_eq!(all, ["layers.1.bn", "layers.1", "layers", ""]);
        assert_eq!(around("weight").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn frozen_statistics_stay_and_others_move() {
        for (mode, stays) in [
            (FrozenMode::Evaluation, true),
            (FrozenMode::Training, false),
        ] {
            let block = freeze_only(block(), |_| true, mode);
            let before = statistics(&block);
            block.forward(input());
            assert_eq!(statistics(&block) == before, stays, "{mode:?}");
        }
    }

    #[test]
    fn what_is_no_longer_named_learns_again() {
        let block = freeze_only(block(), |_| true, FrozenMode::Evaluation);
        let block = freeze_only(block, |_| false, FrozenMode::Evaluation);
        let before = statistics(&block);
        let gradients = block.forward(input()).sum().backward();
        assert!(block.conv1.weight.grad(&gradients).is_some());
        assert_ne!(statistics(&block), before);
    }

    #[test]
    fn a_normalisation_of_which_one_half_learns_is_in_training() {
        let block = freeze_only(block(), |p| p.path == "bn1.gamma", FrozenMode::Evaluation);
        let before = statistics(&block);
        block.forward(input());
        assert_ne!(statistics(&block), before);
    }

    #[test]
    fn a_frozen_layer_drops_nothing() {
        let layer = DenseLayerConfig::new(4, 4)
            .with_drop_probability(0.5)
            .init(&device());
        let layer = freeze_only(layer, |_| true, FrozenMode::Evaluation);
        let [a, b] = [(), ()].map(|()| layer.forward(input()).into_data());
        a.assert_eq(&b, true);
    }
}
