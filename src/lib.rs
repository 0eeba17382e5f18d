//! invigilator keeps a university's Moodle standing on exam day. `ARCHITECTURE.md` tells the systems and the
//! walkthroughs; this page is the table of contents, in reading order. A module names only modules on lower
//! floors (`tests/floors` keeps it so).

// Floor 0: words.
pub mod domain;
pub mod report;

// Floor 1: pure functions of values, `now` among them.
pub mod planner;
pub mod reconciler;
pub mod timetable;
pub mod wire;

// Floor 2: doors to the outside.
pub mod aws;
pub mod feeds;
pub mod moodle;
pub mod store;
pub mod telemetry;
pub mod zoneinfo;

// Floor 3: the simulated account, and the loops.
pub mod sandbox;
pub mod tasks;

// Floor 4: the faces.
pub mod http;

// Floors 5 to 7: what a process needs.
pub mod app;
pub mod cli;
pub mod config;
pub mod lifecycle;
