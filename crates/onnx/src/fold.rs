//! Normalisations as part of the convolutions that they follow.

use std::collections::{HashMap, HashSet};

use crate::proto::{FLOAT, GraphProto, NodeProto, TensorProto};

/// Makes each normalisation over the batch part of the convolution before it, where its result goes
/// nowhere else: `w' = w s`, `b' = (b - mean) s + shift`, with `s = scale / sqrt(variance +
/// epsilon)`. A convolution whose weight is computed, or used again, stays as it is.
pub(crate) fn fold(graph: &mut GraphProto) {
    let mut uses: HashMap<String, usize> = HashMap::new();
    for input in graph.node.iter().flat_map(|node| &node.input) {
        *uses.entry(input.clone()).or_default() += 1;
    }
    let mut at = 1;
    while at < graph.node.len() {
        match folded(graph, at, &uses) {
            Some(folded) => {
                folded.write(graph, at);
                graph.node.remove(at);
            }
            None => at += 1,
        }
    }
    let taken: HashSet<_> = graph.node.iter().flat_map(|node| &node.input).collect();
    graph
        .initializer
        .retain(|tensor| taken.contains(&tensor.name));
}

/// A convolution with the normalisation after it.
struct Folded {
    /// Where the convolution stands.
    convolution: usize,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

fn folded(graph: &GraphProto, at: usize, uses: &HashMap<String, usize>) -> Option<Folded> {
    let norm = &graph.node[at];
    if norm.op_type != "BatchNormalization" {
        return None;
    }
    let makes = |node: &NodeProto| node.output[0] == norm.input[0] && node.op_type == "Conv";
    let convolution = graph.node[..at].iter().rposition(makes)?;
    let node = &graph.node[convolution];
    let values = |name: &str| {
        let found = graph.initializer.iter().find(|tensor| tensor.name == name);
        found.map(floats)
    };
    let once = |name: &str| uses.get(name) == Some(&1);
    if !node.input[1..].iter().all(|name| once(name)) || !once(&node.output[0]) {
        return None;
    }
    let mut weight = values(&node.input[1])?;
    let [scale, shift, mean, variance] = [1, 2, 3, 4].map(|place| values(&norm.input[place]));
    let (scale, shift, mean, variance) = (scale?, shift?, mean?, variance?);
    let bias = match node.input.get(2) {
        Some(bias) => values(bias)?,
        None => vec![0.0; scale.len()],
    };
    let epsilon = norm.attribute.iter().find_map(|attribute| attribute.f);
    let epsilon = f64::from(epsilon.unwrap_or(1e-5));
    let factors: Vec<_> = (scale.iter().zip(&variance))
        .map(|(&scale, &variance)| f64::from(scale) / (f64::from(variance) + epsilon).sqrt())
        .collect();
    let each = weight.len() / factors.len();
    for (values, factor) in weight.chunks_mut(each).zip(&factors) {
        for value in values {
            *value = (f64::from(*value) * factor) as f32;
        }
    }
    let bias = (0..factors.len())
        .map(|place| {
            let centred = f64::from(bias[place]) - f64::from(mean[place]);
            (centred * factors[place] + f64::from(shift[place])) as f32
        })
        .collect();
    Some(Folded {
        convolution,
        weight,
        bias,
    })
}

impl Folded {
    /// Writes the values down. What followed the normalisation follows the convolution.
    fn write(self, graph: &mut GraphProto, norm: usize) {
        let result = graph.node[norm].output.clone();
        let node = &mut graph.node[self.convolution];
        node.output = result;
        let weight = node.input[1].clone();
        let bias = node.input.get(2).cloned();
        let bias = bias.unwrap_or_else(|| match weight.rsplit_once('.') {
            Some((layer, _)) => format!("{layer}.bias"),
            None => format!("{weight}.bias"),
        });
        node.input.truncate(2);
        node.input.push(bias.clone());
        let tensor = graph
            .initializer
            .iter_mut()
            .find(|tensor| tensor.name == weight);
        let length = self.bias.len();
        if let Some(tensor) = tensor {
            tensor.raw_data = Some(bytes(&self.weight));
        }
        graph.initializer.retain(|tensor| tensor.name != bias);
        graph.initializer.push(TensorProto {
            dims: vec![length as i64],
            data_type: Some(FLOAT),
            name: bias,
            raw_data: Some(bytes(&self.bias)),
        });
    }
}

fn floats(tensor: &TensorProto) -> Vec<f32> {
    let bytes = tensor.raw_data.as_deref().unwrap_or_default();
    let (values, _) = bytes.as_chunks::<4>();
    values
        .iter()
        .map(|value| f32::from_le_bytes(*value))
        .collect()
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}
