//! Processes that are suspended and resumed. Without a list, all of them are meant.

use super::{give, named_group};
use crate::domain::{Action, Process};
use crate::sandbox::Account;
use crate::sandbox::journal::Input;
use crate::sandbox::wire::Answer;
use crate::sandbox::wire::form::Form;
use crate::sandbox::wire::refusal::Refused;

/// `SuspendProcesses`.
pub(super) fn suspend(account: &Account, form: &mut Form) -> Answer {
    let processes = processes(form)?;
    give(account, &Input::Write(Action::Suspend(processes)))
}

/// `ResumeProcesses`.
pub(super) fn resume(account: &Account, form: &mut Form) -> Answer {
    let processes = processes(form)?;
    give(account, &Input::Write(Action::Resume(processes)))
}

fn processes(form: &mut Form) -> Result<Vec<Process>, Refused> {
    named_group(form)?;
    let names = form.texts("ScalingProcesses", "member");
    form.done()?;
    if names.is_empty() {
        return Ok(Process::ALL.to_vec());
    }
    let named = |name: &String| {
        let process = Process::named(name);
        process.ok_or_else(|| Refused::validation(format!("Invalid process types: [{name}]")))
    };
    names.iter().map(named).collect()
}
