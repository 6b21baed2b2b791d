//! How deep each parameter stands, for learning rates that differ from layer to layer.

use std::collections::BTreeMap;

use skip_blocks::outline::without_computing;
use skip_blocks::parameters;

use crate::{ImageSpec, ModelConfig};

impl ModelConfig {
    /// The stage of each parameter and running statistic by its public name: 0 is the stem, then
    /// come the encoder's stages, the decoder's, and last the heads.
    ///
    /// A stage is an entry of a list in the module tree: `stages.1` of a ResNet, `blocks.1` with
    /// `transitions.1` of a DenseNet. What stands in no list goes with the entry that is computed
    /// before it; after an encoder's last entry it is a stage of its own, as a U-Net's bottom is.
    ///
    /// ```
    /// use models::{ImageSpec, create};
    ///
    /// let stages = create("resnet50")?.stages(ImageSpec::new(3, 224, 224));
    /// assert_eq!(stages["conv1.weight"], 0);
    /// assert_eq!(stages["layer3.5.conv2.weight"], 3);
    /// assert_eq!(stages["fc.weight"], 5);
    /// # Ok::<(), models::ModelError>(())
    /// ```
    pub fn stages(&self, image: ImageSpec) -> BTreeMap<String, usize> {
        let placed = self.placed(image);
        let of_part = |part: &str| {
            let mut of_part: Vec<_> = placed.iter().filter(|one| one.part == part).collect();
            of_part.sort_by_key(|one| one.order);
            of_part
        };
        let encoder = staged(&of_part("encoder"));
        let mut stages = encoder.clone();
        let before = deepest(&stages);
        let decoder = staged(&of_part("decoder")).into_iter();
        stages.extend(decoder.map(|(name, stage)| (name, before + stage.max(1))));
        let last = deepest(&stages) + 1;
        let heads = placed.iter().filter(|one| !stages.contains_key(&one.name));
        let heads: Vec<_> = heads.map(|one| (one.name.clone(), last)).collect();
        stages.extend(heads);
        stages
    }

    fn placed(&self, image: ImageSpec) -> Vec<Placed> {
        let used = self.outline(image).layers.into_iter();
        let used: Vec<String> = used.map(|layer| layer.path).collect();
        let (keys, parameters) = without_computing(|device| {
            let model = self.init(device);
            (model.keys(self), parameters(&model))
        });
        let place = |(key, parameter): (crate::keys::Key, skip_blocks::Parameter)| {
            let mut segments = parameter.path.split('.');
            let layer = key.name.rsplit_once('.').map_or("", |(layer, _)| layer);
            Placed {
                part: segments.next().unwrap_or_default().to_string(),
                entry: segments.nth(1).and_then(|index| index.parse().ok()),
                order: used.iter().position(|path| path == layer),
                name: key.name,
            }
        };
        keys.into_iter().zip(parameters).map(place).collect()
    }
}

/// Where a parameter stands.
struct Placed {
    name: String,
    /// The part of the model.
    part: String,
    /// Which entry of a list of that part it stands in, if in any.
    entry: Option<usize>,
    /// When its layer is applied.
    order: Option<usize>,
}

/// The stages of a part's parameters, in the order in which they are used.
fn staged(parameters: &[&Placed]) -> BTreeMap<String, usize> {
    let last_entry = parameters.iter().rposition(|one| one.entry.is_some());
    let entries = parameters.iter().filter_map(|one| one.entry);
    let after = entries.max().map_or(0, |entry| entry + 2);
    let mut before = 0;
    let stage = |(place, one): (usize, &&Placed)| {
        let stage = match one.entry {
            Some(entry) => entry + 1,
            None if last_entry.is_some_and(|last| place > last) => after,
            None => before,
        };
        before = stage;
        (one.name.clone(), stage)
    };
    parameters.iter().enumerate().map(stage).collect()
}

fn deepest(stages: &BTreeMap<String, usize>) -> usize {
    stages.values().copied().max().unwrap_or(0)
}
