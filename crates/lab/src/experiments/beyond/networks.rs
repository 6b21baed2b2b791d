//! The networks that are compared, all of one backbone.

use serde_json::{Map, Value, json};

/// How large a network is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// Blocks of each of the three stages.
    pub blocks: usize,
    /// Channels of the first.
    pub width: usize,
}

/// A network by its place past the blocks, or by what stands in for the normalisation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Network {
    /// What it is called on the page.
    pub name: &'static str,
    /// What its block computes, as HTML.
    pub block: &'static str,
    /// The registry's name.
    model: &'static str,
    /// What is changed of its encoder, besides its size.
    fields: fn(Size) -> Value,
}

/// He 2015's blocks.
pub(super) const RESIDUAL: Network = Network {
    name: "residual",
    block: "<i>x</i> + <i>F</i>(<i>x</i>)",
    model: "resnet20",
    fields: own,
};

/// He 2016's, of which those with several streams are made.
pub(super) const ACTIVATED_FIRST: Network = Network {
    name: "residual, activated first",
    fields: |size| with(size, json!({"order": "pre_activation"})),
    ..RESIDUAL
};

/// He 2015's without normalisation.
pub(super) const BARE: Network = Network {
    name: "not normalised",
    block: "<i>x</i> + <i>F</i>(<i>x</i>), <i>F</i> not normalised",
    fields: |size| with(size, json!({"norm": "none"})),
    ..RESIDUAL
};

pub(super) const REZERO: Network = Network {
    name: "ReZero",
    block: "<i>x</i> + <i>a</i> <i>F</i>(<i>x</i>), <i>a</i> = 0 at first; not normalised",
    model: "rezero_resnet20",
    fields: own,
};

pub(super) const SKIP_INIT: Network = Network {
    name: "SkipInit",
    block: "the same, activated first",
    model: "skipinit_resnet110",
    fields: own,
};

pub(super) const FIXUP: Network = Network {
    name: "Fixup",
    block: "<i>x</i> + <i>s</i> <i>F</i>(<i>x</i> + <i>b</i>), <i>F</i> = 0 at first; not \
            normalised",
    model: "fixup_resnet20",
    fields: own,
};

pub(super) const DYNAMIC: Network = Network {
    name: "dynamic hyper-connections",
    block: "the same, with weights that depend on <i>x</i>",
    model: "dhc_resnet20",
    fields: own,
};

/// Gomez 2017's. A block has four convolutions on half of the channels each, half as many weights
/// as two on all: with more channels by the square root of two it has as many.
pub(super) const REVERSIBLE: Network = Network {
    name: "reversible",
    block: "<i>y</i><sub>1</sub> = <i>x</i><sub>1</sub> + <i>F</i>(<i>x</i><sub>2</sub>), \
            <i>y</i><sub>2</sub> = <i>x</i><sub>2</sub> + <i>G</i>(<i>y</i><sub>1</sub>)",
    model: "revnet38",
    fields: |Size { blocks, width }| {
        let planes = [width, 2 * width, 4 * width].map(|width| {
            let half = width as f64 * 2_f64.sqrt() / 2.0;
            2 * half.round() as usize
        });
        json!({"blocks": [blocks, blocks, blocks], "planes": planes, "stem_channels": planes[0]})
    },
};

/// All networks that are compared with the residual one, and it.
pub(super) const ALL: [Network; 12] = [
    RESIDUAL,
    ACTIVATED_FIRST,
    Network {
        name: "LayerScale",
        block: "<i>x</i> + <i>γ</i> <i>F</i>(<i>x</i>), <i>γ</i> of each channel, 0.1 at first",
        model: "resnet20",
        fields: |size| {
            with(
                size,
                json!({"modifiers": [{"layer_scale": {"initial": 0.1}}]}),
            )
        },
    },
    Network {
        name: "stochastic depth",
        block: "<i>x</i> + <i>F</i>(<i>x</i>), or <i>x</i> alone: of the last block a fifth of the \
                time, of those before less",
        model: "resnet20",
        fields: |size| with(size, json!({"drop_path_rate": 0.2})),
    },
    REZERO,
    SKIP_INIT,
    FIXUP,
    Network {
        name: "hyper-connections",
        block: "four streams: <i>y<sub>i</sub></i> = Σ<sub><i>j</i></sub> <i>c<sub>ij</sub></i> \
                <i>x<sub>j</sub></i> + <i>w<sub>i</sub></i> <i>F</i>(Σ<sub><i>j</i></sub> \
                <i>r<sub>j</sub></i> <i>x<sub>j</sub></i>)",
        model: "hc_resnet20",
        fields: own,
    },
    DYNAMIC,
    Network {
        name: "constrained hyper-connections",
        block: "the same; rows and columns of <i>c</i> add up to 1",
        model: "mhc_resnet20",
        fields: own,
    },
    Network {
        name: "averages over depth",
        block: "<i>x</i> + <i>F</i>(<i>x</i>), then a weighted sum over all before",
        model: "dwa_resnet20",
        fields: own,
    },
    REVERSIBLE,
];

impl Network {
    /// The `model` of a recipe.
    pub fn model(self, size: Size) -> Value {
        json!({"name": self.model, "encoder": (self.fields)(size)})
    }
}

fn own(size: Size) -> Value {
    with(size, json!({}))
}

/// These fields, and those of the size.
fn with(Size { blocks, width }: Size, fields: Value) -> Value {
    let mut all = Map::new();
    all.insert("blocks".to_string(), json!([blocks, blocks, blocks]));
    all.insert("width".to_string(), width.into());
    if let Value::Object(fields) = fields {
        all.extend(fields);
    }
    Value::Object(all)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use models::ImageSpec;
    use skip_blocks::parameter_count;
    use train::network::configure;

    use super::*;

    #[test]
    fn all_networks_have_about_as_many_parameters() {
        let size = Size {
            blocks: 3,
            width: 16,
        };
        let parameters = |network: Network| {
            let mut model = network.model(size);
            let Some(name) = model["name"].as_str().map(str::to_string) else {
                panic!("no name")
            };
            let fields = model.as_object_mut().expect("a table");
            fields.remove("name");
            let config = configure(&name, fields, ImageSpec::new(3, 32, 32), 10);
            parameter_count(&config.expect("a model").init(&Device::flex())) as f64
        };
        let residual = parameters(RESIDUAL);
        for network in ALL {
            let ratio = parameters(network) / residual;
            assert!((0.95..1.15).contains(&ratio), "{}: {ratio}", network.name);
        }
    }
}
