//! Reading an image at places between its pixels.

use crate::data::mask::Mask;
use crate::data::picture::{Picture, Values};

/// Each place as what lies around it, the nearer the more; black outside.
pub(super) fn bilinear(picture: &Picture, places: &[[f32; 2]], seen: [usize; 2]) -> Picture {
    let (size, channels) = (picture.size(), picture.channels());
    let values = match picture.values() {
        Values::U8(values) => Values::U8(read(
            values,
            size,
            channels,
            places,
            f32::from,
            // A cast stops at 0 and 255.
            |value| (value + 0.5) as u8,
        )),
        Values::U16(values) => {
            Values::U16(read(values, size, channels, places, f32::from, |value| {
                (value + 0.5) as u16
            }))
        }
        Values::F32(values) => {
            let same = |value| value;
            Values::F32(read(values, size, channels, places, same, same))
        }
    };
    Picture::new(seen, channels, values)
}

fn read<T: Copy + Default>(
    values: &[T],
    [height, width]: [usize; 2],
    channels: usize,
    places: &[[f32; 2]],
    number: impl Fn(T) -> f32,
    value: impl Fn(f32) -> T,
) -> Vec<T> {
    let mut seen = vec![T::default(); places.len() * channels];
    for (place, pixel) in places.iter().zip(seen.chunks_exact_mut(channels)) {
        let [row, column] = *place;
        // Which a place that is no number does not hold either.
        let near = row > -1.0 && row < height as f32 && column > -1.0 && column < width as f32;
        if !near {
            continue;
        }
        let (top, left) = (row.floor(), column.floor());
        let (down, right) = (row - top, column - left);
        let (top, left) = (top as i64, left as i64);
        let corners = [
            (top, left, (1.0 - down) * (1.0 - right)),
            (top, left + 1, (1.0 - down) * right),
            (top + 1, left, down * (1.0 - right)),
            (top + 1, left + 1, down * right),
        ];
        for (channel, pixel) in pixel.iter_mut().enumerate() {
            let mut sum = 0.0;
            for (row, column, weight) in corners {
                let inside =
                    (0..height as i64).contains(&row) && (0..width as i64).contains(&column);
                if inside && weight > 0.0 {
                    let place = row as usize * width + column as usize;
                    sum += weight * number(values[place * channels + channel]);
                }
            }
            *pixel = value(sum);
        }
    }
    seen
}

/// Each place as the pixel that it lies in.
pub(super) fn nearest(mask: &Mask, places: &[[f32; 2]], seen: [usize; 2], outside: i32) -> Mask {
    let [height, width] = mask.size();
    let class = |&[row, column]: &[f32; 2]| {
        let [row, column] = [row, column].map(|place| (place + 0.5).floor());
        let inside = row >= 0.0 && row < height as f32 && column >= 0.0 && column < width as f32;
        match inside {
            true => mask.classes()[row as usize * width + column as usize],
            false => outside,
        }
    };
    Mask::new(seen, places.iter().map(class).collect())
}
