//! Any model: an encoder, perhaps a decoder, and a head.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use skip_blocks::layers::{Resize, global_avg_pool};
use skip_blocks::outline::{Outline, without_computing};
use skip_blocks::seam::{Seam, count_macs};
use skip_blocks::{ConfigError, check, parameter_count};

use crate::keys::{Key, keys_of, renamed};
use crate::settings;
use crate::{
    Decode, Decoder, DecoderConfig, DecoderFamily, Encode, Encoder, EncoderConfig, EncoderFamily,
    Head, HeadConfig, ImageSpec, Level, ModelError, Pool, Size, Skip, Skips, Task,
};

/// Configures a [`Model`]: whatever decides its layers, as one value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// What turns an image into feature maps.
    pub encoder: EncoderConfig,
    /// What turns them into one of the image's size; none where the answer is of the image as a
    /// whole.
    pub decoder: Option<DecoderConfig>,
    /// What turns a feature map into the answer.
    pub head: HeadConfig,
}

/// A model.
///
/// # Shapes
/// `[batch, channels, height, width]` to one answer or more, the first of them the model's:
/// `[batch, outputs, 1, 1]` of images as a whole (without a classifier, their pooled features),
/// `[batch, outputs, height, width]` of their pixels, with valid convolutions less a border. The others are of smaller maps, for losses of
/// their own. None is normalised.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{ImageSpec, create};
///
/// let device = Device::flex();
/// let config = create("resnet20")?
///     .with_image(ImageSpec::new(1, 28, 28))
///     .with_outputs(7)
///     .set("shortcut", "plain".into())?;
/// let model = config.init(&device);
/// let logits = model.forward(Tensor::ones([2, 1, 28, 28], &device)).remove(0);
/// assert_eq!(logits.dims(), [2, 7, 1, 1]);
/// assert_eq!(model.keys(&config)[0].name, "conv1.weight");
/// # Ok::<(), models::ModelError>(())
/// ```
#[derive(Module, Debug)]
pub struct Model {
    /// What turns an image into feature maps.
    pub encoder: Encoder,
    /// What turns them into one of the image's size, if anything does.
    pub decoder: Option<Decoder>,
    /// What turns a feature map into the answer.
    pub head: Head,
    /// The same for the decoder's smaller maps.
    pub auxiliary: Vec<Head>,
}

impl ModelConfig {
    /// A model whose answer is of the image as a whole.
    pub fn classifier(encoder: impl Into<EncoderConfig>, outputs: usize) -> Self {
        let encoder = encoder.into();
        Self {
            head: encoder.head(HeadConfig::new(Task::Classification, outputs)),
            encoder,
            decoder: None,
        }
    }

    /// A model whose answer is of each pixel.
    pub fn segmenter(
        encoder: impl Into<EncoderConfig>,
        decoder: impl Into<DecoderConfig>,
        outputs: usize,
    ) -> Self {
        let decoder = decoder.into();
        Self {
            encoder: encoder.into(),
            head: decoder.head(HeadConfig::new(Task::Segmentation, outputs)),
            decoder: Some(decoder),
        }
    }

    /// For such images.
    pub fn with_image(mut self, image: ImageSpec) -> Self {
        self.encoder = self.encoder.with_image(image);
        self
    }

    /// For images of so many channels, whatever their size: `in_chans` of timm.
    pub fn with_in_channels(mut self, channels: usize) -> Self {
        self.encoder = self.encoder.with_in_channels(channels);
        self
    }

    /// With a last layer of such a kernel, where the answer is of each pixel.
    pub fn with_head_kernel(mut self, kernel: usize) -> Self {
        self.head.kernel = kernel;
        self
    }

    /// With so many classes, values or points: `num_classes` of timm. With 0 there is no
    /// classifier, and the answer is the pooled features.
    pub fn with_outputs(mut self, outputs: usize) -> Self {
        self.head.outputs = outputs;
        self
    }

    /// For another task, with the same layers.
    pub fn with_task(mut self, task: Task) -> Self {
        self.head.task = task;
        self
    }

    /// With dropout before the last layer: `drop_rate` of timm.
    pub fn with_drop_rate(mut self, drop_rate: f64) -> Self {
        self.head.drop_rate = drop_rate;
        self
    }

    /// With stochastic depth: `drop_path_rate` of timm, the probability that a sample skips the
    /// encoder's last residual branch. It is smaller for those before.
    ///
    /// # Errors
    /// If the family has no residual branches.
    pub fn with_drop_path_rate(mut self, drop_path_rate: f64) -> Result<Self, ConfigError> {
        self.encoder = self.encoder.with_drop_path_rate(drop_path_rate)?;
        Ok(self)
    }

    /// With another way from the last map to the classifier: `global_pool` of timm. With
    /// [`Pool::None`] the answer is the map itself, so there is no classifier any more.
    pub fn with_global_pool(mut self, pool: Pool) -> Self {
        self.head.pool = pool;
        if pool == Pool::None {
            self.head.outputs = 0;
        }
        self
    }

    /// With a last feature map that is so many times smaller than the image.
    ///
    /// # Errors
    /// If the family does not have it.
    pub fn with_output_stride(mut self, output_stride: usize) -> Result<Self, ConfigError> {
        self.encoder = self.encoder.with_output_stride(output_stride)?;
        Ok(self)
    }

    /// With another value of a field, by its path: `encoder.shortcut`, or `shortcut` where only one
    /// field is called so.
    ///
    /// # Errors
    /// If there is no such field, more than one, or it cannot have this value.
    pub fn set(self, path: &str, value: serde_json::Value) -> Result<Self, ModelError> {
        settings::set(&self, path, value)
    }

    /// The paths of all fields, with their values.
    pub fn fields(&self) -> Vec<(String, serde_json::Value)> {
        settings::fields(self)
    }

    /// What the model is for.
    pub fn task(&self) -> Task {
        self.head.task
    }

    /// How it skips, as its configuration has it.
    pub fn skips(&self) -> Skips {
        let long = self
            .decoder
            .as_ref()
            .is_some_and(DecoderConfig::carries_skips);
        let encoder = self.encoder.skip();
        Skips(
            encoder
                .into_iter()
                .chain(long.then_some(Skip::Long))
                .collect(),
        )
    }

    /// The answers' maps: how many there are, and how much smaller than the image each is; for an
    /// answer of the image as a whole, one.
    ///
    /// The first of a decoder's is brought to the image's size after its head, by bilinear
    /// interpolation, if it is smaller.
    pub fn outputs(&self) -> Vec<Level> {
        let mut outputs = self.maps();
        if let (Some(_), Some(answer)) = (&self.decoder, outputs.first_mut()) {
            answer.reduction = 1;
        }
        outputs
    }

    /// What the heads stand on.
    fn maps(&self) -> Vec<Level> {
        match &self.decoder {
            Some(decoder) => decoder.outputs(&self.encoder.levels()),
            None => self
                .encoder
                .levels()
                .into_iter()
                .last()
                .into_iter()
                .collect(),
        }
    }

    /// Whether the model can be made.
    ///
    /// # Errors
    /// If not, with the field, its value and what is allowed.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.encoder.check()?;
        let of_pixels = matches!(self.task(), Task::Segmentation | Task::KeyPoints);
        let of_image = self.task() == Task::Classification;
        check::ensure!(
            !(of_pixels && self.decoder.is_none()),
            "task = {}: needs a decoder, for answers of each pixel",
            self.task()
        );
        check::ensure!(
            !(of_image && self.decoder.is_some()),
            "task = {}: must be without a decoder, for an answer of the image as a whole",
            self.task()
        );
        match &self.decoder {
            Some(decoder) => {
                self.head.check_map()?;
                decoder.check(&self.encoder.levels())
            }
            None => self.head.check_pooled(),
        }
    }

    /// The answer's height and width for images of this height and width.
    ///
    /// # Errors
    /// If they are too small, or not of the one size that the model takes, saying which it takes.
    pub fn answer_size(&self, height: usize, width: usize) -> Result<[usize; 2], ModelError> {
        let along = |size: usize| {
            let sizes = self.encoder.sizes(size)?;
            match &self.decoder {
                Some(decoder) => decoder.size(&self.encoder.levels(), &sizes, size),
                None if self.head.pool == Pool::None => sizes.last().copied(),
                None => Some(1),
            }
        };
        if let (Some(height), Some(width)) = (along(height), along(width)) {
            return Ok([height, width]);
        }
        const LARGEST: usize = 4096;
        let possible: Vec<_> = (1..=LARGEST)
            .filter(|&size| along(size).is_some())
            .collect();
        let reason = match possible[..] {
            [] => "the model takes no images".to_string(),
            [first, .., last] if last == LARGEST => {
                format!("the model needs at least {first}x{first}")
            }
            [first, ..] => format!("the model takes {first}x{first} only"),
        };
        Err(ModelError::Images {
            height,
            width,
            reason,
        })
    }

    /// Makes the model.
    ///
    /// # Panics
    /// Panics where [`ModelConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> Model {
        check::or_panic(self.check());
        let levels = self.encoder.levels();
        let (head, auxiliary) = self.init_heads(device);
        Model {
            encoder: self.encoder.init(device),
            decoder: self
                .decoder
                .as_ref()
                .map(|decoder| decoder.init(&levels, device)),
            head,
            auxiliary,
        }
    }

    /// The head of the answer, and those of the decoder's smaller maps.
    fn init_heads(&self, device: &Device) -> (Head, Vec<Head>) {
        let maps = self.maps();
        let head = |map: &Level| match self.decoder {
            Some(_) => self.head.init_map(map.channels, device),
            None => self.head.init_pooled(map.channels, device),
        };
        let mut answer = head(&maps[0]);
        if let (Head::Map(head), true) = (&mut answer, maps[0].reduction > 1) {
            head.resize = Some(Resize::BilinearCorners);
        }
        (answer, maps[1..].iter().map(head).collect())
    }

    /// The layers and how they are wired, for one image, by their public names. Nothing is computed
    /// and no weight is drawn.
    ///
    /// ```
    /// use models::{ImageSpec, create};
    /// use skip_blocks::outline::Joined;
    ///
    /// let outline = create("unet8")?.outline(ImageSpec::new(1, 64, 64));
    /// // The encoder's first map goes to the decoder's last stage.
    /// let place = |path: &str| outline.units.iter().position(|unit| unit.path == path);
    /// let long = outline.links.iter().find(|link| Some(link.to) == place("decoder.3"));
    /// let long = long.expect("a long skip");
    /// assert_eq!((Some(long.from), long.join), (place("encoder.0"), Joined::Concat));
    /// # Ok::<(), models::ModelError>(())
    /// ```
    pub fn outline(&self, image: ImageSpec) -> Outline {
        let [channels, height, width] = image.dims();
        Outline::named(
            |device| self.init(device),
            |model: &Model| model.seam(self),
            [1, channels, height, width],
            Model::forward,
        )
    }

    /// The model's size, counted: it is made, and applied to one image, on a device that computes
    /// nothing.
    ///
    /// ```
    /// use models::{ImageSpec, create};
    ///
    /// let size = create("resnet20")?.measure(ImageSpec::new(3, 32, 32));
    /// assert_eq!((size.parameters, size.macs), (269_722, 40_551_040));
    /// # Ok::<(), models::ModelError>(())
    /// ```
    ///
    /// # Panics
    /// Panics if the model does not take such an image.
    pub fn measure(&self, image: ImageSpec) -> Size {
        without_computing(|device| {
            let model = self.init(device);
            let [channels, height, width] = image.dims();
            let image = Tensor::ones([1, channels, height, width], device);
            Size {
                parameters: parameter_count(&model),
                macs: count_macs(|| model.forward(image)),
            }
        })
    }

    /// The public name of a path in the module tree.
    ///
    /// A classifier's parts have the names of its family. A segmenter's stand under `encoder` and
    /// `decoder`; what its heads are called, its decoder's family says.
    pub fn public_name(&self, path: &str) -> String {
        let names = self.encoder.names();
        let Some(decoder) = &self.decoder else {
            let path = path.strip_prefix("encoder.").unwrap_or(path);
            return renamed(names, path);
        };
        if let Some(name) = decoder.whole_name(&self.encoder.levels(), path) {
            return name;
        }
        let heads = decoder.names();
        match path.split_once('.') {
            Some(("encoder", inner)) => format!("encoder.{}", renamed(names, inner)),
            Some(("decoder", inner)) => format!("decoder.{}", renamed(heads, inner)),
            _ => renamed(heads, path),
        }
    }

    /// The names that the network elsewhere has for a parameter of this [public](Self::public_name)
    /// name, this one first: PyTorch lists a layer that stands in several places in each of them.
    ///
    /// ```
    /// let config = models::create("nnunet")?;
    /// let names = config.names_elsewhere("decoder.stages.0.convs.0.conv.weight");
    /// assert_eq!(names[1..], ["decoder.stages.0.convs.0.all_modules.0.weight"]);
    /// # Ok::<(), models::ModelError>(())
    /// ```
    pub fn names_elsewhere(&self, name: &str) -> Vec<String> {
        let decoder = self.decoder.as_ref();
        let also = decoder.map_or_else(Vec::new, |decoder| decoder.also_called(name));
        std::iter::once(name.to_string()).chain(also).collect()
    }

    /// The shape that the network elsewhere has for a parameter of this [public](Self::public_name)
    /// name, of the shape here with a linear layer's outputs first. A matrix may be the kernel of a
    /// convolution of one pixel there, or the other way round.
    ///
    /// ```
    /// let shape = models::create("dpn68")?.shape_elsewhere("classifier.weight", &[1000, 832]);
    /// assert_eq!(shape, [1000, 832, 1, 1]);
    /// # Ok::<(), models::ModelError>(())
    /// ```
    pub fn shape_elsewhere(&self, name: &str, shape: &[usize]) -> Vec<usize> {
        let mut shape = shape.to_vec();
        shape.resize(self.encoder.dims_elsewhere(name, shape.len()), 1);
        shape
    }
}

impl Model {
    /// Applies the model. See [`Model`].
    pub fn forward(&self, x: Tensor<4>) -> Vec<Tensor<4>> {
        let [_, _, height, width] = x.dims();
        let image = [height, width];
        let Some(decoder) = &self.decoder else {
            return vec![self.head.forward(self.encoder.forward(x), image)];
        };
        let maps = decoder.forward(self.encoder.features(x), image);
        let heads = std::iter::once(&self.head).chain(&self.auxiliary);
        heads
            .zip(maps)
            .map(|(head, map)| head.forward(map, image))
            .collect()
    }

    /// The encoder's maps of these places: see [`Encode::features_of`], and
    /// [`EncoderFamily::levels_at`] for the places of maps by their size.
    ///
    /// # Panics
    /// Panics if there is no such map.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use models::{ImageSpec, create};
    ///
    /// let device = Device::flex();
    /// let config = create("unet8")?.with_image(ImageSpec::new(1, 32, 32));
    /// let maps = config.init(&device).features(Tensor::ones([1, 1, 32, 32], &device), &[0, 2]);
    /// assert_eq!(maps[0].dims(), [1, 8, 32, 32]);
    /// assert_eq!(maps[1].dims(), [1, 32, 8, 8]);
    /// # Ok::<(), models::ModelError>(())
    /// ```
    pub fn features(&self, x: Tensor<4>, places: &[usize]) -> Vec<Tensor<4>> {
        self.encoder.features_of(x, places)
    }

    /// What the model makes of an image before it answers: the pooled features that a classifier
    /// sees; where nothing is pooled, the mean of the encoder's last map.
    ///
    /// # Shapes
    /// `[batch, channels, height, width]` to `[batch, features]`
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use models::create;
    ///
    /// let device = Device::flex();
    /// let model = create("resnet20")?.init(&device);
    /// let embeddings = model.embeddings(Tensor::ones([2, 3, 32, 32], &device));
    /// assert_eq!(embeddings.dims(), [2, 64]);
    /// # Ok::<(), models::ModelError>(())
    /// ```
    pub fn embeddings(&self, x: Tensor<4>) -> Tensor<2> {
        let x = self.encoder.forward(x);
        match &self.head {
            Head::Pooled(head) if head.pool != Pool::None => head.features(x).flatten(1, 3),
            Head::Pooled(_) | Head::Map(_) | Head::Up(_) => global_avg_pool(x),
        }
    }

    /// The same encoder and decoder, with their values, under the new head of a configuration:
    /// `reset_classifier` of timm. Encoder and decoder are to be those that the configuration has.
    ///
    /// # Panics
    /// Panics where [`ModelConfig::check`] gives an error.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use models::{Pool, create};
    ///
    /// let device = Device::flex();
    /// let config = create("resnet20")?;
    /// let model = config.init(&device);
    /// let x = Tensor::<4>::ones([1, 3, 32, 32], &device);
    /// let embeddings = model.embeddings(x.clone());
    ///
    /// let config = config.with_outputs(3).with_global_pool(Pool::AverageMaximum);
    /// let model = model.with_head(&config);
    /// assert_eq!(model.forward(x.clone())[0].dims(), [1, 3, 1, 1]);
    ///
    /// // Without a classifier, the pooled features are the answer.
    /// let config = config.with_outputs(0).with_global_pool(Pool::Average);
    /// let answer = model.with_head(&config).forward(x).remove(0);
    /// assert_eq!(answer.flatten::<2>(1, 3).to_data(), embeddings.to_data());
    /// # Ok::<(), models::ModelError>(())
    /// ```
    pub fn with_head(self, config: &ModelConfig) -> Self {
        check::or_panic(config.check());
        let device = self.devices().swap_remove(0);
        let (head, auxiliary) = config.init_heads(&device);
        Self {
            head,
            auxiliary,
            ..self
        }
    }

    /// The names and shapes of all parameters and running statistics, in the order in which they
    /// stand.
    pub fn keys(&self, config: &ModelConfig) -> Vec<Key> {
        keys_of(self, |path| config.public_name(path))
    }

    /// A seam to look inside by the same names.
    pub fn seam(&self, config: &ModelConfig) -> Seam {
        let config = config.clone();
        Seam::of(self).named(Arc::new(move |path: &str| config.public_name(path)))
    }
}
