//! Reversible blocks: on the way back a block's input is computed from its output.
//!
//! Each block is one operation that keeps nothing of its own. Its output is found by the operation
//! after it, as that one's input; the last block's is kept.

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::module::Module;
use burn::tensor::Tensor;
use cpu_kernels::{Act, Epilogue, Isa, apply_epilogue, fresh};

use super::activation::{Activation, activation};
use super::elementwise::{applied, plus};
use super::operands::{MAX_OPERANDS, Operands};
use super::recompute::{computed_again, with_parameters};
use crate::reversible::Reversible;
use crate::seam::draws::{Draws, recording};
use crate::seam::scope::is_again;

/// The last block's output.
pub(crate) fn reverse<M: Module + 'static>(
    blocks: &[Reversible<M>],
    x: &Tensor<4>,
    apply: impl Fn(&M, Tensor<4>) -> Tensor<4> + Copy + Send + 'static,
) -> Option<Tensor<4>> {
    // What is computed again is kept anyway, until its derivatives are there.
    let odd = !x.dims()[1].is_multiple_of(2);
    if is_again() || odd || !x.device().is_autodiff() {
        return None;
    }
    let operands = |x: &Tensor<4>, block: &Reversible<M>| {
        let operands = with_parameters(Operands::of(x.clone())?, &block.f)?;
        with_parameters(operands, &block.g)
    };
    for block in blocks {
        let operands = operands(x, block)?;
        if operands.len() > MAX_OPERANDS {
            return None;
        }
    }
    let mut x = x.clone();
    let mut before: Option<Output> = None;
    for block in blocks {
        let operands = operands(&x, block)?;
        let (y, draws) = forward(block, operands.tensors()[0].clone(), apply)?;
        let output = Output::default();
        let state = || State {
            f: block.f.clone(),
            g: block.g.clone(),
            output: output.clone(),
            before: before.clone(),
            draws,
            apply,
        };
        x = operands.record(y, state, rule::<M, _>);
        before = Some(output);
    }
    if let Some(last) = before {
        last.put(Operands::of(x.clone())?.tensors()[0].clone());
    }
    Some(x)
}

/// Where the output of a block is to be found.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Option<FlexTensor>>>);

impl Output {
    fn put(&self, output: FlexTensor) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(output);
    }

    fn take(&self) -> FlexTensor {
        let output = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        output.unwrap_or_else(|| unreachable!("the block after it came first"))
    }
}

struct State<M, F> {
    f: M,
    g: M,
    output: Output,
    /// The output of the block before; none of the first.
    before: Option<Output>,
    /// What the bodies drew.
    draws: [Draws; 2],
    apply: F,
}

/// `[y1, y2]`, of which nothing is kept.
fn forward<M: Module>(
    block: &Reversible<M>,
    x: FlexTensor,
    apply: impl Fn(&M, Tensor<4>) -> Tensor<4>,
) -> Option<(FlexTensor, [Draws; 2])> {
    let body = |body: &M, x: &Activation| {
        let x = Tensor::from_primitive::<Flex>(x.clone().into_tensor()).autodiff();
        let (y, draws) = recording(|| apply(&body.clone().no_grad(), x));
        let y = y.without_autodiff().try_into_primitive::<Flex>().ok()?;
        Some((Activation::new(y), draws))
    };
    let [x1, x2] = halves(x);
    let (f, of_f) = body(&block.f, &x2)?;
    let y1 = Activation::new(plus(&f, &x1, Act::None));
    let (g, of_g) = body(&block.g, &y1)?;
    let y2 = Activation::new(plus(&g, &x2, Act::None));
    Some((side_by_side(&y1, &y2), [of_f, of_g]))
}

fn rule<M, F>(state: State<M, F>, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>>
where
    M: Module,
    F: Fn(&M, Tensor<4>) -> Tensor<4>,
{
    let State {
        f,
        g,
        output,
        before,
        draws: [of_f, of_g],
        apply,
    } = state;
    // A body computed again: what it gives, and the derivatives of its input and its parameters.
    let again = |body, x: &Activation, draws, dy: &Activation| {
        let forward = |body: &M, x: Vec<Tensor<4>>| apply(body, x.into_iter().next().expect("one"));
        let x = vec![x.clone().into_tensor()];
        let dy = dy.clone().into_tensor();
        let (y, mut derivatives) = computed_again(body, x, forward, draws, None, dy);
        let of_input = derivatives.remove(0).map(Activation::new);
        (Activation::new(y), of_input, derivatives)
    };
    // None where a body does not depend on its input.
    let joined = |through: Option<Activation>, dy: Activation| match through {
        Some(through) => Activation::new(plus(&through, &dy, Act::None)),
        None => dy,
    };
    let [y1, y2] = halves(output.take());
    let [dy1, dy2] = halves(dy);
    let (g, through_g, of_g) = again(g, &y1, of_g, &dy2);
    let x2 = minus(&y2, &g);
    let dx1 = joined(through_g, dy1);
    let (f, through_f, of_f) = again(f, &x2, of_f, &dx1);
    let dx2 = joined(through_f, dy2);
    if let Some(before) = before {
        before.put(side_by_side(&minus(&y1, &f), &x2));
    }
    let dx = Some(side_by_side(&dx1, &dx2));
    std::iter::once(dx).chain(of_f).chain(of_g).collect()
}

/// Both halves of the channels, in the same memory.
fn halves(x: FlexTensor) -> [Activation; 2] {
    let x = Activation::new(x);
    let half = x.channels / 2;
    [0, half].map(|first| Activation::new(x.channels_from(first, half)))
}

fn minus(y: &Activation, branch: &Activation) -> Activation {
    let minus_ones = vec![-1.0; y.channels];
    let epilogue = Epilogue {
        scale: Some(&minus_ones),
        residual: Some(y.view()),
        ..Epilogue::default()
    };
    Activation::new(applied(branch, &epilogue))
}

fn side_by_side(one: &Activation, other: &Activation) -> FlexTensor {
    let [batch, channels, height, width] = one.dims();
    let both = fresh(one.pixels(), 2 * channels, |both| {
        for (half, first) in [(one, 0), (other, channels)] {
            let (isa, copy) = (Isa::detect(), Epilogue::default());
            let target = both.slice(first);
            apply_epilogue(isa, half.pixels(), channels, half.view(), &copy, target);
        }
    });
    activation(both, [batch, 2 * channels, height, width])
}
