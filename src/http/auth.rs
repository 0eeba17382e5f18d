//! Who asks, and what they may do. Secrets are never kept, only their digests, and never logged.

use super::Face;
use super::problem::Problem;
use crate::domain::Role;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use subtle::ConstantTimeEq as _;

/// What a 401 asks for (RFC 6750 §3).
pub(super) const CHALLENGE: &str = "Bearer realm=\"invigilator\"";

/// Somebody who may come in.
#[derive(Clone)]
pub struct Token {
    /// Who, as the journal will say.
    pub subject: String,
    /// What they may do.
    pub role: Role,
    /// SHA-256 of the secret.
    pub sha256: [u8; 32],
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, {})", self.subject, self.role.as_str())
    }
}

/// Everybody who may come in.
#[derive(Debug, Clone)]
pub struct Tokens(Arc<[Token]>);

impl Tokens {
    /// All of them.
    pub fn new(tokens: impl IntoIterator<Item = Token>) -> Self {
        Self(tokens.into_iter().collect())
    }

    /// The bearer of a secret. Every digest is compared, each in constant time.
    fn bearer(&self, secret: &str) -> Option<&Token> {
        let digest: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        self.0.iter().fold(None, |found, token| {
            if bool::from(token.sha256.ct_eq(&digest)) { Some(token) } else { found }
        })
    }

    /// Who asks; `None` without an `Authorization`.
    fn caller(&self, headers: &HeaderMap) -> Result<Option<&Token>, Problem> {
        let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
        let secret = value.to_str().ok().and_then(|value| {
            let (scheme, secret) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
        });
        let known = secret.and_then(|secret| self.bearer(secret));
        known.map(Some).ok_or_else(|| unauthorized("This token is not known here."))
    }
}

fn unauthorized(why: &str) -> Problem {
    let detail = format!("{why} Send `Authorization: Bearer` with a token of yours.");
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
}

/// Proof that the caller may read. A token that is not known is refused even where none is needed.
pub(super) struct Reader;

impl FromRequestParts<Arc<Face>> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, face: &Arc<Face>) -> Result<Self, Problem> {
        let caller = face.tokens.caller(&parts.headers)?;
        if caller.is_some() || face.anonymous_read {
            return Ok(Self);
        }
        Err(unauthorized("Reading needs a token here."))
    }
}

/// Proof that the caller may draft and publish, and who they are.
pub(super) struct Registrar {
    /// As the journal will say.
    pub(super) subject: String,
}

impl FromRequestParts<Arc<Face>> for Registrar {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, face: &Arc<Face>) -> Result<Self, Problem> {
        let caller = face.tokens.caller(&parts.headers)?;
        let caller = caller.ok_or_else(|| unauthorized("Writing always needs a token."))?;
        if caller.role.may(Role::Registrar) {
            return Ok(Self { subject: caller.subject.clone() });
        }
        let (has, needs) = (caller.role.as_str(), Role::Registrar.as_str());
        let detail = format!(
            "This needs the role {needs} (or {}); your token has the role {has}.",
            Role::Admin.as_str()
        );
        Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail).with("role_needed", needs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse as _;

    fn tokens() -> Tokens {
        let token = |subject: &str, role| Token {
            subject: subject.into(),
            role,
            sha256: Sha256::digest(subject.as_bytes()).into(),
        };
        Tokens::new([token("ada", Role::Registrar), token("bob", Role::Viewer)])
    }

    fn ask(authorization: &str) -> Result<Option<String>, StatusCode> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, authorization.parse().unwrap());
        let tokens = tokens();
        let caller = tokens.caller(&headers).map_err(|no| no.into_response().status())?;
        Ok(caller.map(|token| token.subject.clone()))
    }

    #[test]
    fn a_bearer_is_known_by_the_secret_alone() {
        assert_eq!(ask("Bearer ada"), Ok(Some("ada".into())));
        assert_eq!(ask("bearer bob"), Ok(Some("bob".into())));
        for wrong in ["Bearer eve", "Bearer", "Bearer ", "Basic ada", "ada", "Bearer ada bob"] {
            assert_eq!(ask(wrong), Err(StatusCode::UNAUTHORIZED), "{wrong}");
        }
    }

    #[test]
    fn no_authorization_is_nobody() {
        assert!(tokens().caller(&HeaderMap::new()).unwrap().is_none());
    }

    #[test]
    fn a_token_prints_no_digest() {
        assert_eq!(format!("{:?}", tokens().0[0]), "Token(ada, registrar)");
    }
}
