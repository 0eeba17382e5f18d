//! STS: who is asking. Nobody's signature is checked, so everybody is the same user.

use super::Answer;
use super::form::Form;
use super::identity::ACCOUNT_ID;
use super::refusal::Refused;
use super::view::View;
use super::xml::Xml;

/// The operations.
pub(super) const OPERATIONS: &[&str] = &["GetCallerIdentity"];

/// Answers `GetCallerIdentity`.
pub(super) fn answer(action: &str, _: &View, form: &mut Form) -> Answer {
    if action != "GetCallerIdentity" {
        return Err(Refused::invalid_action(action, "2011-06-15"));
    }
    form.done()?;
    let mut xml = Xml::default();
    xml.text("Arn", format!("arn:aws:iam::{ACCOUNT_ID}:user/sandbox"));
    xml.text("UserId", "AIDASANDBOXSANDBOX000");
    xml.text("Account", ACCOUNT_ID);
    Ok(Some(xml))
}
