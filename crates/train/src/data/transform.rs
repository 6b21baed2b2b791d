//! What training does to the images, as a list of values.

use anyhow::{Result, ensure};
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::window::Window;

/// One thing that training does to an image and to the answer that lies over it, anew every time
/// it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Transform {
    /// Takes a square of so many pixels, anywhere in the image.
    Crop {
        /// Its height and width; at most the image's.
        size: usize,
    },
    /// Moves by up to so many pixels each way; what comes in from outside the image is black, and
    /// background.
    Shift {
        /// The most that it moves; at most the image's longer side.
        pixels: usize,
    },
    /// Mirrors left and right, every other time.
    FlipHorizontal,
    /// Mirrors top and bottom, every other time.
    FlipVertical,
    /// Swaps rows and columns of what is seen, a square, every other time. With both flips all
    /// eight ways to lay a square are drawn.
    Transpose,
    /// Makes normalised values `c x + b`, with `log c` up to `contrast` and `b` up to `brightness`
    /// from 0 each way: another exposure of the same image.
    Exposure {
        /// The most by which the logarithm of the contrast changes, from 0.
        contrast: f32,
        /// The most by which the brightness changes, in units of normalised values, from 0.
        brightness: f32,
    },
}

/// What an [`Transform::Exposure`] makes of normalised values: `contrast * x + brightness`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exposed {
    pub contrast: f32,
    pub brightness: f32,
}

/// What is seen of an image.
pub(super) struct Drawn {
    pub window: Window,
    pub exposed: Exposed,
}

impl Transform {
    /// Changes what is seen.
    fn draw(self, drawn: &mut Drawn, random: &mut StdRng) {
        let window = drawn.window;
        let seen = window.seen();
        drawn.window = match self {
            Self::Crop { size } => {
                let start = seen.map(|full| random.random_range(0..=full - size));
                window.crop(start, [size, size])
            }
            Self::Shift { pixels } => {
                let reach = pixels as i64;
                let by = [(); 2].map(|()| random.random_range(-reach..=reach));
                window.shift(by)
            }
            Self::FlipHorizontal if random.random() => window.flip_horizontal(),
            Self::FlipVertical if random.random() => window.flip_vertical(),
            Self::Transpose if random.random() => window.transpose(),
            Self::FlipHorizontal | Self::FlipVertical | Self::Transpose => window,
            Self::Exposure {
                contrast,
                brightness,
            } => {
                let factor = random.random_range(-contrast..=contrast).exp();
                let offset = random.random_range(-brightness..=brightness);
                drawn.exposed.contrast *= factor;
                drawn.exposed.brightness = drawn.exposed.brightness * factor + offset;
                window
            }
        };
    }

    /// The size that it leaves of an image.
    fn size_after(self, [height, width]: [usize; 2]) -> Result<[usize; 2]> {
        match self {
            Self::Crop { size } => {
                let most = height.min(width);
                ensure!(
                    (1..=most).contains(&size),
                    "crop of size {size}: must be 1 to {most}, as the image is {height}x{width}"
                );
                Ok([size, size])
            }
            Self::Transpose => {
                ensure!(
                    height == width,
                    "transpose of an image of {height}x{width}: must be a square; crop one first"
                );
                Ok([height, width])
            }
            Self::Shift { pixels } => {
                let most = height.max(width);
                ensure!(
                    pixels <= most,
                    "shift of {pixels} pixels: must be at most {most}, as the image is \
                     {height}x{width}"
                );
                Ok([height, width])
            }
            Self::Exposure {
                contrast,
                brightness,
            } => {
                for (name, most) in [("contrast", contrast), ("brightness", brightness)] {
                    ensure!(
                        (0.0..=10.0).contains(&most),
                        "exposure of {name} {most}: must be 0 to 10"
                    );
                }
                Ok([height, width])
            }
            Self::FlipHorizontal | Self::FlipVertical => Ok([height, width]),
        }
    }
}

/// Height and width that a list of transforms leaves of an image.
///
/// # Errors
/// If one of them cannot be applied to what those before it leave.
pub fn size_after(transforms: &[Transform], size: [usize; 2]) -> Result<[usize; 2]> {
    transforms
        .iter()
        .try_fold(size, |size, transform| transform.size_after(size))
}

/// Draws what is seen of an image of this size; [`size_after`] has accepted it.
pub(super) fn draw(transforms: &[Transform], size: [usize; 2], random: &mut StdRng) -> Drawn {
    let mut drawn = Drawn {
        window: Window::whole(size),
        exposed: Exposed {
            contrast: 1.0,
            brightness: 0.0,
        },
    };
    for transform in transforms {
        transform.draw(&mut drawn, random);
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::generator;
    use std::collections::HashSet;

    const ALL: [Transform; 6] = [
        Transform::Crop { size: 2 },
        Transform::Shift { pixels: 1 },
        Transform::FlipHorizontal,
        Transform::FlipVertical,
        Transform::Transpose,
        Transform::Exposure {
            contrast: 0.5,
            brightness: 0.25,
        },
    ];

    #[test]
    fn a_crop_lies_inside() {
        let values: Vec<i32> = (1..=20).collect();
        let mut starts = HashSet::new();
        for index in 0..200 {
            let crop = [Transform::Crop { size: 2 }];
            let window = draw(&crop, [4, 5], &mut generator(1, 0, index)).window;
            let seen = window.view(&values, [4, 5], 1, 0);
            assert_eq!([seen[1] - seen[0], seen[2] - seen[0]], [1, 5]);
            starts.insert(seen[0]);
        }
        assert_eq!(starts.len(), 3 * 4, "every place is drawn");
    }

    #[test]
    fn both_flips_and_a_transposition_are_the_eight_ways_to_lay_a_square() {
        let lay = |index| {
            let window = draw(&ALL[2..5], [2, 2], &mut generator(1, 0, index)).window;
            window.view(&[1, 2, 3, 4], [2, 2], 1, 0)
        };
        let ways: HashSet<_> = (0..200).map(lay).collect();
        assert_eq!(ways.len(), 8);
    }

    #[test]
    fn a_shift_reaches_as_far_as_it_says_and_no_further() {
        let shift = [Transform::Shift { pixels: 1 }];
        let place = |index| {
            let window = draw(&shift, [5, 5], &mut generator(1, 0, index)).window;
            window
                .point([2.0, 2.0])
                .map(|place| place.map(|x| x as i32))
        };
        let places: HashSet<_> = (0..200).map(place).collect();
        assert_eq!(places.len(), 9);
        let near = |place: [i32; 2]| place.iter().all(|x| (1..=3).contains(x));
        assert!(places.iter().all(|place| place.is_some_and(near)));
    }

    #[test]
    fn an_exposure_changes_values_by_as_much_as_it_says_and_no_more() {
        let (mut lowest, mut highest) = (f32::MAX, f32::MIN);
        for index in 0..500 {
            let drawn = draw(&ALL[5..], [2, 2], &mut generator(1, 0, index));
            assert_eq!(drawn.window, Window::whole([2, 2]));
            let log = drawn.exposed.contrast.ln();
            assert!(log.abs() <= 0.5001 && drawn.exposed.brightness.abs() <= 0.25);
            (lowest, highest) = (lowest.min(log), highest.max(log));
        }
        assert!(lowest < -0.45 && highest > 0.45, "{lowest} {highest}");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let error = |transforms: &[Transform], size| {
            let error = size_after(transforms, size).expect_err("does not fit");
            error.to_string()
        };
        assert_eq!(size_after(&ALL, [4, 5]).expect("fits"), [2, 2]);
        assert_eq!(
            error(&ALL, [1, 5]),
            "crop of size 2: must be 1 to 1, as the image is 1x5"
        );
        assert_eq!(
            error(&[Transform::Shift { pixels: usize::MAX }], [1, 5]),
            format!(
                "shift of {} pixels: must be at most 5, as the image is 1x5",
                usize::MAX
            )
        );
        assert_eq!(
            error(&ALL[4..5], [1, 5]),
            "transpose of an image of 1x5: must be a square; crop one first"
        );
    }

    #[test]
    fn a_list_is_read_as_it_is_written_and_nothing_else() {
        let text = r#"[{"crop":{"size":2}},{"shift":{"pixels":1}},"flip_horizontal","flip_vertical","transpose",{"exposure":{"contrast":0.5,"brightness":0.25}}]"#;
        assert_eq!(serde_json::to_string(&ALL).expect("writes"), text);
        let read: Vec<Transform> = serde_json::from_str(text).expect("reads");
        assert_eq!(read, ALL);
        for wrong in [
            r#"["flip"]"#,
            r#"[{"crop":{"size":2,"at":1}}]"#,
            r#"[{"crop":{}}]"#,
        ] {
            assert!(
                serde_json::from_str::<Vec<Transform>>(wrong).is_err(),
                "{wrong}"
            );
        }
    }
}
