//! The formula against what proof/fill.py gives.

use twins::fill::{bits, hash, values};

#[test]
fn a_name_has_the_hash_that_it_has_in_python() {
    assert_eq!(hash("layer1.0.conv1.weight"), 8_222_887_692_483_215_594);
    let first: Vec<_> = bits("sample").take(2).collect();
    assert_eq!(
        first,
        [13_663_518_778_324_140_288, 11_144_352_497_090_794_513]
    );
}

#[test]
fn values_are_those_of_python_to_the_last_bit() {
    for (key, shape, expected) in [
        (
            "layer1.0.conv1.weight",
            &[64, 3, 3, 3][..],
            &[0.227_628_78, 0.048_807_144, 0.233_719_16][..],
        ),
        ("fc.bias", &[10], &[-0.004_469_74, -0.003_853_642_8]),
        ("bn1.running_mean", &[5], &[0.046_889_983, 0.020_123_731]),
        ("bn1.running_var", &[5], &[1.142_307_5, 1.286_753_4]),
        ("bn1.weight", &[5], &[0.972_040_8, 1.064_881_8]),
        ("a.weight", &[1], &[0.284_106_37]),
    ] {
        let found = values(key, shape);
        assert_eq!(found.len(), shape.iter().product::<usize>());
        assert_eq!(&found[..expected.len()], expected, "{key}");
    }
}
