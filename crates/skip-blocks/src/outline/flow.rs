//! Follows what is computed from operation to operation.

use std::collections::{BTreeSet, HashMap};

use burn::backend::capture::TensorId;
use burn::backend::ir::OperationIr;
use burn::module::Module;

use super::operation::{joined, kind};
use super::recording::tensors;
use super::units::Units;
use super::{Joined, Layer, Link, Outline, Unit};
use crate::seam::{Record, Seam};
use crate::{parameters, tree};

/// The modules that hold parameters, in the order in which they stand, and which of them each
/// parameter is of.
pub(super) struct Holders {
    layers: Vec<Layer>,
    of: HashMap<TensorId, usize>,
}

pub(super) fn holders(network: &impl Module, seam: &Seam) -> Holders {
    let ids: HashMap<_, _> = tensors(network).into_iter().collect();
    let kinds: HashMap<_, _> = tree::leaves(network)
        .into_iter()
        .map(|leaf| (leaf.id, leaf.holder))
        .collect();
    let mut layers: Vec<Layer> = vec![];
    let mut of = HashMap::new();
    for parameter in parameters(network) {
        let held = parameter.path.rsplit_once('.');
        let path = seam.publish(held.map_or("", |(path, _)| path));
        let place = layers.iter().rposition(|layer| layer.path == path);
        let place = place.unwrap_or_else(|| {
            layers.push(Layer {
                path,
                kind: kinds[&parameter.id].clone(),
                kernel: None,
                input: vec![],
                output: vec![],
                parameters: 0,
                macs: 0,
            });
            layers.len() - 1
        });
        let layer = &mut layers[place];
        if !parameter.is_statistic() {
            layer.parameters += parameter.shape.iter().product::<usize>();
        }
        if let [_, _, height, width] = parameter.shape[..] {
            layer.kernel = Some([height, width]);
        }
        if let Some(&id) = ids.get(&parameter.id) {
            of.insert(id, place);
        }
    }
    Holders { layers, of }
}

/// What a tensor was made of.
#[derive(Clone, Debug)]
enum Value {
    /// Parameters of these layers, and constants.
    Weights(BTreeSet<usize>),
    /// The network's input.
    Map(Map),
}

/// Something that was made of the network's input.
#[derive(Clone, Debug, Default)]
struct Map {
    shape: Vec<usize>,
    /// The unit in which it was made.
    unit: usize,
    /// The units whose results it consists of: more than one, if they stand side by side.
    pieces: BTreeSet<usize>,
    /// The units whose results went into it, in the unit in which it was made.
    entered: BTreeSet<usize>,
    /// The layers that these went through there.
    through: BTreeSet<usize>,
}

/// The outline as it grows.
pub(super) struct Flow {
    holders: Holders,
    values: HashMap<TensorId, Value>,
    units: Units,
    /// The layers in the order in which they are applied.
    layers: Vec<Layer>,
    /// Where each holder stands in `layers`.
    placed: HashMap<usize, usize>,
    /// All ways in which a unit takes another's results.
    links: BTreeSet<Link>,
    outputs: HashMap<usize, Vec<usize>>,
}

impl Flow {
    /// Before the first operation, with an input of this name and shape.
    pub fn new(
        mut holders: Holders,
        record: &Record,
        (input, shape): (TensorId, Vec<usize>),
    ) -> Self {
        let mut macs: HashMap<&str, u64> = HashMap::new();
        for (path, counted) in record.macs_by_layer() {
            *macs.entry(path).or_default() += counted;
        }
        for layer in &mut holders.layers {
            layer.macs = macs.remove(layer.path.as_str()).unwrap_or_default();
        }
        let weights = holders.of.iter();
        let mut values: HashMap<_, _> = weights
            .map(|(&id, &holder)| (id, Value::Weights([holder].into())))
            .collect();
        let map = Map {
            pieces: [0].into(),
            ..Map::default()
        };
        values.insert(input, Value::Map(map));
        Self {
            holders,
            values,
            units: Units::new(record.spans()),
            layers: vec![],
            placed: HashMap::new(),
            links: BTreeSet::new(),
            outputs: [(0, shape)].into(),
        }
    }

    pub fn follow(mut self, operations: &[OperationIr]) -> Outline {
        for operation in operations {
            self.step(operation);
        }
        self.finish()
    }

    fn step(&mut self, operation: &OperationIr) {
        let mut weights = BTreeSet::new();
        let mut maps: Vec<Map> = vec![];
        let mut seen = BTreeSet::new();
        for tensor in operation.inputs() {
            match self.values.get(&tensor.id) {
                Some(Value::Weights(of)) => weights.extend(of),
                Some(Value::Map(map)) if seen.insert(tensor.id) => maps.push(Map {
                    shape: tensor.shape.to_vec(),
                    ..map.clone()
                }),
                _ => {}
            }
        }
        for output in operation.outputs() {
            let known = self.values.contains_key(&output.id);
            if known || maps.is_empty() {
                self.values
                    .entry(output.id)
                    .or_insert_with(|| Value::Weights(weights.clone()));
                continue;
            }
            let shape = output.shape.to_vec();
            let map = self.map(operation, output.id, shape, &weights, &maps);
            self.values.insert(output.id, Value::Map(map));
        }
    }

    /// What an operation makes of maps.
    fn map(
        &mut self,
        operation: &OperationIr,
        id: TensorId,
        shape: Vec<usize>,
        weights: &BTreeSet<usize>,
        maps: &[Map],
    ) -> Map {
        let layer = weights.first().copied();
        let concatenates = maps.len() > 1 && joined(operation) == Joined::Concat;
        let mixes = maps.len() > 1 && !concatenates;
        let unit = self.unit(id, layer, mixes, maps);
        let inputs: Vec<Map> = maps.iter().map(|map| map.seen_from(unit)).collect();
        self.note(operation, unit, layer, &maps[0].shape, &shape);

        let all = |part: fn(&Map) -> &BTreeSet<usize>| -> BTreeSet<usize> {
            inputs.iter().flat_map(part).copied().collect()
        };
        let mut map = Map {
            shape: shape.clone(),
            unit,
            pieces: all(|map| &map.pieces),
            entered: all(|map| &map.entered),
            through: all(|map| &map.through),
        };
        if let Some(layer) = layer
            && self.holders.layers[layer].macs > 0
        {
            map.through.insert(layer);
        }
        if layer.is_some() || mixes {
            for input in &inputs {
                let join = match mixes {
                    true => joined(operation),
                    false if input.pieces.len() > 1 => Joined::Concat,
                    false => Joined::Input,
                };
                for &from in input.pieces.iter().filter(|&&from| from != unit) {
                    self.link(from, unit, join);
                }
            }
            if mixes && bypass(&inputs, &map.entered) {
                self.link(unit, unit, joined(operation));
            }
            map.pieces = [unit].into();
            self.outputs.insert(unit, shape);
        }
        map
    }

    /// The unit in which an operation stands. What stands in no part and has no layers goes with
    /// what it is made of.
    fn unit(&mut self, id: TensorId, layer: Option<usize>, mixes: bool, maps: &[Map]) -> usize {
        if let Some(unit) = self.units.around(id) {
            return unit;
        }
        if let Some(layer) = layer {
            let layer = &self.holders.layers[layer];
            return self.units.alone(&layer.path, layer.macs > 0);
        }
        let differ = maps.iter().any(|map| map.pieces != maps[0].pieces);
        match mixes && differ {
            true => self.units.alone("", false),
            false => maps.iter().map(|map| map.unit).max().unwrap_or(0),
        }
    }

    /// Writes the layer down.
    fn note(
        &mut self,
        operation: &OperationIr,
        unit: usize,
        holder: Option<usize>,
        input: &[usize],
        output: &[usize],
    ) {
        let Some(holder) = holder else {
            if let Some(kind) = kind(operation) {
                self.layers.push(Layer {
                    path: self.units.path(unit).to_string(),
                    kind: kind.to_string(),
                    kernel: None,
                    input: input.to_vec(),
                    output: output.to_vec(),
                    parameters: 0,
                    macs: 0,
                });
            }
            return;
        };
        let (layers, known) = (&mut self.layers, &self.holders.layers[holder]);
        let place = *self.placed.entry(holder).or_insert_with(|| {
            layers.push(Layer {
                input: input.to_vec(),
                ..known.clone()
            });
            self.units.add(unit, known);
            layers.len() - 1
        });
        layers[place].output = output.to_vec();
    }

    fn link(&mut self, from: usize, to: usize, join: Joined) {
        self.links.insert(Link { from, to, join });
    }

    /// With the layers that were not applied, and one link between two units.
    fn finish(mut self) -> Outline {
        let holders = self.holders.layers.into_iter().enumerate();
        let unused = holders.filter(|(holder, _)| !self.placed.contains_key(holder));
        self.layers.extend(unused.map(|(_, layer)| layer));
        // What passes a unit's own layers is drawn there, and not as a link from outside as well.
        let bypassed: BTreeSet<_> = self
            .links
            .iter()
            .filter(|link| link.from == link.to)
            .map(|link| link.to)
            .collect();
        let mut strongest: HashMap<(usize, usize), Joined> = HashMap::new();
        for link in &self.links {
            let own = link.from == link.to;
            let join = match link.join {
                Joined::Add | Joined::Gate if !own && bypassed.contains(&link.to) => Joined::Input,
                join => join,
            };
            let known = strongest.entry((link.from, link.to)).or_insert(join);
            *known = (*known).max(join);
        }
        let mut links: Vec<_> = strongest
            .into_iter()
            .map(|((from, to), join)| Link { from, to, join })
            .collect();
        links.sort();
        let outputs = self.outputs;
        let units = self.units.finish().into_iter().enumerate();
        let units = units.map(|(place, unit)| Unit {
            output: outputs.get(&place).cloned().unwrap_or_default(),
            ..unit
        });
        Outline {
            layers: self.layers,
            units: units.collect(),
            links,
        }
    }
}

impl Map {
    /// The map as a unit sees it: another's result has gone through none of its layers.
    fn seen_from(&self, unit: usize) -> Self {
        match self.unit == unit {
            true => self.clone(),
            false => Self {
                shape: self.shape.clone(),
                unit,
                pieces: self.pieces.clone(),
                entered: self.pieces.clone(),
                through: BTreeSet::new(),
            },
        }
    }
}

/// Whether all that entered a unit reaches a join of it by ways that share no layer.
fn bypass(inputs: &[Map], entered: &BTreeSet<usize>) -> bool {
    inputs.iter().enumerate().any(|(place, one)| {
        inputs[place + 1..].iter().any(|other| {
            one.entered == *entered
                && other.entered == *entered
                && one.through.is_disjoint(&other.through)
                && !(one.through.is_empty() && other.through.is_empty())
        })
    })
}
