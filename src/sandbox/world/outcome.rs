//! What came of a write: of a batch, every part that was refused, each in AWS's own words.

use crate::aws::Error;

/// A write that was done whole, or everything of it that was not done.
pub(in crate::sandbox) type Outcome = Result<(), Vec<Refusal>>;

/// Why a write, or one item of a batch, was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Refusal {
    /// Which item of a batch; `None` where the whole write is meant.
    pub(in crate::sandbox) item: Option<String>,
    /// AWS's own words.
    pub(in crate::sandbox) error: Error,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { item: None, error }
    }
}

impl Refusal {
    /// As one error, which names the item: whoever is told it does not see the batch.
    pub(in crate::sandbox) fn told(self) -> Error {
        let Self { item, error } = self;
        let Some(item) = item else { return error };
        error.retold(|text| format!("{item}: {text}"))
    }
}

/// Does `act` to each item, whatever becomes of the others, and gathers what was refused.
pub(super) fn each<T>(
    items: &[T],
    name: impl Fn(&T) -> &str,
    mut act: impl FnMut(&T) -> Result<(), Error>,
) -> Outcome {
    let refused = items.iter().filter_map(|item| {
        let error = act(item).err()?;
        Some(Refusal { item: Some(name(item).to_owned()), error })
    });
    let refused: Vec<_> = refused.collect();
    if refused.is_empty() { Ok(()) } else { Err(refused) }
}

/// A write without parts.
pub(super) fn whole(done: Result<(), Error>) -> Outcome {
    done.map_err(|error| vec![error.into()])
}

/// The first refusal as one error.
pub(in crate::sandbox) fn first(outcome: Outcome) -> Result<(), Error> {
    match outcome.map_err(|refused| refused.into_iter().next()) {
        Ok(()) | Err(None) => Ok(()),
        Err(Some(refusal)) => Err(refusal.told()),
    }
}
