//! Sittings to a plan, and a plan to a script. Pure: knows no clock, no AWS, no database.

mod settings;

pub use settings::{
    Allowed, Boot, Database, Demand, Lead, Node, PressShape, ScriptContext, Settings, Times, Zones,
};
