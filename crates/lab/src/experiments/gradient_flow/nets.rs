//! The networks, and which of their parts are watched.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use skip_blocks::layers::{Act, NormKind};

use crate::Lab;

/// How the layers of a network are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Plain,
    Residual,
    Dense,
    Highway,
    Unet,
    UnetWithoutSkips,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Residual => "residual",
            Self::Dense => "dense",
            Self::Highway => "highway",
            Self::Unet => "U-Net",
            Self::UnetWithoutSkips => "U-Net without long skips",
        }
    }
}

/// A network with what stands between its convolutions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Net {
    pub kind: Kind,
    pub act: Act,
    pub norm: NormKind,
}

/// What may stand between convolutions, from the hardest on a gradient to the easiest.
pub(super) const BETWEEN: [(Act, NormKind); 4] = [
    (Act::Sigmoid, NormKind::None),
    (Act::Sigmoid, NormKind::Batch),
    (Act::Relu, NormKind::None),
    (Act::Relu, NormKind::Batch),
];

/// All networks. Highway networks have ReLU and no normalisation, as the convolutional ones of
/// Srivastava 2015 do.
pub(super) fn nets() -> Vec<Net> {
    let mut nets = Vec::new();
    for (act, norm) in BETWEEN {
        let kinds = [Kind::Plain, Kind::Residual, Kind::Dense];
        nets.extend(kinds.map(|kind| Net { kind, act, norm }));
    }
    nets.push(Net {
        kind: Kind::Highway,
        act: Act::Relu,
        norm: NormKind::None,
    });
    for (act, norm) in [BETWEEN[0], BETWEEN[3]] {
        let kinds = [Kind::UnetWithoutSkips, Kind::Unet];
        nets.extend(kinds.map(|kind| Net { kind, act, norm }));
    }
    nets
}

/// What stands between convolutions, in words.
pub(super) fn between(act: Act, norm: NormKind) -> String {
    let act = match act {
        Act::Sigmoid => "sigmoid",
        _ => "ReLU",
    };
    let norm = match norm {
        NormKind::None => "without normalisation",
        _ => "with batch normalisation",
    };
    format!("{act}, {norm}")
}

impl Net {
    pub fn name(self) -> String {
        format!("{}, {}", self.kind.name(), between(self.act, self.norm))
    }

    /// Whether it is of the chains of blocks, which learn classes; U-Nets learn masks.
    pub fn is_chain(self) -> bool {
        !matches!(self.kind, Kind::Unet | Kind::UnetWithoutSkips)
    }

    /// With how many images is looked.
    pub fn images(self) -> usize {
        match self.is_chain() {
            true => 16,
            false => 2,
        }
    }

    /// Which parts are watched: those through whose outputs all passes, or, in a dense network,
    /// what each layer adds.
    pub fn parts(self) -> &'static str {
        match (self.kind, self.norm) {
            (Kind::Plain | Kind::Residual, _) => "stages.*.blocks.*",
            (Kind::Dense, _) => "features.denseblock*.denselayer*.conv2",
            (Kind::Highway, _) => "stages.*.*",
            // A convolution is known by the normalisation that follows it.
            (Kind::Unet | Kind::UnetWithoutSkips, NormKind::None) => "*.*.conv2",
            (Kind::Unet | Kind::UnetWithoutSkips, _) => "*.*.bn2",
        }
    }

    pub fn recipe(self, lab: &Lab<'_>) -> Value {
        match self.is_chain() {
            true => self.classifier(lab),
            false => self.segmenter(lab),
        }
    }

    fn classifier(self, lab: &Lab<'_>) -> Value {
        let data = lab.classes(lab.pick(192, 2_560));
        json!({
            "data": data,
            "model": self.chain(lab.pick(4, 7)),
            "run": {"epochs": lab.pick(2, 4), "batch_size": lab.pick(16, 64), "on_nan": "skip"},
            "optimizer": {"name": "sgd", "lr": 0.05, "clip": 1.0},
            "schedule": {"name": "constant"},
        })
    }

    /// Three stages of so many blocks, or dense or highway layers.
    fn chain(self, blocks: usize) -> Value {
        let Self { kind, act, norm } = self;
        let blocks = [blocks; 3];
        match kind {
            Kind::Dense => json!({
                "name": "densenet40_k12",
                "encoder": {
                    "layers": blocks,
                    "growth_rate": 4,
                    "stem_channels": 8,
                    "act": act,
                    "norm": norm,
                },
            }),
            Kind::Highway => json!({
                "name": "highway_conv",
                "encoder": {"layers": blocks, "channels": 8},
            }),
            _ => json!({
                "name": "resnet20",
                "encoder": {
                    "blocks": blocks,
                    "width": 8,
                    "order": "pre_activation",
                    "shortcut": if kind == Kind::Plain { "plain" } else { "zero_pad" },
                    "act": act,
                    "norm": norm,
                },
            }),
        }
    }

    fn segmenter(self, lab: &Lab<'_>) -> Value {
        let Self { kind, act, norm } = self;
        let join = match kind {
            Kind::UnetWithoutSkips => "none",
            _ => "concat",
        };
        let mut data = lab.nuclei();
        data["limit"] = lab.pick(8, 320).into();
        // The images inside the program are taken as they are.
        if let Some(size) = lab.pick(None, Some(128)) {
            data["size"] = size.into();
        }
        json!({
            "data": data,
            "model": {
                "name": "unet8",
                "encoder": {"act": act, "norm": norm},
                "decoder": {"act": act, "norm": norm, "join": join},
            },
            "run": {"epochs": lab.pick(4, 5), "batch_size": 4, "on_nan": "skip"},
        })
    }
}
