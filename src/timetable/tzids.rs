//! The zone names of one file, each kept once: twenty thousand events name the same few.

use std::collections::HashMap;

/// Which zone name of the file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tzid(u32);

/// The zone names of one file.
#[derive(Debug, Default)]
pub(super) struct Tzids {
    names: Vec<String>,
    by_name: HashMap<String, Tzid>,
}

impl Tzids {
    /// The name's place in the list, added if it is new.
    pub(super) fn of(&mut self, name: &str) -> Tzid {
        if let Some(&known) = self.by_name.get(name) {
            return known;
        }
        let new = Tzid(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(name.to_owned());
        self.by_name.insert(name.to_owned(), new);
        new
    }

    /// The name as written.
    pub(super) fn name(&self, tzid: Tzid) -> &str {
        self.names.get(tzid.0 as usize).map_or("", String::as_str)
    }
}
