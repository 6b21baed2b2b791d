//! Numbers in files that are read back to the last bit.
//!
//! serde_json reads a number with many digits to within its last bit, unless the whole program pays
//! for more; a text of it is read exactly.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(Error::custom)
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Exact(#[serde(with = "super")] f64);

    #[test]
    fn every_bit_comes_back() {
        let odd = (1_u64..1000).map(|odd| f64::from_bits(odd.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        for value in odd.chain([0.1 + 0.2, f64::INFINITY, f64::MIN_POSITIVE, -0.0]) {
            let text = serde_json::to_string(&Exact(value)).expect("writes");
            let read: Exact = serde_json::from_str(&text).expect("reads");
            assert!(
                read.0.to_bits() == value.to_bits() || value.is_nan(),
                "{text}"
            );
        }
        assert!(serde_json::from_str::<Exact>("\"much\"").is_err());
    }
}
