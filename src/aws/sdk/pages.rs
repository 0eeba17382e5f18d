//! Reading a list to its end. A list that does not end properly is not believed at all.

use crate::aws::Error;
use std::collections::HashSet;

/// More pages than any list of ours can have.
const PAGES: usize = 100;

/// All items of a paged list: `page` fetches what follows a token and says which token comes next.
///
/// # Errors
/// What `page` says, or why the list cannot be whole: a token that repeats would be read in a circle.
pub(super) async fn all<T, Fetch>(
    call: &str,
    mut page: impl FnMut(Option<String>) -> Fetch,
) -> Result<Vec<T>, Error>
where
    Fetch: Future<Output = Result<(Option<Vec<T>>, Option<String>), Error>>,
{
    let (mut items, mut tokens, mut next) = (Vec::new(), HashSet::new(), None);
    for _ in 0..PAGES {
        let (more, token) = page(next).await?;
        items.extend(more.into_iter().flatten());
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(items) };
        if !tokens.insert(token.clone()) {
            return Err(Error::Other(format!("{call}: AWS gives the same page again and again")));
        }
        next = Some(token);
    }
    Err(Error::Other(format!("{call}: the list has no end after {PAGES} pages")))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Page = (Option<Vec<u32>>, Option<&'static str>);

    async fn read(pages: &[Page]) -> Result<Vec<u32>, Error> {
        let mut pages = pages.iter().cycle();
        let page = |_| {
            let (items, token) = pages.next().unwrap().clone();
            std::future::ready(Ok((items, token.map(str::to_owned))))
        };
        all("Describe", page).await
    }

    #[tokio::test]
    async fn every_page_is_read_also_after_an_empty_one() {
        let pages = [(Some(vec![1, 2]), Some("a")), (None, Some("b")), (Some(vec![3]), Some(""))];
        assert_eq!(read(&pages).await, Ok(vec![1, 2, 3]));
    }

    #[tokio::test]
    async fn a_token_that_repeats_is_no_list() {
        let told = read(&[(Some(vec![1]), Some("a")), (Some(vec![2]), Some("b"))]).await;
        assert!(told.is_err_and(|told| told.to_string().contains("same page")));
    }

    #[tokio::test]
    async fn a_list_without_an_end_is_given_up() {
        let mut count = 0;
        let page = |_| {
            count += 1;
            std::future::ready(Ok((Some(vec![1]), Some(count.to_string()))))
        };
        assert!(all("Describe", page).await.is_err_and(|told| told.to_string().contains("no end")));
    }
}
