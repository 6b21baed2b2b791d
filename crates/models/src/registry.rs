//! The one list of models: the trainer, the benches, the tests and the documentation iterate it.

use serde::{Deserialize, Serialize};
use skip_blocks::Merge;

use crate::{
    ClassifierConfig, DenseNetConfig, HighwayConvNetConfig, HighwayNetConfig, ResNetConfig,
    SegmenterConfig, UNetConfig,
};

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// One class an image.
    Classification,
    /// One class a pixel.
    Segmentation,
}

/// How a model's skip connections join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Skip {
    /// Added: `x + F(x)`.
    Add,
    /// Concatenated: `[x, F(x)]`.
    Concat,
    /// Gated: `T(x) * H(x) + (1 - T(x)) * x`.
    Gate,
    /// Carried from an encoder to a decoder.
    Long,
    /// The plain twin of a skip-connected model.
    None,
}

/// The images that a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageSpec {
    /// 1 for gray, 3 for colour.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl ImageSpec {
    const fn new(channels: usize, height: usize, width: usize) -> Self {
        Self {
            channels,
            height,
            width,
        }
    }

    /// `[channels, height, width]`
    pub fn dims(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }

    /// How many values an image has.
    pub fn values(&self) -> usize {
        self.dims().iter().product()
    }
}

/// Gives a model's configuration for images and a number of classes.
#[derive(Clone, Copy, Debug)]
pub enum Architecture {
    /// For [`Task::Classification`].
    Classifier(fn(ImageSpec, usize) -> ClassifierConfig),
    /// For [`Task::Segmentation`].
    Segmenter(fn(ImageSpec, usize) -> SegmenterConfig),
}

/// A row of the [`registry`].
#[derive(Clone, Copy, Debug)]
pub struct ModelEntry {
    /// What the model is called everywhere.
    pub name: &'static str,
    /// How its skip connections join.
    pub skip: Skip,
    /// The images that it was made for.
    pub input: ImageSpec,
    /// How many classes it was made for.
    pub classes: usize,
    /// Values that it learns, at that input and number of classes.
    pub parameters: usize,
    /// Multiply-adds of its convolutions and linear layers, for one image of that size.
    pub macs: u64,
    /// Gives its configuration.
    pub architecture: Architecture,
}

impl ModelEntry {
    /// What the model is for.
    pub fn task(&self) -> Task {
        match self.architecture {
            Architecture::Classifier(_) => Task::Classification,
            Architecture::Segmenter(_) => Task::Segmentation,
        }
    }
}

/// There is no model of this name.
#[derive(Debug, thiserror::Error)]
#[error("there is no model '{name}'; there are: {known}")]
pub struct UnknownModel {
    /// The name that was asked for.
    pub name: String,
    /// The names that there are.
    pub known: String,
}

/// All models.
pub fn registry() -> &'static [ModelEntry] {
    REGISTRY
}

/// The model of this name.
///
/// # Errors
/// If there is none.
pub fn find(name: &str) -> Result<&'static ModelEntry, UnknownModel> {
    REGISTRY
        .iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| UnknownModel {
            name: name.to_string(),
            known: names(),
        })
}

fn names() -> String {
    let names: Vec<_> = REGISTRY.iter().map(|entry| entry.name).collect();
    names.join(", ")
}

const REGISTRY: &[ModelEntry] = &[
    ModelEntry {
        name: "resnet18",
        skip: Skip::Add,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 11_689_512,
        macs: 1_814_073_344,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::resnet18()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet34",
        skip: Skip::Add,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 21_797_672,
        macs: 3_663_761_408,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::resnet34()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet50",
        skip: Skip::Add,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 25_557_032,
        macs: 4_089_184_256,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::resnet50()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet101",
        skip: Skip::Add,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 44_549_160,
        macs: 7_801_405_440,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::resnet101()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet152",
        skip: Skip::Add,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 60_192_808,
        macs: 11_513_626_624,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::resnet152()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "wide_resnet50_2",
        skip: Skip::Add,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 68_883_240,
        macs: 11_398_021_120,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::wide_resnet50_2()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "wide_resnet101_2",
        skip: Skip::Add,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 126_886_696,
        macs: 22_753_050_624,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::wide_resnet101_2()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnext50_32x4d",
        skip: Skip::Add,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 25_028_904,
        macs: 4_230_479_872,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::resnext50_32x4d()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnext101_32x8d",
        skip: Skip::Add,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 88_791_336,
        macs: 16_414_015_488,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::resnext101_32x8d()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet10",
        skip: Skip::Add,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 5_418_792,
        macs: 889_229_312,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::resnet10()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet10_w32",
        skip: Skip::Add,
        input: ImageSpec::new(3, 64, 64),
        classes: 10,
        parameters: 1_232_810,
        macs: 20_548_096,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::resnet10()
                    .with_width(32)
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet10_w16",
        skip: Skip::Add,
        input: ImageSpec::new(3, 64, 64),
        classes: 10,
        parameters: 310_746,
        macs: 6_341_888,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::resnet10()
                    .with_width(16)
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "plain18",
        skip: Skip::None,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 11_515_688,
        macs: 1_794_805_760,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::resnet18()
                    .plain()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "plain34",
        skip: Skip::None,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 21_623_848,
        macs: 3_644_493_824,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::resnet34()
                    .plain()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet8",
        skip: Skip::Add,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 75_290,
        macs: 12_239_488,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar(8)
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet14",
        skip: Skip::Add,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 172_506,
        macs: 26_395_264,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar(14)
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet20",
        skip: Skip::Add,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 269_722,
        macs: 40_551_040,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar(20)
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet32",
        skip: Skip::Add,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 464_154,
        macs: 68_862_592,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar(32)
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet44",
        skip: Skip::Add,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 658_586,
        macs: 97_174_144,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar(44)
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet56",
        skip: Skip::Add,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 853_018,
        macs: 125_485_696,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar(56)
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "resnet110",
        skip: Skip::Add,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 1_727_962,
        macs: 252_887_680,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar(110)
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "plain20",
        skip: Skip::None,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 269_722,
        macs: 40_551_040,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar(20)
                    .plain()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "plain32",
        skip: Skip::None,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 464_154,
        macs: 68_862_592,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar(32)
                    .plain()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "plain44",
        skip: Skip::None,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 658_586,
        macs: 97_174_144,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar(44)
                    .plain()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "plain56",
        skip: Skip::None,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 853_018,
        macs: 125_485_696,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar(56)
                    .plain()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "plain110",
        skip: Skip::None,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 1_727_962,
        macs: 252_887_680,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar(110)
                    .plain()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "preact_resnet110",
        skip: Skip::Add,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 1_727_962,
        macs: 252_887_680,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar_pre_act(110)
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "preact_resnet164",
        skip: Skip::Add,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 1_703_258,
        macs: 247_646_720,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::ResNet(
                ResNetConfig::cifar_pre_act_bottleneck(164)
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "densenet121",
        skip: Skip::Concat,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 7_978_856,
        macs: 2_834_161_664,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::DenseNet(
                DenseNetConfig::densenet121()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "densenet161",
        skip: Skip::Concat,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 28_681_000,
        macs: 7_727_907_072,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::DenseNet(
                DenseNetConfig::densenet161()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "densenet169",
        skip: Skip::Concat,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 14_149_480,
        macs: 3_359_843_328,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::DenseNet(
                DenseNetConfig::densenet169()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "densenet201",
        skip: Skip::Concat,
        input: ImageSpec::new(3, 224, 224),
        classes: 1000,
        parameters: 20_013_928,
        macs: 4_291_365_888,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::DenseNet(
                DenseNetConfig::densenet201()
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "densenet40_k12",
        skip: Skip::Concat,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 1_019_722,
        macs: 264_812_928,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::DenseNet(
                DenseNetConfig::cifar(40, 12)
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "densenet_bc100_k12",
        skip: Skip::Concat,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 769_162,
        macs: 287_929_692,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::DenseNet(
                DenseNetConfig::cifar_bc(100, 12)
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "highway10",
        skip: Skip::Gate,
        input: ImageSpec::new(1, 28, 28),
        classes: 10,
        parameters: 80_560,
        macs: 79_700,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::Highway(
                HighwayNetConfig::new(10, image.values()).with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "highway20",
        skip: Skip::Gate,
        input: ImageSpec::new(1, 28, 28),
        classes: 10,
        parameters: 131_560,
        macs: 129_700,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::Highway(
                HighwayNetConfig::new(20, image.values()).with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "highway50",
        skip: Skip::Gate,
        input: ImageSpec::new(1, 28, 28),
        classes: 10,
        parameters: 284_560,
        macs: 279_700,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::Highway(
                HighwayNetConfig::new(50, image.values()).with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "highway100",
        skip: Skip::Gate,
        input: ImageSpec::new(1, 28, 28),
        classes: 10,
        parameters: 539_560,
        macs: 529_700,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::Highway(
                HighwayNetConfig::new(100, image.values()).with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "highway_conv",
        skip: Skip::Gate,
        input: ImageSpec::new(3, 32, 32),
        classes: 10,
        parameters: 42_378,
        macs: 19_021_984,
        architecture: Architecture::Classifier(|image, classes| {
            ClassifierConfig::HighwayConv(
                HighwayConvNetConfig::new(vec![3, 3, 3])
                    .with_in_channels(image.channels)
                    .with_classes(classes),
            )
        }),
    },
    ModelEntry {
        name: "unet",
        skip: Skip::Long,
        input: ImageSpec::new(1, 572, 572),
        classes: 2,
        parameters: 31_030_658,
        macs: 150_428_424_448,
        architecture: Architecture::Segmenter(|image, classes| {
            SegmenterConfig::UNet(UNetConfig::original(image.channels, classes))
        }),
    },
    ModelEntry {
        name: "unet64",
        skip: Skip::Long,
        input: ImageSpec::new(1, 256, 256),
        classes: 2,
        parameters: 31_036_546,
        macs: 48_096_083_968,
        architecture: Architecture::Segmenter(|image, classes| {
            SegmenterConfig::UNet(UNetConfig::new(image.channels, classes).with_width(64))
        }),
    },
    ModelEntry {
        name: "unet32",
        skip: Skip::Long,
        input: ImageSpec::new(1, 256, 256),
        classes: 2,
        parameters: 7_762_498,
        macs: 12_035_555_328,
        architecture: Architecture::Segmenter(|image, classes| {
            SegmenterConfig::UNet(UNetConfig::new(image.channels, classes).with_width(32))
        }),
    },
    ModelEntry {
        name: "unet32_add",
        skip: Skip::Long,
        input: ImageSpec::new(1, 256, 256),
        classes: 2,
        parameters: 6_979_138,
        macs: 9_619_636_224,
        architecture: Architecture::Segmenter(|image, classes| {
            SegmenterConfig::UNet(
                UNetConfig::new(image.channels, classes)
                    .with_width(32)
                    .with_merge(Merge::Add),
            )
        }),
    },
    ModelEntry {
        name: "unet32_noskip",
        skip: Skip::None,
        input: ImageSpec::new(1, 256, 256),
        classes: 2,
        parameters: 6_979_138,
        macs: 9_619_636_224,
        architecture: Architecture::Segmenter(|image, classes| {
            SegmenterConfig::UNet(
                UNetConfig::new(image.channels, classes)
                    .with_width(32)
                    .with_merge(Merge::None),
            )
        }),
    },
    ModelEntry {
        name: "unet16",
        skip: Skip::Long,
        input: ImageSpec::new(1, 256, 256),
        classes: 2,
        parameters: 1_942_306,
        macs: 3_014_656_000,
        architecture: Architecture::Segmenter(|image, classes| {
            SegmenterConfig::UNet(UNetConfig::new(image.channels, classes).with_width(16))
        }),
    },
    ModelEntry {
        name: "unet8",
        skip: Skip::Long,
        input: ImageSpec::new(1, 256, 256),
        classes: 2,
        parameters: 486_418,
        macs: 756_547_584,
        architecture: Architecture::Segmenter(|image, classes| {
            SegmenterConfig::UNet(UNetConfig::new(image.channels, classes).with_width(8))
        }),
    },
];
