//! The words of the exam office and of the fleet as plain values. Knows no I/O, no async, no serde.

mod action;
mod calendar;
mod campus;
mod clock;
mod comparison;
mod finding;
mod hold;
mod observation;
mod phase;
mod plan;
mod posture;
mod role;
mod sitting;
mod source;
mod span;
mod text;
mod titles;
mod tracking;
mod units;

pub use action::{Action, ScheduledAction};
pub use calendar::{Calendar, PhaseAt};
pub use campus::{day_begins, day_ends};
pub use clock::{Clock, ManualClock, Pause, SystemClock};
pub use comparison::{Comparison, Guard};
pub use finding::{Finding, Severity, worst};
pub use hold::{Hold, HoldPhase};
pub use observation::{
    Attempts, Connections, Group, Instance, InstanceId, Lifecycle, Observation, Process, Seen,
};
pub use phase::{Dates, Hours, Phase};
pub use plan::{
    Budget, BudgetStatus, Cost, Plan, Report, Script, ScriptEntry, ScriptKind, Step, Vcpu, Window,
};
pub use posture::{
    ConnectionPosture, FleetPosture, Floors, Freshness, Health, HoldPosture, NextSitting, Posture,
    SandboxCounters, State, Sync, ZoneReleases,
};
pub use role::Role;
pub use sitting::{ExtraTime, LeftOut, Reading, ReadingCounts, Sitting, SittingKey};
pub use source::{SourceKind, SourceStatus, TimetablePosture};
pub use span::Span;
pub use text::{campus_minute, counted, grouped, hex, more, utc_minute};
pub use titles::Titles;
pub use tracking::{Tracking, TrackingPolicy};
pub use units::{Candidates, Factor, FleetName, NameError, Nodes, Share, UnitError};
