//! The families: the one list that grows with each.
//!
//! Burn's modules cannot be boxed, so any encoder, and any decoder, is a sum type. The macros below
//! write it from the list.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use skip_blocks::ConfigError;

use crate::keys::Names;
use crate::twin::SmpDecoder;
use crate::{
    Decode, DecoderFamily, Encode, EncoderFamily, HeadConfig, ImageSpec, Level, Levels,
    ModelConfig, Skip, convnext, decoders, densenet, dpn, highway, hrnet, monai, nf_resnet, nnunet,
    resnet, revnet, unet,
};

/// Configuration and network of any encoder.
macro_rules! encoders {
    ($($(#[$doc:meta])* $name:ident: $config:ty => $network:ty,)*) => {
        /// Configures an encoder of any family.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "family", rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum EncoderConfig {
            $($(#[$doc])* $name($config),)*
        }

        /// An encoder of any family.
        #[derive(Module, Debug)]
        pub enum Encoder {
            $($(#[$doc])* $name($network),)*
        }

        $(impl From<$config> for EncoderConfig {
            fn from(config: $config) -> Self {
                Self::$name(config)
            }
        })*

        impl EncoderFamily for EncoderConfig {
            type Network = Encoder;

            fn levels(&self) -> Vec<Level> {
                match self { $(Self::$name(config) => config.levels(),)* }
            }

            fn sizes(&self, image: usize) -> Option<Vec<usize>> {
                match self { $(Self::$name(config) => config.sizes(image),)* }
            }

            fn with_image(self, image: ImageSpec) -> Self {
                match self {
                    $(Self::$name(config) => {
                        Self::$name(EncoderFamily::with_image(config, image))
                    })*
                }
            }

            fn with_in_channels(self, channels: usize) -> Self {
                match self {
                    $(Self::$name(config) => {
                        Self::$name(EncoderFamily::with_in_channels(config, channels))
                    })*
                }
            }

            fn with_drop_path_rate(self, drop_path_rate: f64) -> Result<Self, ConfigError> {
                Ok(match self {
                    $(Self::$name(config) => {
                        Self::$name(EncoderFamily::with_drop_path_rate(config, drop_path_rate)?)
                    })*
                })
            }

            fn with_output_stride(self, output_stride: usize) -> Result<Self, ConfigError> {
                Ok(match self {
                    $(Self::$name(config) => {
                        Self::$name(EncoderFamily::with_output_stride(config, output_stride)?)
                    })*
                })
            }

            fn under_decoder(self) -> Self {
                match self {
                    $(Self::$name(config) => Self::$name(EncoderFamily::under_decoder(config)),)*
                }
            }

            fn skip(&self) -> Option<Skip> {
                match self { $(Self::$name(config) => config.skip(),)* }
            }

            fn head(&self, head: HeadConfig) -> HeadConfig {
                match self { $(Self::$name(config) => config.head(head),)* }
            }

            fn dims_elsewhere(&self, name: &str, own: usize) -> usize {
                match self { $(Self::$name(config) => config.dims_elsewhere(name, own),)* }
            }

            fn names(&self) -> Names {
                match self { $(Self::$name(config) => config.names(),)* }
            }

            fn check(&self) -> Result<(), ConfigError> {
                match self { $(Self::$name(config) => config.check(),)* }
            }

            fn init(&self, device: &Device) -> Encoder {
                match self { $(Self::$name(config) => Encoder::$name(config.init(device)),)* }
            }
        }

        impl Encode for Encoder {
            fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
                match self { $(Self::$name(network) => network.walk(x, levels),)* }
            }
        }
    };
}

/// Configuration and network of any decoder.
macro_rules! decoders {
    ($($(#[$doc:meta])* $name:ident: $config:ty => $network:ty,)*) => {
        /// Configures a decoder of any family.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "family", rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum DecoderConfig {
            $($(#[$doc])* $name($config),)*
        }

        /// A decoder of any family.
        #[derive(Module, Debug)]
        pub enum Decoder {
            $($(#[$doc])* $name($network),)*
        }

        $(impl From<$config> for DecoderConfig {
            fn from(config: $config) -> Self {
                Self::$name(config)
            }
        })*

        impl DecoderFamily for DecoderConfig {
            type Network = Decoder;

            fn outputs(&self, levels: &[Level]) -> Vec<Level> {
                match self { $(Self::$name(config) => config.outputs(levels),)* }
            }

            fn size(&self, levels: &[Level], sizes: &[usize], image: usize) -> Option<usize> {
                match self { $(Self::$name(config) => config.size(levels, sizes, image),)* }
            }

            fn head(&self, head: HeadConfig) -> HeadConfig {
                match self { $(Self::$name(config) => config.head(head),)* }
            }

            fn whole_name(&self, levels: &[Level], path: &str) -> Option<String> {
                match self { $(Self::$name(config) => config.whole_name(levels, path),)* }
            }

            fn also_called(&self, name: &str) -> Vec<String> {
                match self { $(Self::$name(config) => config.also_called(name),)* }
            }

            fn carries_skips(&self) -> bool {
                match self { $(Self::$name(config) => config.carries_skips(),)* }
            }

            fn names(&self) -> Names {
                match self { $(Self::$name(config) => config.names(),)* }
            }

            fn check(&self, levels: &[Level]) -> Result<(), ConfigError> {
                match self { $(Self::$name(config) => config.check(levels),)* }
            }

            fn init(&self, levels: &[Level], device: &Device) -> Decoder {
                match self { $(Self::$name(config) => Decoder::$name(config.init(levels, device)),)* }
            }
        }

        impl Decode for Decoder {
            fn forward(&self, maps: Vec<Tensor<4>>, image: [usize; 2]) -> Vec<Tensor<4>> {
                match self { $(Self::$name(network) => network.forward(maps, image),)* }
            }
        }
    };
}

encoders! {
    /// See [`resnet::ResNet`].
    Resnet: resnet::ResNetConfig => resnet::ResNet,
    /// See [`nf_resnet::NfResNet`].
    NfResnet: nf_resnet::NfResNetConfig => nf_resnet::NfResNet,
    /// See [`revnet::RevNet`].
    Revnet: revnet::RevNetConfig => revnet::RevNet,
    /// See [`convnext::ConvNeXt`].
    Convnext: convnext::ConvNeXtConfig => convnext::ConvNeXt,
    /// See [`densenet::DenseNet`].
    Densenet: densenet::DenseNetConfig => densenet::DenseNet,
    /// See [`dpn::Dpn`].
    Dpn: dpn::DpnConfig => dpn::Dpn,
    /// See [`hrnet::HrNet`].
    Hrnet: hrnet::HrNetConfig => hrnet::HrNet,
    /// See [`highway::HighwayNet`].
    Highway: highway::HighwayNetConfig => highway::HighwayNet,
    /// See [`highway::HighwayConvNet`].
    HighwayConv: highway::HighwayConvNetConfig => highway::HighwayConvNet,
    /// See [`nnunet::NnUNetStages`].
    Nnunet: nnunet::NnUNetStagesConfig => nnunet::NnUNetStages,
    /// See [`monai::MonaiStages`].
    Monai: monai::MonaiStagesConfig => monai::MonaiStages,
    /// See [`unet::UNetStages`].
    Unet: unet::UNetStagesConfig => unet::UNetStages,
}

decoders! {
    /// See [`unet::UNetDecoder`].
    Unet: unet::UNetDecoderConfig => unet::UNetDecoder,
    /// See [`nnunet::NnUNetDecoder`].
    Nnunet: nnunet::NnUNetDecoderConfig => nnunet::NnUNetDecoder,
    /// See [`monai::MonaiDecoder`].
    Monai: monai::MonaiDecoderConfig => monai::MonaiDecoder,
    /// See [`monai::MonaiBasicDecoderConfig`].
    MonaiBasic: monai::MonaiBasicDecoderConfig => unet::UNetDecoder,
    /// See [`monai::MonaiAttentionDecoder`].
    MonaiAttention: monai::MonaiAttentionDecoderConfig => monai::MonaiAttentionDecoder,
    /// See [`decoders::UNetPlusPlusDecoder`].
    Unetpp: decoders::UNetPlusPlusDecoderConfig => decoders::UNetPlusPlusDecoder,
    /// See [`decoders::UNet3PlusDecoder`].
    Unet3p: decoders::UNet3PlusDecoderConfig => decoders::UNet3PlusDecoder,
    /// See [`decoders::LinkNetDecoder`].
    Linknet: decoders::LinkNetDecoderConfig => decoders::LinkNetDecoder,
    /// See [`decoders::FpnDecoder`].
    Fpn: decoders::FpnDecoderConfig => decoders::FpnDecoder,
    /// See [`decoders::DeepLabDecoder`].
    Deeplab: decoders::DeepLabDecoderConfig => decoders::DeepLabDecoder,
    /// See [`decoders::MANetDecoder`].
    Manet: decoders::MANetDecoderConfig => decoders::MANetDecoder,
}

/// The variants of each family.
pub(crate) const VARIANTS: [fn() -> Vec<crate::variant::Variant>; 11] = [
    resnet::variants,
    nf_resnet::variants,
    revnet::variants,
    convnext::variants,
    densenet::variants,
    dpn::variants,
    hrnet::variants,
    highway::variants,
    unet::variants,
    nnunet::variants,
    monai::variants,
];

/// A decoder that stands on any encoder.
pub(crate) struct Composition {
    /// What goes before the encoder's name.
    pub name: &'static str,
    /// What segmentation_models.pytorch has that is the same.
    pub smp: Option<SmpDecoder>,
    /// The decoder and its head on an encoder.
    pub on: fn(EncoderConfig) -> ModelConfig,
}

const fn composition(
    name: &'static str,
    smp: Option<SmpDecoder>,
    on: fn(EncoderConfig) -> ModelConfig,
) -> Composition {
    Composition { name, smp, on }
}

/// A decoder as segmentation_models.pytorch has it by default, in its class of this name.
const fn smp(class: &'static str) -> Option<SmpDecoder> {
    Some(SmpDecoder::new(class))
}

const UNET_SCSE: SmpDecoder = SmpDecoder {
    options: &["decoder_attention_type=scse"],
    ..SmpDecoder::new("Unet")
};

const DEEPLAB: SmpDecoder = SmpDecoder {
    dilated: true,
    ..SmpDecoder::new("DeepLabV3Plus")
};

/// The decoders that stand on any encoder.
pub(crate) const COMPOSITIONS: [Composition; 9] = [
    composition("unet", smp("Unet"), unet::smp),
    composition("unet_scse", Some(UNET_SCSE), unet::scse),
    composition("attention_unet", None, unet::attention),
    composition("unetpp", smp("UnetPlusPlus"), decoders::unetpp::on),
    composition("unet3p", None, decoders::unet3p::on),
    composition("linknet", smp("Linknet"), decoders::linknet::on),
    composition("fpn", smp("FPN"), decoders::fpn::on),
    composition("deeplabv3plus", Some(DEEPLAB), decoders::deeplab::on),
    composition("manet", smp("MAnet"), decoders::manet::on),
];

/// The encoders with which compositions are listed and measured; they stand on all others as well.
pub(crate) const LISTED: [&str; 5] = [
    "resnet10_w16",
    "resnet18",
    "resnet34",
    "resnet50",
    "densenet121",
];
