//! The program itself, configured for a real account.

use crate::account::{Account, GROUP};
use invigilator::aws::Observe as _;
use invigilator::domain::{Seen, TrackingPolicy};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_invigilator");
const EXAMPLE: &str = include_str!("../../config/production.example.toml");
/// A bound on the wait; nothing here depends on how fast it is.
const PATIENCE: Duration = Duration::from_secs(240);

/// Ends with the test, also where that fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn configured(folder: &Path, account: &Account, number: &str) -> PathBuf {
    let region = &account.site.region;
    let table = format!(
        "[fleet.aws]\naccount = \"{number}\"\nregion = \"{region}\"\ngroup = \"{GROUP}\"\n\
         endpoint = \"{}\"\n\n# One web server.\n",
        account.url
    );
    let text = EXAMPLE
        .replace("account = \"none\"", "account = \"aws\"")
        .replace("# One web server.\n", &table)
        .replace("127.0.0.1:8080", "127.0.0.1:0")
        .replace("/var/lib/invigilator", folder.join("state").to_str().unwrap());
    let file = folder.join("invigilator.toml");
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn check_tells_who_we_are_and_which_group_it_is() {
    let Some(account) = Account::in_region("eu-west-1") else { return };
    let folder = tempfile::tempdir().unwrap();
    let check = |number: &str| {
        let file = configured(folder.path(), &account, number);
        let output = Command::new(PROGRAM).args(["check", "--config"]).arg(file).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, told) = check(&account.site.account);
    assert_eq!(code, Some(0), "{told}");
    for word in ["autoScalingGroupName/moodle-web", "user/moto", "MinSize 2", "3 zones"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let (code, told) = check("999999999999");
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("NOT READ") && told.contains("\"123456789012\""), "{told}");
}

#[tokio::test]
async fn the_daemon_writes_its_policy_to_the_account() {
    let Some(account) = Account::in_region("ap-northeast-1") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = configured(folder.path(), &account, &account.site.account);
    let child = Command::new(PROGRAM)
        .args(["serve", "--config"])
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _running = Running(child.unwrap());
    let sdk = account.sdk().await;
    let ours = |policy: &TrackingPolicy| policy.name == "invigilator-moodle-tracking";
    let begin = Instant::now();
    loop {
        let seen = sdk.policies().await;
        if matches!(&seen, Seen::Known(policies) if policies.iter().any(ours)) {
            break;
        }
        assert!(begin.elapsed() < PATIENCE, "no policy of ours within {PATIENCE:?}: {seen:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
