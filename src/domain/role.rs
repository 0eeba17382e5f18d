//! What a person may do here.

/// A token's role. Nobody writes without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Drafts and publishes timetables.
    Registrar,
    /// Orders overrides.
    Oncall,
    /// Everything.
    Admin,
}

impl Role {
    /// Every role, least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Registrar, Self::Oncall, Self::Admin];

    /// The name in configuration and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Registrar => "registrar",
            Self::Oncall => "oncall",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Whether this role may do what `needed` may; every role reads, `Admin` does everything.
    pub fn may(self, needed: Self) -> bool {
        self == needed || self == Self::Admin || needed == Self::Viewer
    }
}
