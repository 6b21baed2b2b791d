//! Checks of configurations: each panics with the argument's name and value.

/// Panics unless `value` is at least one.
#[track_caller]
pub(crate) fn positive(name: &str, value: usize) {
    assert!(value > 0, "{name} = {value}: must be at least 1");
}

/// Panics unless `groups` divides `value`.
#[track_caller]
pub(crate) fn divisible(name: &str, value: usize, groups: usize) {
    positive("groups", groups);
    assert!(
        value.is_multiple_of(groups),
        "{name} = {value}: must be a multiple of groups = {groups}"
    );
}

/// Panics unless `value` is a probability below one: `[0, 1)`.
#[track_caller]
pub(crate) fn probability(name: &str, value: f64) {
    assert!(
        (0.0..1.0).contains(&value),
        "{name} = {value}: must be in [0, 1)"
    );
}
