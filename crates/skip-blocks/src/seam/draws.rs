//! What was drawn at random while a part was computed, to draw the same when it is computed again.

use std::cell::RefCell;
use std::collections::VecDeque;

use burn::tensor::{Device, Distribution, Tensor};

/// Draws in their order, each in a row.
pub(crate) type Draws = VecDeque<Tensor<1>>;

enum Tape {
    Recording(Draws),
    Playing(Draws),
}

thread_local! {
    static TAPE: RefCell<Option<Tape>> = const { RefCell::new(None) };
}

/// Draws anew, or, where something is computed again, what was drawn the first time.
pub(crate) fn draw<const D: usize>(
    dims: [usize; D],
    distribution: Distribution,
    device: &Device,
) -> Tensor<D> {
    let device = device.clone().without_autodiff();
    TAPE.with_borrow_mut(|tape| match tape {
        Some(Tape::Playing(draws)) => {
            let drawn = draws.pop_front();
            drawn.expect("as much as the first time").reshape(dims)
        }
        Some(Tape::Recording(draws)) => {
            let drawn = Tensor::<D>::random(dims, distribution, &device);
            draws.push_back(drawn.clone().flatten(0, D - 1));
            drawn
        }
        None => Tensor::random(dims, distribution, &device),
    })
}

/// Computes, and keeps what is drawn.
pub(crate) fn recording<T>(compute: impl FnOnce() -> T) -> (T, Draws) {
    let (result, tape) = with_tape(Tape::Recording(Draws::new()), compute);
    match tape {
        Tape::Recording(draws) | Tape::Playing(draws) => (result, draws),
    }
}

/// Computes again with what was drawn.
pub(crate) fn playing<T>(draws: Draws, compute: impl FnOnce() -> T) -> T {
    with_tape(Tape::Playing(draws), compute).0
}

fn with_tape<T>(tape: Tape, compute: impl FnOnce() -> T) -> (T, Tape) {
    let outer = TAPE.replace(Some(tape));
    let result = compute();
    let tape = TAPE.replace(outer).expect("set above");
    (result, tape)
}
