//! The account as one request sees it: as it is, or as a fault lets it be seen.

use super::Account;
use crate::sandbox::world::{Activity, Minute, Told};
use chrono::TimeDelta;

/// How much of a listing is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Left {
    /// All of it.
    #[default]
    All,
    /// All but its last page; where there is only one, the first half of that.
    AllButLastPage,
    /// Nothing.
    Nothing,
}

/// What a read is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sight {
    /// How old it is.
    pub(super) behind: TimeDelta,
    /// How much of it is there.
    pub(super) left: Left,
}

impl Default for Sight {
    fn default() -> Self {
        Self { behind: TimeDelta::zero(), left: Left::All }
    }
}

/// An account, and what one request is told of it.
pub(super) struct View<'a> {
    account: &'a Account,
    sight: Sight,
}

impl<'a> View<'a> {
    /// What a request sees of an account.
    pub(super) fn new(account: &'a Account, sight: Sight) -> Self {
        Self { account, sight }
    }

    /// The account itself, to be written to, and whatever of it never changes.
    pub(super) fn account(&self) -> &'a Account {
        self.account
    }

    /// What the account tells of itself.
    pub(super) fn told(&self) -> Told {
        let behind = self.sight.behind;
        self.account
            .look(|world| if behind.is_zero() { world.told() } else { world.told_before(behind) })
    }

    /// Its scaling activities, the latest first.
    pub(super) fn activities(&self) -> Vec<Activity> {
        self.account.look(|world| world.activities(self.sight.behind))
    }

    /// The minutes of its metrics that are over, the latest first.
    pub(super) fn minutes(&self) -> Vec<Minute> {
        self.account.look(|world| world.minutes(self.sight.behind))
    }

    /// What is left of a listing of which a page has so many items.
    pub(super) fn left<T>(&self, items: impl IntoIterator<Item = T>, per_page: usize) -> Vec<T> {
        let mut items: Vec<_> = items.into_iter().collect();
        let before_last = items.len().saturating_sub(1) / per_page.max(1) * per_page;
        let left = match self.sight.left {
            Left::All => items.len(),
            Left::AllButLastPage if before_last == 0 => items.len() / 2,
            Left::AllButLastPage => before_last,
            Left::Nothing => 0,
        };
        items.truncate(left);
        items
    }
}
