//! What an operation does to maps.

use burn::backend::ir::{BaseOperationIr, ModuleOperationIr, NumericOperationIr, OperationIr};

use super::Joined;

/// What an operation without parameters does that makes a new map of others.
pub(super) fn kind(operation: &OperationIr) -> Option<&'static str> {
    Some(match operation {
        OperationIr::BaseFloat(BaseOperationIr::Cat(_)) => "Concat",
        OperationIr::NumericFloat(_, numeric) => match numeric {
            NumericOperationIr::Add(_) => "Add",
            NumericOperationIr::Sub(_) => "Subtract",
            NumericOperationIr::Mul(_) => "Multiply",
            NumericOperationIr::Div(_) => "Divide",
            NumericOperationIr::MeanDim(_) => "Mean",
            NumericOperationIr::SumDim(_) => "Sum",
            NumericOperationIr::MaxDim(_) => "Maximum",
            _ => return None,
        },
        OperationIr::Module(module) => match module {
            ModuleOperationIr::MaxPool2d(_) | ModuleOperationIr::MaxPool2dWithIndices(_) => {
                "MaxPool"
            }
            ModuleOperationIr::AvgPool2d(_) | ModuleOperationIr::AdaptiveAvgPool2d(_) => "AvgPool",
            ModuleOperationIr::Interpolate(_) => "Resize",
            _ => return None,
        },
        _ => return None,
    })
}

/// How an operation of more than one map joins them.
pub(super) fn joined(operation: &OperationIr) -> Joined {
    match operation {
        OperationIr::BaseFloat(BaseOperationIr::Cat(_)) => Joined::Concat,
        OperationIr::NumericFloat(_, NumericOperationIr::Add(_) | NumericOperationIr::Sub(_)) => {
            Joined::Add
        }
        _ => Joined::Gate,
    }
}
