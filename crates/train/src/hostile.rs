//! Damaged files, for the tests of what reads them.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// How many times as many mutations are tried as a test asks for: the variable
/// `TRAIN_MUTATIONS`, 1 where it is not set.
fn times() -> u64 {
    let times = std::env::var("TRAIN_MUTATIONS");
    times.map_or(1, |times| times.parse().expect("a number"))
}

/// The bytes with some of them changed, moved, cut off or said twice, `count` times. How many are
/// made is printed, for whoever counts them.
pub fn mutations(bytes: &[u8], count: u64) -> impl Iterator<Item = Vec<u8>> {
    let count = count * times();
    println!("{count} damaged inputs");
    (0..count).map(move |number| {
        let mut random = StdRng::seed_from_u64(number);
        let mut bytes = bytes.to_vec();
        for _ in 0..random.random_range(1..6) {
            if bytes.is_empty() {
                break;
            }
            let place = random.random_range(0..bytes.len());
            // Headers are short, and all that follows depends on them.
            let place = if random.random() {
                place
            } else {
                place % 40 % bytes.len()
            };
            match random.random_range(0..5) {
                0 => bytes[place] = random.random(),
                1 => bytes[place] ^= 1 << random.random_range(0..8),
                2 => bytes.truncate(place),
                3 => bytes.insert(
                    place,
                    *b"09-\",:[]{}\0\xff"
                        .get(random.random_range(0..12))
                        .expect("12"),
                ),
                _ => {
                    let end = (place + random.random_range(1..20)).min(bytes.len());
                    let part = bytes[place..end].to_vec();
                    bytes.splice(place..place, part);
                }
            }
        }
        bytes
    })
}
