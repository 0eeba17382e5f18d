//! The store, every method on both engines: the same promises on SQLite and on PostgreSQL.

mod engine;
mod feeds;
mod history;
mod journal;
mod opening;
mod publishing;
mod rest;
mod sample;
