//! From items to tensors.

mod items;
mod mixed;

use anyhow::{Result, bail, ensure};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::normalization::Scale;
use super::source::{Item, Target};

/// Images and what is to be said of them, as tensors.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `[batch, channels, height, width]`, normalised.
    pub images: Tensor<4>,
    /// What is to be said of them.
    pub targets: Targets,
    /// Where they are in their source; empty if they come from none.
    pub indices: Vec<usize>,
}

/// What is to be said of the images of a batch.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Targets {
    /// Not known.
    None,
    /// Classes, `[batch, height, width]`, or `[batch, 1, 1]` for the image as a whole. A pixel
    /// without an answer is [`IGNORED`](super::IGNORED).
    Classes(Tensor<3, Int>),
    /// How much of each class there is, `[batch, classes, height, width]`, or
    /// `[batch, classes, 1, 1]` for the image as a whole.
    Soft(Tensor<4>),
    /// Numbers, `[batch, values, 1, 1]`, or pictures from 0 to 1, `[batch, channels, height, width]`.
    Values(Tensor<4>),
    /// `[batch, points, 3]`: row, column, and 1; or 0, 0, 0 for a point that is not to be seen.
    Points(Tensor<3>),
}

impl Batch {
    /// Images that come from no source.
    pub fn new(images: Tensor<4>, targets: Targets) -> Self {
        Self {
            images,
            targets,
            indices: Vec::new(),
        }
    }
}

/// The values of a batch before they are tensors: threads that read do not use the device.
pub(super) struct Stack {
    indices: Vec<usize>,
    /// Channels, height and width of each image.
    shape: [usize; 3],
    pixels: Vec<f32>,
    answers: Answers,
    first: String,
}

/// Answers one after the other, with the shape of each.
#[derive(PartialEq)]
enum Answers {
    None,
    Classes([usize; 2], Vec<i32>),
    Soft([usize; 3], Vec<f32>),
    Values([usize; 3], Vec<f32>),
    Points([usize; 2], Vec<f32>),
}

impl Stack {
    /// Starts with an item. `count` are to come.
    pub fn new(index: usize, item: Item, scale: &Scale, count: usize) -> Self {
        let [height, width] = item.picture.size();
        let shape = [item.picture.channels(), height, width];
        let mut pixels = Vec::with_capacity(count * shape.iter().product::<usize>());
        scale.apply(&item.picture, &mut pixels);
        Self {
            indices: vec![index],
            shape,
            pixels,
            answers: Answers::of(item.target, count),
            first: item.name,
        }
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Height and width of the images.
    pub fn size(&self) -> [usize; 2] {
        [self.shape[1], self.shape[2]]
    }

    /// Adds an item.
    ///
    /// # Errors
    /// If its picture or its answer has not the shape of the first's.
    pub fn push(&mut self, index: usize, item: Item, scale: &Scale) -> Result<()> {
        let [height, width] = item.picture.size();
        let shape = [item.picture.channels(), height, width];
        ensure!(
            shape == self.shape,
            "'{}' is {}x{} with {} channels, '{}' is {height}x{width} with {}: the images of a \
             batch must have one shape; set a size, or a batch size of 1",
            self.first,
            self.shape[1],
            self.shape[2],
            self.shape[0],
            item.name,
            item.picture.channels()
        );
        scale.apply(&item.picture, &mut self.pixels);
        self.indices.push(index);
        let answer = Answers::of(item.target, 1);
        if !self.answers.append(answer) {
            bail!(
                "the answers of '{}' and '{}' have not one kind and shape, as those of a batch \
                 must have",
                self.first,
                item.name
            );
        }
        Ok(())
    }

    /// The tensors on a device.
    pub fn into_batch(self, device: &Device) -> Batch {
        let count = self.indices.len();
        let [channels, height, width] = self.shape;
        let pixels = TensorData::new(self.pixels, [count, channels, height, width]);
        let four = |[channels, height, width]: [usize; 3], values: Vec<f32>| {
            let data = TensorData::new(values, [count, channels, height, width]);
            Tensor::from_data(data, device)
        };
        let targets = match self.answers {
            Answers::None => Targets::None,
            Answers::Classes([height, width], classes) => {
                let data = TensorData::new(classes, [count, height, width]);
                Targets::Classes(Tensor::from_data(data, device))
            }
            Answers::Soft(shape, parts) => Targets::Soft(four(shape, parts)),
            Answers::Values(shape, values) => Targets::Values(four(shape, values)),
            Answers::Points([points, each], values) => {
                let data = TensorData::new(values, [count, points, each]);
                Targets::Points(Tensor::from_data(data, device))
            }
        };
        Batch {
            images: Tensor::from_data(pixels, device),
            targets,
            indices: self.indices,
        }
    }
}

impl Answers {
    /// One answer, with room for `count`.
    fn of(target: Target, count: usize) -> Self {
        match target {
            Target::None => Self::None,
            Target::Class(class) => Self::Classes([1, 1], with_room(vec![class as i32], count)),
            Target::Mask(mask) => Self::Classes(mask.size(), with_room(mask.into_classes(), count)),
            Target::Distribution(parts) => Self::Soft([parts.len(), 1, 1], with_room(parts, count)),
            Target::Values(values) => Self::Values([values.len(), 1, 1], with_room(values, count)),
            Target::Picture(picture) => {
                let [height, width] = picture.size();
                let planes = (0..picture.channels()).flat_map(|channel| picture.plane(channel));
                let shape = [picture.channels(), height, width];
                Self::Values(shape, with_room(planes.collect(), count))
            }
            Target::Points(points) => {
                let shape = [points.len(), 3];
                let each = |point: Option<[f32; 2]>| match point {
                    Some([row, column]) => [row, column, 1.0],
                    None => [0.0; 3],
                };
                let values: Vec<f32> = points.into_iter().flat_map(each).collect();
                Self::Points(shape, with_room(values, count))
            }
        }
    }

    /// Appends another answer; false if it has not this one's kind and shape.
    fn append(&mut self, other: Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Classes(shape, all), Self::Classes(other, mut one)) if *shape == other => {
                all.append(&mut one);
                true
            }
            (Self::Soft(shape, all), Self::Soft(other, mut one))
            | (Self::Values(shape, all), Self::Values(other, mut one))
                if *shape == other =>
            {
                all.append(&mut one);
                true
            }
            (Self::Points(shape, all), Self::Points(other, mut one)) if *shape == other => {
                all.append(&mut one);
                true
            }
            _ => false,
        }
    }
}

fn with_room<T>(mut values: Vec<T>, count: usize) -> Vec<T> {
    values.reserve_exact(values.len() * count.saturating_sub(1));
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::mask::{IGNORED, Mask};
    use crate::data::normalization::Normalization;
    use crate::data::picture::{Picture, Values};

    fn item(size: [usize; 2], target: Target) -> Item {
        let values = (0..size[0] * size[1]).map(|value| value as u8 * 51);
        Item {
            name: format!("{}x{}", size[0], size[1]),
            picture: Picture::new(size, 1, Values::U8(values.collect())),
            target,
        }
    }

    fn stack(items: Vec<Item>) -> Result<Batch> {
        let scale = Normalization::DataSet {
            mean: vec![0.0],
            deviation: vec![1.0],
        };
        let scale = scale.scale_of(&items[0].picture);
        let count = items.len();
        let mut items = items.into_iter().enumerate();
        let (index, first) = items.next().expect("one at least");
        let mut stack = Stack::new(index, first, &scale, count);
        for (index, item) in items {
            stack.push(index, item, &scale)?;
        }
        Ok(stack.into_batch(&Device::flex()))
    }

    fn both(target: Target) -> Batch {
        stack(vec![item([1, 2], target.clone()), item([1, 2], target)]).expect("one shape")
    }

    #[test]
    fn images_follow_each_other() {
        let batch = both(Target::None);
        assert_eq!(batch.images.dims(), [2, 1, 1, 2]);
        let values = batch.images.try_into_vec_as::<f32>().expect("f32");
        assert_eq!(values, [0.0, 0.2, 0.0, 0.2]);
        assert_eq!(batch.indices, [0, 1]);
        assert!(matches!(batch.targets, Targets::None));
    }

    #[test]
    fn every_kind_of_answer_has_its_shape() {
        let mask = Mask::new([1, 2], vec![3, IGNORED]);
        let Targets::Classes(classes) = both(Target::Mask(mask)).targets else {
            panic!("a mask is classes");
        };
        let classes = classes.try_into_vec_as::<i64>();
        assert_eq!(classes.expect("i64"), [3, -1, 3, -1]);
        let Targets::Classes(classes) = both(Target::Class(2)).targets else {
            panic!("a class is classes");
        };
        assert_eq!(classes.dims(), [2, 1, 1]);
        let Targets::Soft(parts) = both(Target::Distribution(vec![0.25, 0.75])).targets else {
            panic!("a distribution is soft");
        };
        assert_eq!(parts.dims(), [2, 2, 1, 1]);
        let picture = item([1, 2], Target::None).picture;
        let Targets::Values(values) = both(Target::Picture(picture)).targets else {
            panic!("a picture is values");
        };
        assert_eq!(values.dims(), [2, 1, 1, 2]);
        let points = vec![Some([1.0, 2.0]), None];
        let Targets::Points(points) = both(Target::Points(points)).targets else {
            panic!("points are points");
        };
        let points = points.try_into_vec_as::<f32>().expect("f32");
        assert_eq!(points[..6], [1.0, 2.0, 1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        let error = |items| stack(items).expect_err("two shapes").to_string();
        let message = error(vec![item([1, 2], Target::None), item([2, 2], Target::None)]);
        assert!(
            message.starts_with("'1x2' is 1x2 with 1 channels, '2x2' is 2x2 with 1: "),
            "{message}"
        );
        let mixed = vec![item([1, 2], Target::None), item([1, 2], Target::Class(0))];
        assert!(error(mixed).starts_with("the answers of '1x2' and '1x2' "));
    }
}
