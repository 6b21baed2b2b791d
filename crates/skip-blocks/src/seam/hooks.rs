//! Where layers, joins and shortcuts report.

use burn::module::Module;
use burn::tensor::Tensor;

use super::record::Seen;
use super::scope::{Plan, Scope, active};

/// Counts a layer's multiply-adds, where they are counted.
pub(crate) fn count(layer: &impl Module, macs: impl FnOnce() -> usize) {
    let Some(scope) = active().filter(|scope| scope.plan.counted) else {
        return;
    };
    let path = scope.plan.path_of(layer).unwrap_or_default();
    scope.record.borrow_mut().macs.push((path, macs() as u64));
}

/// Whether somebody watches or changes what a part gives: it has to be computed by itself then,
/// where otherwise it is computed along with what follows.
pub(crate) fn looks_at(part: &impl Module) -> bool {
    let Some((scope, path)) = named(part) else {
        return false;
    };
    let Plan { watched, edits, .. } = &*scope.plan;
    let changed = edits.iter().map(|(pattern, _)| pattern);
    watched
        .iter()
        .chain(changed)
        .any(|pattern| pattern.names(&path))
}

/// What a part gives, as it is changed and watched.
pub(crate) fn output<const D: usize>(part: &impl Module, map: Tensor<D>) -> Tensor<D> {
    let Some((scope, path)) = named(part) else {
        return map;
    };
    let map = edited(&scope.plan, &path, map);
    observed(&scope, path, map)
}

/// The maps that a skip connection carries to its join, as they are changed.
pub(crate) fn carried<const D: usize>(join: &impl Module, maps: Vec<Tensor<D>>) -> Vec<Tensor<D>> {
    let Some((scope, path)) = named(join) else {
        return maps;
    };
    maps.into_iter()
        .map(|map| edited(&scope.plan, &path, map))
        .collect()
}

/// How far a gate opens, for those who watch.
pub(crate) fn opening<const D: usize>(gate: &impl Module, opening: impl FnOnce() -> Tensor<D>) {
    if let Some((scope, path)) = named(gate) {
        observed(&scope, path, opening());
    }
}

/// The scope under way and a part's path, where something is done with some parts' outputs.
fn named(part: &impl Module) -> Option<(std::rc::Rc<Scope>, String)> {
    let scope = active()?;
    let idle = scope.plan.edits.is_empty() && scope.plan.watched.is_empty();
    let path = (!idle).then(|| scope.plan.path_of(part)).flatten()?;
    Some((scope, path))
}

fn edited<const D: usize>(plan: &Plan, path: &str, map: Tensor<D>) -> Tensor<D> {
    let edits = plan.edits.iter();
    edits
        .filter(|(pattern, _)| pattern.names(path))
        .fold(map, |map, (_, edit)| edit.apply(path, map))
}

/// Keeps a map that is watched. Zeros are added to it, whose gradient will be the map's own.
fn observed<const D: usize>(scope: &Scope, path: String, map: Tensor<D>) -> Tensor<D> {
    if !scope
        .plan
        .watched
        .iter()
        .any(|pattern| pattern.names(&path))
    {
        return map;
    }
    let dims = map.dims();
    let values = map.clone().without_autodiff().flatten::<1>(0, D - 1);
    let zeros = map.device().is_autodiff().then(|| {
        let zeros = Tensor::<1>::zeros([dims.iter().product::<usize>()], &map.device());
        zeros.require_grad()
    });
    let map = match &zeros {
        Some(zeros) => map + zeros.clone().reshape(dims),
        None => map,
    };
    scope.record.borrow_mut().seen.push(Seen {
        path,
        shape: dims.to_vec(),
        values,
        zeros,
    });
    map
}
