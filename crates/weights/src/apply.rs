//! Weights into a model.

use std::collections::{BTreeSet, HashMap};

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{Tensor, TensorData};
use models::{Model, ModelConfig, Task};

use crate::array::canonical;
use crate::prefix::prefix_of;
use crate::report::{COUNTER, Report};
use crate::slots::{Slot, slots, turned};
use crate::{Array, KeyMap, Weights, WeightsError};

/// How weights are put into a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// What becomes of the head.
    pub head: HeadWeights,
    /// Whether the encoder alone takes its weights, and all else stays as it is: a classifier's under
    /// a decoder, or the other way around.
    pub encoder_only: bool,
    /// Whether averaged weights are taken, where a file has them beside the last ones.
    pub averaged: bool,
    /// Where the file's names are not the model's.
    pub key_map: KeyMap,
}

/// What becomes of a model's head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadWeights {
    /// It takes its weights from the file.
    #[default]
    Take,
    /// It stays as it is, for another number of classes; the file's, if any, is not used.
    Leave,
}

/// Puts weights into a model by name. A first convolution of three channels is adapted to another
/// number as timm's `adapt_input_conv` does: to one by their sum, to more by repeating them, scaled
/// so that the sum stays.
///
/// A head of one output, whose sigmoid says how likely a class is, becomes one of two: the first is 0
/// everywhere, so that the softmax of both says the same.
///
/// # Errors
/// If a name of either side has no partner, or another shape; the model is then as it was, and the
/// error has the whole report.
pub fn apply(
    model: Model,
    config: &ModelConfig,
    weights: &Weights,
    options: &Options,
) -> Result<(Model, Report), WeightsError> {
    let slots = slots(&model, config);
    let (values, report) = matched(&slots, config.task(), weights, options);
    if !report.fits() {
        return Err(WeightsError::Fit(Box::new(report)));
    }
    let mut filling = Filling { values };
    Ok((model.map(&mut filling), report))
}

/// How many outputs the weights' head has; none if they have no head of this model's kind.
pub fn outputs(
    model: &Model,
    config: &ModelConfig,
    weights: &Weights,
    options: &Options,
) -> Option<usize> {
    let slots = slots(model, config);
    let theirs = |slot: &Slot| options.key_map.theirs(&slot.name);
    let wanted: Vec<_> = slots.iter().map(theirs).collect();
    let prefix = prefix_of(weights, &wanted, options.averaged);
    let own = config.head.outputs;
    let of_head = slots.iter().zip(&wanted).filter(|(slot, _)| slot.is_head);
    let mut last = of_head.filter(|(slot, _)| slot.shape.first() == Some(&own));
    let (_, name) = last.next_back()?;
    weights
        .get(&format!("{prefix}{name}"))?
        .shape
        .first()
        .copied()
}

/// The values of each slot, as Burn keeps them.
fn matched(
    slots: &[Slot],
    task: Task,
    weights: &Weights,
    options: &Options,
) -> (HashMap<ParamId, Vec<f32>>, Report) {
    let wanted = wanted(slots, options);
    let prefix = prefix_of(weights, &wanted, options.averaged);
    let mut report = Report {
        prefix: prefix.clone(),
        ..Report::default()
    };
    let mut values = HashMap::new();
    let mut used = BTreeSet::new();
    let first = slots.iter().position(|slot| slot.shape.len() == 4);
    let speaks_of_classes = matches!(task, Task::Classification | Task::Segmentation);
    for (index, (slot, name)) in slots.iter().zip(&wanted).enumerate() {
        let name = format!("{prefix}{name}");
        let found = weights.get(&name);
        let names = slot.names.iter().map(|name| theirs(slot, name, options));
        used.extend(names.map(|name| format!("{prefix}{name}")));
        let is_left = match options.encoder_only {
            true => !slot.is_encoder,
            false => slot.is_head && options.head == HeadWeights::Leave,
        };
        if is_left {
            report.left.push(slot.name.clone());
            continue;
        }
        let Some(array) = found else {
            report.missing.push(slot.name.clone());
            continue;
        };
        let adapted = match Some(index) == first {
            true => adapted(array, &slot.shape),
            false => None,
        };
        if adapted.is_some() {
            report.adapted = Some(slot.name.clone());
        }
        let doubled = match slot.is_head && speaks_of_classes {
            true => doubled(array, &slot.shape),
            false => None,
        };
        report.doubled |= doubled.is_some();
        let array = adapted.as_ref().or(doubled.as_ref()).unwrap_or(array);
        if canonical(&array.shape) != canonical(&slot.shape) {
            let shapes = (slot.name.clone(), slot.shape.clone(), array.shape.clone());
            report.of_another_shape.push(shapes);
            continue;
        }
        report.applied += 1;
        let own = match slot.is_turned {
            true => turned(&array.values, slot.shape[1]),
            false => array.values.clone(),
        };
        values.insert(slot.id, own);
    }
    // Without a prefix, everything has it: names whose first part no name of the model has are of
    // something else only where the model's names are wrapped, or are a part of what is there.
    let wraps = !prefix.is_empty() || options.encoder_only;
    for name in weights.names().filter(|name| !used.contains(*name)) {
        match name.strip_prefix(&prefix) {
            _ if name.ends_with(COUNTER) => report.counters += 1,
            Some(name) if !(wraps && is_of_another(name, &wanted)) => {
                report.unused.push(name.to_string());
            }
            _ => report.elsewhere += 1,
        }
    }
    (values, report)
}

/// The names of the slots in the file, without what stands before all of them.
fn wanted(slots: &[Slot], options: &Options) -> Vec<String> {
    let own = |slot: &Slot| theirs(slot, &slot.name, options);
    slots.iter().map(own).collect()
}

/// What one of a slot's names is in the file.
fn theirs(slot: &Slot, name: &str, options: &Options) -> String {
    match options.encoder_only {
        true => options.key_map.theirs(slot.in_encoder(name)),
        false => options.key_map.theirs(name),
    }
}

/// Whether no name that is wanted begins with the same part.
fn is_of_another(name: &str, wanted: &[String]) -> bool {
    let part = |name: &str| name.split('.').next().map(str::to_string);
    wanted.iter().all(|own| part(own) != part(name))
}

/// A first convolution for another number of channels; none where it is not one of three.
fn adapted(array: &Array, wanted: &[usize]) -> Option<Array> {
    let [outputs, 3, height, width] = array.shape[..] else {
        return None;
    };
    let [_, channels, _, _] = wanted[..] else {
        return None;
    };
    if channels == 3 || wanted != [outputs, channels, height, width] {
        return None;
    }
    let pixels = height * width;
    let mut values = Vec::with_capacity(outputs * channels * pixels);
    for filter in array.values.chunks_exact(3 * pixels) {
        let channel = |channel: usize| &filter[channel * pixels..(channel + 1) * pixels];
        match channels {
            1 => values.extend((0..pixels).map(|at| (0..3).map(|c| channel(c)[at]).sum::<f32>())),
            _ => {
                let scale = 3.0 / channels as f32;
                let repeated = (0..channels).flat_map(|place| channel(place % 3));
                values.extend(repeated.map(|value| value * scale));
            }
        }
    }
    Some(Array {
        shape: wanted.to_vec(),
        values,
    })
}

/// A head's array of one output as one of two, the first of zeros; none where it is no such array.
fn doubled(array: &Array, wanted: &[usize]) -> Option<Array> {
    let (one, two) = (array.shape.split_first()?, wanted.split_first()?);
    let fits = (*one.0, *two.0) == (1, 2) && canonical(one.1) == canonical(two.1);
    fits.then(|| Array {
        shape: wanted.to_vec(),
        values: [vec![0.0; array.values.len()], array.values.clone()].concat(),
    })
}

struct Filling {
    values: HashMap<ParamId, Vec<f32>>,
}

impl ModuleMapper for Filling {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(values) = self.values.remove(&param.id) else {
            return param;
        };
        let data = TensorData::new(values, param.lazy_shape());
        param.map(|own| {
            Tensor::from_data(data, &own.device()).set_require_grad(own.is_require_grad())
        })
    }
}
