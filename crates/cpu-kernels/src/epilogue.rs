//! What happens to a convolution's result as it is written.

use crate::view::View;

/// Applied to each output as it is written:
/// `y = relu(conv * scale + bias + residual)`, every step optional.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a> {
    /// Factor per output channel.
    pub scale: Option<&'a [f32]>,
    /// Summand per output channel.
    pub bias: Option<&'a [f32]>,
    /// A tensor of the output's shape that is added.
    pub residual: Option<View<'a>>,
    /// Whether negative results become zero.
    pub relu: bool,
}

impl Epilogue<'_> {
    /// # Panics
    /// If a per-channel slice does not have `channels` entries.
    pub(crate) fn check(&self, channels: usize) {
        for slice in [self.scale, self.bias].into_iter().flatten() {
            assert_eq!(slice.len(), channels, "epilogue entries per output channel");
        }
    }
}
