//! Errors told once, with everything that led to them.

use std::error::Error;
use std::fmt;

/// Displays an error and its sources on one line, each once, joined by `: `.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = self.0.to_string();
        f.write_str(&told)?;
        let mut next = self.0.source();
        while let Some(source) = next {
            // Many errors repeat their source in their own words; nobody needs to read it twice.
            let text = source.to_string();
            if !told.ends_with(&text) {
                write!(f, ": {text}")?;
                told = text;
            }
            next = source.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Link {
        text: &'static str,
        source: Option<Box<Link>>,
    }

    #[test]
    fn a_chain_is_told_once_in_order() {
        let end = Link { text: "no such file", source: None };
        let middle = Link { text: "open it: no such file", source: Some(Box::new(end)) };
        let start = Link { text: "read the timetable", source: Some(Box::new(middle)) };
        assert_eq!(Chain(&start).to_string(), "read the timetable: open it: no such file");
    }
}
