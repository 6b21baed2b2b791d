//! The networks for CIFAR of the paper's table 6.

use skip_blocks::ShortcutKind;

use super::BlockKind::Basic;
use super::ResNetConfig;

/// With shortcuts without parameters: option A of the paper.
pub(super) fn cifar(depth: usize) -> ResNetConfig {
    ResNetConfig::cifar(Basic, depth).with_shortcut(ShortcutKind::ZeroPad)
}
