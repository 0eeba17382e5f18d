//! Protection of instances from scale-in.

use super::{give, named_group};
use crate::domain::{Action, InstanceId};
use crate::sandbox::Account;
use crate::sandbox::journal::Input;
use crate::sandbox::wire::Answer;
use crate::sandbox::wire::form::Form;
use crate::sandbox::wire::xml::Xml;

/// `SetInstanceProtection`: one instance that may not be protected fails the whole call.
pub(super) fn set_protection(account: &Account, form: &mut Form) -> Answer {
    named_group(form)?;
    let ids = form.texts("InstanceIds", "member").into_iter().map(InstanceId).collect();
    let protected: bool = form.required_value("ProtectedFromScaleIn")?;
    form.done()?;
    let action = if protected { Action::Protect(ids) } else { Action::Unprotect(ids) };
    give(account, &Input::Write(action))?;
    Ok(Some(Xml::default()))
}
