//! A picture whose colours are changed.

use crate::data::picture::{Picture, Values};

/// The brightness of red, green and blue, ITU-R BT.601.
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// A picture's values as numbers, 0 black and 1 white, the channels of a pixel side by side.
pub(super) struct Canvas {
    pub size: [usize; 2],
    pub channels: usize,
    pub values: Vec<f32>,
    /// Whether values stay within 0 and 1: those of a file of whole numbers do.
    bounded: bool,
}

impl Canvas {
    pub fn new(picture: &Picture) -> Self {
        let (size, channels) = (picture.size(), picture.channels());
        let mut values = vec![0.0; size[0] * size[1] * channels];
        for channel in 0..channels {
            let own = values.iter_mut().skip(channel).step_by(channels);
            own.zip(picture.plane(channel))
                .for_each(|(own, value)| *own = value);
        }
        Self {
            size,
            channels,
            values,
            bounded: !matches!(picture.values(), Values::F32(_)),
        }
    }

    pub fn into_picture(self) -> Picture {
        Picture::new(self.size, self.channels, Values::F32(self.values))
    }

    /// Changes each value by itself.
    pub fn each(&mut self, mut change: impl FnMut(f32) -> f32) {
        for value in &mut self.values {
            *value = change(*value);
        }
        self.bound();
    }

    /// Changes red, green and blue of each pixel; gray pictures have none.
    pub fn each_colour(&mut self, change: impl Fn([f32; 3]) -> [f32; 3]) {
        if self.channels != 3 {
            return;
        }
        for pixel in self.values.chunks_exact_mut(3) {
            pixel.copy_from_slice(&change([pixel[0], pixel[1], pixel[2]]));
        }
        self.bound();
    }

    /// Goes from other values towards its own, and past them: `other + factor * (own - other)`.
    pub fn away_from(&mut self, other: impl Fn(usize) -> f32, factor: f32) {
        for (place, value) in self.values.iter_mut().enumerate() {
            let other = other(place);
            *value = other + factor * (*value - other);
        }
        self.bound();
    }

    /// The mean brightness.
    pub fn mean(&self) -> f32 {
        let sum: f64 = match self.channels {
            3 => {
                let pixels = self.values.chunks_exact(3);
                pixels
                    .map(|pixel| f64::from(luma([pixel[0], pixel[1], pixel[2]])))
                    .sum()
            }
            _ => self.values.iter().map(|&value| f64::from(value)).sum(),
        };
        let count = match self.channels {
            3 => self.values.len() / 3,
            _ => self.values.len(),
        };
        (sum / count as f64) as f32
    }

    fn bound(&mut self) {
        if self.bounded {
            for value in &mut self.values {
                *value = value.clamp(0.0, 1.0);
            }
        }
    }
}

/// The brightness of a colour.
pub(super) fn luma(colour: [f32; 3]) -> f32 {
    let [red, green, blue] = LUMA;
    red * colour[0] + green * colour[1] + blue * colour[2]
}
