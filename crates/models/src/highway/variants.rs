//! The networks of the paper's depth test, and a small convolutional one.

use super::{HighwayConvNetConfig, HighwayNetConfig};
use crate::variant::{CIFAR, DIGITS, Variant, classifier};

pub(crate) fn variants() -> Vec<Variant> {
    vec![
        classifier("highway10", DIGITS, HighwayNetConfig::new(10)),
        classifier("highway20", DIGITS, HighwayNetConfig::new(20)),
        classifier("highway50", DIGITS, HighwayNetConfig::new(50)),
        classifier("highway100", DIGITS, HighwayNetConfig::new(100)),
        classifier(
            "highway_conv",
            CIFAR,
            HighwayConvNetConfig::new(vec![3, 3, 3]),
        ),
    ]
}
