//! The rows of the paper's table 1, and the authors' RevNet-56.

use skip_blocks::ShortcutKind;

use super::RevNetConfig;
use crate::variant::{CIFAR, IMAGENET, Variant, classifier};
use crate::{BlockKind, Stem};
use BlockKind::{Basic, Bottleneck};

pub(crate) fn variants() -> Vec<Variant> {
    let cifar = |block, blocks: usize, planes: [usize; 3]| {
        RevNetConfig::new(block, vec![blocks; 3], planes.to_vec(), 32)
    };
    // Shortcuts without parameters where the blocks are basic, as in the plain residual networks.
    let basic = |blocks, planes| cifar(Basic, blocks, planes).with_shortcut(ShortcutKind::ZeroPad);
    let imagenet = |blocks: [usize; 4]| {
        RevNetConfig::new(Bottleneck, blocks.to_vec(), vec![128, 256, 512, 832], 128)
            .with_stem(Stem::ImageNet)
    };
    vec![
        classifier("revnet38", CIFAR, basic(3, [32, 64, 112])),
        classifier("revnet110", CIFAR, basic(9, [32, 64, 128])),
        classifier("revnet164", CIFAR, cifar(Bottleneck, 9, [32, 64, 128])),
        classifier("revnet56", IMAGENET, imagenet([2, 2, 3, 2])),
        classifier("revnet104", IMAGENET, imagenet([2, 2, 11, 2])),
    ]
}

#[cfg(test)]
mod tests {
    #[test]
    fn parameters_are_those_of_the_papers_table() {
        let millions = |name: &str| {
            let size = crate::find(name).expect("a variant").size();
            size.expect("in the table").parameters as f64 / 1e6
        };
        for (name, paper) in [("revnet38", 0.46), ("revnet110", 1.73), ("revnet164", 1.75)] {
            assert!((millions(name) - paper).abs() < 5.1e-3, "{name}");
        }
        assert!((millions("revnet104") / 45.2 - 1.0).abs() < 0.01);
    }
}
