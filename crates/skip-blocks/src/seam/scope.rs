//! What is looked at on this thread, for as long as a network is run.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use burn::module::{Module, ParamId};

use super::edit::Edit;
use super::pattern::Pattern;
use super::record::Record;
use crate::tree::first_leaf;

/// Gives a part's name for its path in the module tree.
pub type Public = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// What is to be done with which parts.
#[derive(Clone, Default)]
pub(crate) struct Plan {
    /// The path of each parameter in the module tree.
    pub(super) paths: HashMap<ParamId, String>,
    /// From a path in the module tree to the part's public one.
    pub(super) public: Option<Public>,
    pub(super) watched: Vec<Pattern>,
    pub(super) edits: Vec<(Pattern, Edit)>,
    pub(super) recomputed: Vec<Pattern>,
    pub(super) counted: bool,
    pub(super) traced: bool,
}

impl Plan {
    /// The public path of a part; none for a stranger.
    ///
    /// A container's first parameter is also that of its first part: what tells them apart is
    /// how far the parameter stands below each.
    pub fn path_of(&self, part: &impl Module) -> Option<String> {
        let first = first_leaf(part)?;
        let path = self.paths.get(&first.id)?.strip_suffix(&first.path)?;
        Some(self.publish(path.strip_suffix('.').unwrap_or(path)))
    }

    pub(super) fn publish(&self, path: &str) -> String {
        match &self.public {
            Some(public) => public(path),
            None => path.to_string(),
        }
    }

    /// The part of it that changes results: what holds where something is computed again.
    fn edits_alone(&self) -> Self {
        Self {
            paths: self.paths.clone(),
            public: self.public.clone(),
            edits: self.edits.clone(),
            ..Self::default()
        }
    }
}

/// A plan under way.
pub(super) struct Scope {
    pub plan: Arc<Plan>,
    pub record: RefCell<Record>,
}

thread_local! {
    static ACTIVE: RefCell<Option<Rc<Scope>>> = const { RefCell::new(None) };
    /// Whether there is one: all that is read where nobody looks.
    static LOOKED_AT: Cell<bool> = const { Cell::new(false) };
    static AGAIN: Cell<bool> = const { Cell::new(false) };
}

/// The scope that is under way on this thread.
pub(super) fn active() -> Option<Rc<Scope>> {
    if !LOOKED_AT.get() {
        return None;
    }
    ACTIVE.with_borrow(Clone::clone)
}

/// Runs `forward` by a plan. Scopes do not nest: an inner one hides its parts from an outer one.
pub(super) fn with_plan<T>(plan: Arc<Plan>, forward: impl FnOnce() -> T) -> (T, Record) {
    let scope = Rc::new(Scope {
        plan,
        record: RefCell::default(),
    });
    let outer = Restore::replace(Some(scope.clone()));
    let output = forward();
    drop(outer);
    let record = scope.record.take();
    (output, record)
}

/// Puts the outer scope back, also when a panic passes.
struct Restore(Option<Rc<Scope>>);

impl Restore {
    fn replace(scope: Option<Rc<Scope>>) -> Self {
        LOOKED_AT.set(scope.is_some());
        Self(ACTIVE.replace(scope))
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        let outer = self.0.take();
        LOOKED_AT.set(outer.is_some());
        ACTIVE.set(outer);
    }
}

/// What holds of the scope under way where something is computed again later.
pub(crate) fn edits_under_way() -> Option<Arc<Plan>> {
    let scope = active()?;
    (!scope.plan.edits.is_empty()).then(|| Arc::new(scope.plan.edits_alone()))
}

/// Computes a second time what has been counted already.
pub(crate) fn again<T>(edits: Option<Arc<Plan>>, compute: impl FnOnce() -> T) -> T {
    let before = AGAIN.replace(true);
    let result = with_plan(edits.unwrap_or_default(), compute).0;
    AGAIN.set(before);
    result
}

/// Whether what is computed has been counted already: statistics do not move a second time.
pub(crate) fn is_again() -> bool {
    AGAIN.get()
}
