//! The whole router, asked as a client asks, with hand-made values behind it.

mod face;
mod reading;
mod revisions;
mod serving;
mod uploads;
