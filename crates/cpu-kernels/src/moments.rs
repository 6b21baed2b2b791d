//! Mean and variance per channel, gathered in fixed chunks.

/// Mean and biased variance of every channel of a tensor.
#[derive(Debug)]
pub struct Moments<'a> {
    /// Mean per channel.
    pub mean: &'a mut [f32],
    /// Mean squared deviation per channel.
    pub variance: &'a mut [f32],
}

/// Sums of `x - shift` and `(x - shift)^2` per channel over one chunk of
/// pixels, as `[shift, sum, square_sum][channel]`.
///
/// The shift is the chunk's first pixel, so the sums do not cancel when the
/// mean is large beside the deviation.
#[derive(Clone, Copy)]
pub(crate) struct ChunkMoments {
    pub ptr: *mut f32,
    pub channels: usize,
}

// SAFETY: tasks that share a table write to disjoint channels of it.
unsafe impl Send for ChunkMoments {}
unsafe impl Sync for ChunkMoments {}

impl ChunkMoments {
    /// Floats of one chunk's table.
    pub fn len(channels: usize) -> usize {
        3 * channels
    }

    /// The table of a chunk, counted from this one.
    pub fn chunk(self, index: usize) -> Self {
        Self {
            ptr: self.ptr.wrapping_add(index * Self::len(self.channels)),
            ..self
        }
    }

    /// Pointers to the shift, the sum and the sum of squares of `channel`.
    #[inline(always)]
    pub fn rows(self, channel: usize) -> [*mut f32; 3] {
        [0, 1, 2].map(|row| self.ptr.wrapping_add(row * self.channels + channel))
    }
}

impl Moments<'_> {
    /// # Panics
    /// If either slice does not have `channels` entries.
    pub(crate) fn check(&self, channels: usize) {
        assert_eq!(self.mean.len(), channels, "mean per channel");
        assert_eq!(self.variance.len(), channels, "variance per channel");
    }

    /// Merges the tables of all chunks, in order, by the pairwise update of
    /// Chan, Golub and LeVeque.
    pub(crate) fn merge(&mut self, tables: &[f32], counts: impl Iterator<Item = usize> + Clone) {
        let channels = self.mean.len();
        for c in 0..channels {
            let (mut total, mut mean, mut squares) = (0.0, 0.0, 0.0);
            for (table, count) in tables.chunks_exact(3 * channels).zip(counts.clone()) {
                let [shift, sum, square] =
                    [0, 1, 2].map(|row| f64::from(table[row * channels + c]));
                let count = count as f64;
                let delta = shift + sum / count - mean;
                let next = total + count;
                mean += delta * count / next;
                squares += square - sum * sum / count + delta * delta * total * count / next;
                total = next;
            }
            self.mean[c] = mean as f32;
            self.variance[c] = if total > 0.0 {
                (squares.max(0.0) / total) as f32
            } else {
                0.0
            };
        }
    }
}
