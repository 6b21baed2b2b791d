//! Activations as the kernels see them: channels last.

use burn::backend::flex::{FlexTensor, Layout};
use burn::tensor::{Bytes, DType, Shape};
use cpu_kernels::{View, ViewMut, channels_last};

/// A tensor `[batch, channels, height, width]` whose channels lie side by side in memory, perhaps
/// with other channels between those of two pixels.
#[derive(Clone, Debug)]
pub(super) struct Activation {
    tensor: FlexTensor,
    /// Floats from one pixel to the next.
    pixel_stride: usize,
    pub batch: usize,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Activation {
    /// A tensor as it is, if its channels lie side by side, or a copy where they do not.
    pub fn new(tensor: FlexTensor) -> Self {
        let [batch, channels, height, width] = tensor.layout().shape().dims();
        let (tensor, pixel_stride) = match pixel_stride(tensor.layout()) {
            Some(stride) => (tensor, stride),
            None => (rearranged(&tensor), channels),
        };
        Self {
            tensor,
            pixel_stride,
            batch,
            channels,
            height,
            width,
        }
    }

    /// For the kernels.
    pub fn view(&self) -> View<'_> {
        self.image(0)
    }

    /// For the kernels to write over, where nobody else has the memory and it holds nothing else.
    pub fn view_mut(&mut self) -> Option<ViewMut<'_>> {
        let (len, channels) = (self.len(), self.channels);
        let floats = self.tensor.try_storage_mut::<f32>()?;
        (floats.len() == len).then(|| ViewMut::new(floats, channels))
    }

    /// One of the images.
    pub fn image(&self, index: usize) -> View<'_> {
        let floats: &[f32] = self.tensor.storage();
        let offset = self.tensor.layout().start_offset();
        let channel = offset % self.pixel_stride.max(1);
        let first = offset - channel + index * self.height * self.width * self.pixel_stride;
        View::slice(&floats[first..], self.pixel_stride, channel)
    }

    /// The floats of all pixels, where no other channels lie between them.
    pub fn floats(&self) -> Option<&[f32]> {
        let floats: &[f32] = self.tensor.storage();
        let offset = self.tensor.layout().start_offset();
        (self.pixel_stride == self.channels).then(|| &floats[offset..offset + self.len()])
    }

    /// How many pixels the images have together.
    pub fn pixels(&self) -> usize {
        self.batch * self.height * self.width
    }

    /// How many floats.
    pub fn len(&self) -> usize {
        self.pixels() * self.channels
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    pub fn dims(&self) -> [usize; 4] {
        [self.batch, self.channels, self.height, self.width]
    }

    /// The tensor with its channels side by side.
    pub fn into_tensor(self) -> FlexTensor {
        self.tensor
    }

    /// The channels from `first` on, in the same memory.
    pub fn channels_from(&self, first: usize, channels: usize) -> FlexTensor {
        let [batch, _, height, width] = self.dims();
        let layout = Layout::new(
            Shape::from([batch, channels, height, width]),
            strides(self.pixel_stride, height, width),
            self.tensor.layout().start_offset() + first,
        );
        self.tensor.clone().with_layout(layout)
    }
}

/// Channels-last floats as a tensor of `[batch, channels, height, width]`.
pub(super) fn activation(floats: Vec<f32>, dims: [usize; 4]) -> FlexTensor {
    let [_, channels, height, width] = dims;
    let layout = Layout::new(Shape::from(dims), strides(channels, height, width), 0);
    FlexTensor::new(Bytes::from_elems(floats), layout, DType::F32)
}

/// Floats as a tensor, the last dimension innermost.
pub(super) fn contiguous<const D: usize>(floats: Vec<f32>, dims: [usize; D]) -> FlexTensor {
    let layout = Layout::contiguous(Shape::from(dims));
    FlexTensor::new(Bytes::from_elems(floats), layout, DType::F32)
}

/// The floats of a tensor that is small, or contiguous as parameters are.
pub(super) fn floats(tensor: &FlexTensor) -> Vec<f32> {
    match tensor.as_slice::<f32>() {
        Some(floats) => floats.to_vec(),
        None => floats(&tensor.to_contiguous()),
    }
}

fn strides(pixel_stride: usize, height: usize, width: usize) -> Vec<isize> {
    let image = height * width * pixel_stride;
    [image, 1, width * pixel_stride, pixel_stride]
        .map(|stride| stride as isize)
        .to_vec()
}

/// How far the pixels are from each other where all channels of a pixel lie side by side.
fn pixel_stride(layout: &Layout) -> Option<usize> {
    let [batch, channels, height, width] = layout.shape().dims();
    let [image, channel, row, pixel] = layout.strides() else {
        return None;
    };
    // The stride of a dimension of size 1 says nothing.
    let stride = match (width > 1, height > 1, batch > 1) {
        (true, _, _) => *pixel,
        (_, true, _) => *row,
        (_, _, true) => *image,
        _ => channels as isize,
    };
    let rows = stride * width as isize;
    let fits = stride >= channels as isize
        && (channels == 1 || *channel == 1)
        && (height == 1 || *row == rows)
        && (batch == 1 || *image == rows * height as isize);
    let stride = usize::try_from(stride).ok()?;
    let channel = layout.start_offset() % stride.max(1);
    (fits && channel + channels <= stride).then_some(stride)
}

/// A copy with the channels side by side.
fn rearranged(tensor: &FlexTensor) -> FlexTensor {
    let dims @ [batch, channels, height, width] = tensor.layout().shape().dims();
    let tensor = tensor.to_contiguous();
    let from: &[f32] = tensor.as_slice().expect("contiguous f32");
    let mut floats = vec![0.0; from.len()];
    channels_last(batch, channels, height * width, from, &mut floats);
    activation(floats, dims)
}
