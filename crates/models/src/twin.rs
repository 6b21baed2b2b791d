//! Twins: the same networks elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A Python package with networks for PyTorch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Package {
    /// [torchvision](https://pypi.org/project/torchvision/).
    Torchvision,
    /// [timm](https://pypi.org/project/timm/).
    Timm,
    /// [segmentation_models_pytorch](https://pypi.org/project/segmentation-models-pytorch/).
    Smp,
    /// [MONAI](https://pypi.org/project/monai/).
    Monai,
    /// nnU-Net's networks, which are
    /// [dynamic_network_architectures](https://pypi.org/project/dynamic-network-architectures/).
    NnUnet,
}

impl fmt::Display for Package {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Torchvision => "torchvision",
            Self::Timm => "timm",
            Self::Smp => "smp",
            Self::Monai => "monai",
            Self::NnUnet => "nnunet",
        })
    }
}

/// The same network elsewhere: equal names and shapes of its parameters, and equal answers.
///
/// ```
/// use models::{Package, find};
///
/// let variant = find("resnet18")?;
/// let twin = variant.twin().expect("torchvision has it");
/// assert_eq!(twin.package, Package::Torchvision);
/// assert_eq!(twin.to_string(), "torchvision resnet18");
/// # Ok::<(), models::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Twin {
    /// Where it is.
    pub package: Package,
    /// What it is called there.
    pub name: String,
}

impl fmt::Display for Twin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.package, self.name)
    }
}

/// The encoders that segmentation_models.pytorch takes from torchvision.
const SMP_ENCODERS: [&str; 11] = [
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "densenet121",
    "densenet161",
    "densenet169",
    "densenet201",
];

/// A decoder of segmentation_models.pytorch.
pub(crate) struct SmpDecoder {
    /// The class.
    pub name: &'static str,
    /// Its arguments that are not the default: `decoder_attention_type=scse`.
    pub options: &'static [&'static str],
    /// Whether the encoder is dilated.
    pub dilated: bool,
}

impl SmpDecoder {
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            options: &[],
            dilated: false,
        }
    }
}

impl Twin {
    /// What segmentation_models.pytorch calls a decoder of its own on this classifier's encoder, if
    /// it has both together: `Unet/resnet18`, and after that what is set otherwise there.
    pub(crate) fn under(&self, decoder: &SmpDecoder) -> Option<Self> {
        let encoder = self.name.as_str();
        let there = self.package == Package::Torchvision && SMP_ENCODERS.contains(&encoder);
        // It has no dilated DenseNets.
        let fits = !(decoder.dilated && encoder.starts_with("densenet"));
        let name = [&[decoder.name, encoder], decoder.options].concat();
        (there && fits).then(|| Self {
            package: Package::Smp,
            name: name.join("/"),
        })
    }
}
