//! An ONNX graph as it grows.

use std::collections::HashMap;

use crate::proto::{AttributeProto, FLOAT, GraphProto, INT64, NodeProto, TensorProto};

/// Nodes and the values that they take.
#[derive(Default)]
pub(crate) struct Graph {
    proto: GraphProto,
    /// The part of the model that nodes are named by.
    part: String,
    /// How many nodes there are of each name.
    named: HashMap<String, usize>,
    /// The names of constants, by all else: each is written once.
    constants: HashMap<(i32, Vec<i64>, Vec<u8>), String>,
}

impl Graph {
    /// Goes on in a part of the model.
    pub fn enter(&mut self, part: &str) {
        self.part = part.to_string();
    }

    /// A node with one output. Both are called by the part that it stands in.
    pub fn node(
        &mut self,
        op_type: &str,
        inputs: &[&str],
        attributes: impl Into<Vec<AttributeProto>>,
    ) -> String {
        let name = match self.part.as_str() {
            "" => op_type.to_string(),
            part => format!("{part}/{op_type}"),
        };
        let count = self.named.entry(name.clone()).or_default();
        *count += 1;
        let name = match *count {
            1 => name,
            count => format!("{name}_{count}"),
        };
        self.proto.node.push(NodeProto {
            input: inputs.iter().map(|input| input.to_string()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: op_type.to_string(),
            attribute: attributes.into(),
        });
        name
    }

    /// Values of a parameter, under its name.
    pub fn parameter(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        let tensor = TensorProto {
            dims: lengths(shape),
            data_type: Some(FLOAT),
            name: name.to_string(),
            raw_data: Some(
                values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            ),
        };
        self.proto.initializer.push(tensor);
    }

    /// Values that are nobody's parameter.
    pub fn constant(&mut self, shape: &[usize], values: &[f32]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.shared(FLOAT, lengths(shape), bytes.collect())
    }

    /// A number.
    pub fn number(&mut self, value: f64) -> String {
        self.constant(&[], &[value as f32])
    }

    /// Whole numbers in a row.
    pub fn integers(&mut self, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.shared(INT64, vec![values.len() as i64], bytes.collect())
    }

    fn shared(&mut self, data_type: i32, dims: Vec<i64>, bytes: Vec<u8>) -> String {
        let new = format!("constant_{}", self.constants.len());
        let key = (data_type, dims, bytes);
        if let Some(name) = self.constants.get(&key) {
            return name.clone();
        }
        self.proto.initializer.push(TensorProto {
            dims: key.1.clone(),
            data_type: Some(data_type),
            name: new.clone(),
            raw_data: Some(key.2.clone()),
        });
        self.constants.insert(key, new.clone());
        new
    }

    /// The nodes and values, with `output` called by another name.
    pub fn finish(mut self, output: &str, name: &str) -> GraphProto {
        let values = |node: &mut NodeProto| {
            for value in node.input.iter_mut().chain(&mut node.output) {
                if value == output {
                    *value = name.to_string();
                }
            }
        };
        self.proto.node.iter_mut().for_each(values);
        self.proto
    }
}

fn lengths(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|&length| length as i64).collect()
}
