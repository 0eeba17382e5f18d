//! Pages of a listing: so many items a call, and a token for the rest.

use super::form::{Form, constraint};
use super::refusal::Refused;
use super::xml::Xml;

/// What a call asks of a listing of Auto Scaling.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    items: usize,
    after: Option<i64>,
}

/// Before the number in a token, so that no other text is taken for one.
const TOKEN: &str = "sandbox-";

impl Page {
    /// Reads `MaxRecords`, 1 to 100, and `NextToken`.
    pub(super) fn take(form: &mut Form, default: usize) -> Result<Self, Refused> {
        let items = match form.value::<i64>("MaxRecords")? {
            None => default,
            Some(items) => usize::try_from(items)
                .ok()
                .filter(|items| (1..=100).contains(items))
                .ok_or_else(|| out_of_range(items))?,
        };
        let token = form.take("NextToken").filter(|token| !token.is_empty());
        let after = token.map(|token| {
            let number = token.strip_prefix(TOKEN).and_then(|number| number.parse().ok());
            number.ok_or_else(|| Refused::new(400, "InvalidNextToken", "The token is invalid"))
        });
        Ok(Self { items, after: after.transpose()? })
    }

    /// How many items a page has at most.
    pub(super) fn items(self) -> usize {
        self.items
    }

    /// Writes this page of the items, which are in the order of their keys, and the token of the next one.
    pub(super) fn write<T>(
        self,
        xml: &mut Xml,
        name: &str,
        items: impl IntoIterator<Item = (i64, T)>,
        inside: impl Fn(&mut Xml, T),
    ) {
        let after = |(key, _): &(i64, T)| self.after.is_none_or(|after| after < *key);
        let mut rest = items.into_iter().filter(after).peekable();
        let mut last = None;
        xml.list(name, "member", rest.by_ref().take(self.items), |xml, (key, item)| {
            last = Some(key);
            inside(xml, item);
        });
        if let Some(last) = last.filter(|_| rest.peek().is_some()) {
            xml.text("NextToken", format!("{TOKEN}{last}"));
        }
    }
}

fn out_of_range(items: i64) -> Refused {
    let rule = if items < 1 {
        "Member must have value greater than or equal to 1"
    } else {
        "Member must have value less than or equal to 100"
    };
    constraint(items, "MaxRecords", rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: &str) -> Result<String, Refused> {
        let page = Page::take(&mut Form::parse(body.as_bytes()), 2)?;
        let numbers = [(1, 1), (5, 5), (9, 9)];
        Ok(Xml::document("P", None, |xml| {
            page.write(xml, "L", numbers, |xml, number| xml.text("N", number));
        }))
    }

    #[test]
    fn the_token_leads_on_even_where_the_last_item_has_gone() {
        let first = page("").unwrap();
        assert!(
            first.contains("<N>1</N></member><member><N>5</N></member></L><NextToken>sandbox-5<")
        );
        assert!(
            page("NextToken=sandbox-5").unwrap().contains("<L><member><N>9</N></member></L></P>")
        );
        assert!(page("NextToken=sandbox-4&MaxRecords=1").unwrap().contains("<N>5</N>"));
        assert!(!page("MaxRecords=3").unwrap().contains("NextToken"));
    }

    #[test]
    fn a_bad_token_and_a_bad_size_are_refused() {
        assert_eq!(page("NextToken=x").unwrap_err().code(), "InvalidNextToken");
        for size in ["0", "101", "-1"] {
            let refused = page(&format!("MaxRecords={size}")).unwrap_err();
            assert_eq!(refused.code(), "ValidationError", "{size}");
        }
        assert_eq!(page("MaxRecords=many").unwrap_err().code(), "MalformedInput");
    }
}
