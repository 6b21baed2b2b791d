//! Images as they were decoded.

use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageBuffer, Luma, Pixel, Rgb, RgbImage};

use super::resizing::Interpolation;
use super::window::Window;

/// The values of a picture at the depth that its file has.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// 0 to 255.
    U8(Vec<u8>),
    /// 0 to 65535.
    U16(Vec<u16>),
    /// As a rule 0 to 1.
    F32(Vec<f32>),
}

/// An image as it was decoded: its own size, channels and depth.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    height: usize,
    width: usize,
    channels: usize,
    values: Values,
}

/// Does the same with the values of any depth, and gives a picture's values or something else.
macro_rules! each_depth {
    ($values:expr, $bound:ident => $body:expr) => {
        match $values {
            Values::U8($bound) => Values::U8($body),
            Values::U16($bound) => Values::U16($body),
            Values::F32($bound) => Values::F32($body),
        }
    };
}

impl Picture {
    /// Takes values that lie row by row, the channels of a pixel side by side.
    ///
    /// # Panics
    /// If there are not `height * width * channels` values, or no channels.
    pub fn new([height, width]: [usize; 2], channels: usize, values: Values) -> Self {
        assert!(channels > 0, "channels = 0: must be at least 1");
        assert_eq!(
            values.len(),
            height * width * channels,
            "values of a picture of {height}x{width} with {channels} channels"
        );
        Self {
            height,
            width,
            channels,
            values,
        }
    }

    /// Takes a decoded image at its own depth, without its transparency.
    pub fn from_image(image: DynamicImage) -> Self {
        let size = [image.height() as usize, image.width() as usize];
        let (channels, values) = match image {
            DynamicImage::ImageLuma8(image) => (1, Values::U8(image.into_raw())),
            DynamicImage::ImageLuma16(image) => (1, Values::U16(image.into_raw())),
            DynamicImage::ImageRgb8(image) => (3, Values::U8(image.into_raw())),
            DynamicImage::ImageRgb16(image) => (3, Values::U16(image.into_raw())),
            DynamicImage::ImageRgb32F(image) => (3, Values::F32(image.into_raw())),
            DynamicImage::ImageLumaA8(_) => (1, Values::U8(image.to_luma8().into_raw())),
            DynamicImage::ImageLumaA16(_) => (1, Values::U16(image.to_luma16().into_raw())),
            DynamicImage::ImageRgba8(_) => (3, Values::U8(image.to_rgb8().into_raw())),
            DynamicImage::ImageRgba16(_) => (3, Values::U16(image.to_rgb16().into_raw())),
            _ => (3, Values::F32(image.to_rgb32f().into_raw())),
        };
        Self::new(size, channels, values)
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// 1 for gray, 3 for red, green and blue; others for what is no colour.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Row by row, the channels of a pixel side by side.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// A channel's values from 0 to 1, row by row.
    pub fn plane(&self, channel: usize) -> Vec<f32> {
        let step = self.channels;
        match &self.values {
            Values::U8(values) => unit_values(&values[channel..], step, unit_of_u8),
            Values::U16(values) => unit_values(&values[channel..], step, unit_of_u16),
            Values::F32(values) => unit_values(&values[channel..], step, |value| value),
        }
    }

    /// The same in gray (1) or in colours (3); a picture that is neither stays as it is.
    pub fn with_channels(self, channels: usize) -> Self {
        let size = self.size();
        let values = match (self.channels, channels) {
            (1, 3) => each_depth!(self.values, values => {
                values.into_iter().flat_map(|value| [value; 3]).collect()
            }),
            (3, 1) => luma(self.values, size),
            _ => return self,
        };
        Self::new(size, channels, values)
    }

    /// Pictures of one size and depth as the channels of one; none if they have not that in common.
    pub(super) fn stacked(pictures: &[Self]) -> Option<Self> {
        fn pixels<T: Copy>(parts: &[(&[T], usize)], count: usize) -> Vec<T> {
            let pixel = |pixel: usize| {
                let of = move |&(values, channels): &(&[T], usize)| {
                    values[pixel * channels..][..channels].to_vec()
                };
                parts.iter().flat_map(of)
            };
            (0..count).flat_map(pixel).collect()
        }
        let first = pictures.first()?;
        let size = first.size();
        if pictures.iter().any(|picture| picture.size() != size) {
            return None;
        }
        let count = size[0] * size[1];
        macro_rules! parts {
            ($depth:ident) => {{
                let part = |picture: &'_ Self| match &picture.values {
                    Values::$depth(_) => Some(picture.channels),
                    _ => None,
                };
                let channels: Option<Vec<usize>> = pictures.iter().map(part).collect();
                let values = pictures.iter().filter_map(|picture| match &picture.values {
                    Values::$depth(values) => Some(values.as_slice()),
                    _ => None,
                });
                let parts: Vec<_> = values.zip(channels?).collect();
                Values::$depth(pixels(&parts, count))
            }};
        }
        let values = match first.values {
            Values::U8(_) => parts!(U8),
            Values::U16(_) => parts!(U16),
            Values::F32(_) => parts!(F32),
        };
        let channels = pictures.iter().map(|picture| picture.channels).sum();
        Some(Self::new(size, channels, values))
    }

    /// The same at another size, interpolated with the weights of a triangle.
    pub fn resized(self, size: [usize; 2]) -> Self {
        self.resized_with(size, Interpolation::Bilinear)
    }

    /// The same at another size: what lies between is interpolated, and where it shrinks, averaged
    /// with the same weights, spread as far as it shrinks.
    pub fn resized_with(self, size: [usize; 2], by: Interpolation) -> Self {
        let own = self.size();
        if own == size {
            return self;
        }
        let values = match self.channels {
            1 => each_depth!(self.values, values => scaled::<Luma<_>>(values, own, size, by)),
            3 => each_depth!(self.values, values => scaled::<Rgb<_>>(values, own, size, by)),
            channels => each_depth!(self.values, values => {
                let plane = |channel| {
                    let plane = values.iter().skip(channel).step_by(channels).copied();
                    scaled::<Luma<_>>(plane.collect(), own, size, by)
                };
                let planes: Vec<_> = (0..channels).map(plane).collect();
                let pixels = 0..size[0] * size[1];
                pixels.flat_map(|pixel| planes.iter().map(move |plane| plane[pixel])).collect()
            }),
        };
        Self::new(size, self.channels, values)
    }

    /// What a window shows of it; black where it looks past the edge.
    pub fn seen_through(self, window: &Window) -> Self {
        let (size, channels) = (self.size(), self.channels);
        if *window == Window::whole(size) {
            return self;
        }
        let values = each_depth!(self.values, values => {
            window.view(&values, size, channels, Default::default())
        });
        Self::new(window.seen(), channels, values)
    }

    /// A picture to look at, 8 bits a colour.
    pub fn to_rgb8(&self) -> RgbImage {
        let planes: Vec<_> = (0..self.channels).map(|c| self.plane(c)).collect();
        RgbImage::from_fn(self.width as u32, self.height as u32, |column, row| {
            let position = row as usize * self.width + column as usize;
            Rgb(std::array::from_fn(|colour| {
                let value = planes[colour % self.channels][position];
                (255.0 * value.clamp(0.0, 1.0)).round() as u8
            }))
        })
    }
}

impl Values {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::U16(values) => values.len(),
            Self::F32(values) => values.len(),
        }
    }
}

/// A byte as a value from 0 to 1.
pub(super) fn unit_of_u8(value: u8) -> f32 {
    f32::from(value) / 255.0
}

/// Two bytes as a value from 0 to 1.
pub(super) fn unit_of_u16(value: u16) -> f32 {
    f32::from(value) / 65535.0
}

fn unit_values<T: Copy>(values: &[T], step: usize, unit: impl Fn(T) -> f32) -> Vec<f32> {
    values
        .iter()
        .step_by(step)
        .map(|&value| unit(value))
        .collect()
}

/// The brightness of each pixel.
fn luma(colours: Values, size: [usize; 2]) -> Values {
    match colours {
        Values::U8(values) => {
            let image = DynamicImage::ImageRgb8(buffer(values, size));
            Values::U8(image.to_luma8().into_raw())
        }
        Values::U16(values) => {
            let image = DynamicImage::ImageRgb16(buffer(values, size));
            Values::U16(image.to_luma16().into_raw())
        }
        Values::F32(values) => {
            let image = DynamicImage::ImageRgb32F(buffer(values, size));
            Values::F32(image.to_luma32f().into_raw())
        }
    }
}

fn scaled<P: Pixel + 'static>(
    values: Vec<P::Subpixel>,
    own: [usize; 2],
    [height, width]: [usize; 2],
    by: Interpolation,
) -> Vec<P::Subpixel> {
    let filter = match by {
        Interpolation::Bilinear => FilterType::Triangle,
        Interpolation::Bicubic => FilterType::CatmullRom,
    };
    let pixels = buffer::<P>(values, own);
    imageops::resize(&pixels, width as u32, height as u32, filter).into_raw()
}

fn buffer<P: Pixel>(
    values: Vec<P::Subpixel>,
    [height, width]: [usize; 2],
) -> ImageBuffer<P, Vec<P::Subpixel>> {
    ImageBuffer::from_raw(width as u32, height as u32, values)
        .expect("a picture has a value for each channel of each pixel")
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, ImageBuffer};

    fn colours() -> DynamicImage {
        let values = (0..7 * 5 * 3)
            .map(|value| (value * 37 % 256) as u8)
            .collect();
        RgbImage::from_raw(7, 5, values).expect("7 x 5").into()
    }

    #[test]
    fn planes_are_what_the_image_crate_gives_from_0_to_1() {
        let theirs = colours().to_rgb32f().into_raw();
        let picture = Picture::from_image(colours());
        for channel in 0..3 {
            let theirs: Vec<_> = theirs.iter().skip(channel).step_by(3).copied().collect();
            assert_eq!(picture.plane(channel), theirs);
        }
    }

    #[test]
    fn resizing_and_gray_are_what_the_image_crate_gives() {
        let image = colours();
        let theirs = image.resize_exact(4, 3, FilterType::Triangle);
        let picture = Picture::from_image(image).resized([3, 4]);
        assert_eq!(picture.values, Values::U8(theirs.to_rgb8().into_raw()));
        let gray = picture.with_channels(1);
        assert_eq!(gray.values, Values::U8(theirs.to_luma8().into_raw()));
    }

    #[test]
    fn sixteen_bits_are_kept() {
        let image = ImageBuffer::<Luma<u16>, _>::from_raw(2, 1, vec![1, 65535]).expect("2 x 1");
        let picture = Picture::from_image(image.into());
        assert_eq!(*picture.values(), Values::U16(vec![1, 65535]));
        assert_eq!(picture.plane(0), [1.0 / 65535.0, 1.0]);
    }

    #[test]
    fn gray_becomes_three_equal_colours() {
        let gray = GrayImage::from_raw(2, 1, vec![7, 9]).expect("2 x 1");
        let picture = Picture::from_image(gray.into()).with_channels(3);
        assert_eq!(*picture.values(), Values::U8(vec![7, 7, 7, 9, 9, 9]));
    }

    #[test]
    fn channels_that_are_no_colours_are_resized_each_by_itself() {
        let gray = |image: DynamicImage| Picture::from_image(image.to_luma8().into());
        let pictures = [
            Picture::from_image(colours()),
            gray(colours()),
            gray(colours().fliph()),
        ];
        let stacked = Picture::stacked(&pictures).expect("one size and depth");
        assert_eq!(stacked.channels(), 5);
        let resized = stacked.resized([3, 4]);
        let mut channel = 0;
        for picture in pictures {
            let picture = picture.resized([3, 4]);
            for own in 0..picture.channels() {
                assert_eq!(resized.plane(channel), picture.plane(own));
                channel += 1;
            }
        }
        let other = Picture::new([1, 1], 1, Values::U8(vec![0]));
        assert_eq!(Picture::stacked(&[resized, other]), None);
    }

    #[test]
    fn transparency_is_left_out() {
        let image = image::RgbaImage::from_raw(1, 1, vec![1, 2, 3, 0]).expect("1 x 1");
        let picture = Picture::from_image(image.into());
        assert_eq!(*picture.values(), Values::U8(vec![1, 2, 3]));
    }
}
