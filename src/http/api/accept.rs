//! Which representation who asks prefers (RFC 9110 section 12.5.1).

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// Whether they name `kind` and want it at least as much as anything they do not name, and more than JSON if they name
/// that. JSON is what everybody else gets.
pub(super) fn prefers(headers: &HeaderMap, kind: &str) -> bool {
    let lists = headers.get_all(ACCEPT).iter().filter_map(|list| list.to_str().ok());
    let (mut wanted, mut json, mut any) = (0.0, 0.0, 0.0);
    for range in lists.flat_map(|list| list.split(',')) {
        let (name, weight) = weighed(range);
        if name.eq_ignore_ascii_case(kind) {
            wanted = weight;
        } else if name.eq_ignore_ascii_case("application/json") {
            json = weight;
        } else if ["application/*", "*/*"].contains(&name) {
            any = weight.max(any);
        }
    }
    0.0 < wanted && json < wanted && any <= wanted
}

/// A media range and its weight, 1 where none is written.
fn weighed(range: &str) -> (&str, f32) {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse().ok())?
    });
    (name, weight.unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_names_a_kind_gets_it() {
        for (accept, preferred) in [
            (None, false),
            (Some("*/*"), false),
            (Some("text/*"), false),
            (Some("application/json"), false),
            (Some("text/csv"), true),
            (Some("Text/CSV;header=present"), true),
            (Some("text/csv, */*"), true),
            (Some("text/csv, */*;q=0.1"), true),
            (Some("text/csv;q=0.5, */*"), false),
            (Some("text/csv;q=0"), false),
            (Some("text/csv, application/json"), false),
            (Some("text/csv, application/json;q=0.9"), true),
            (Some("text/csvx, text/html"), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, accept.parse().unwrap());
            }
            assert_eq!(prefers(&headers, "text/csv"), preferred, "{accept:?}");
        }
    }
}
