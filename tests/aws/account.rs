//! One moto server for all tests of this program, each of which has a region of its own.
//!
//! `INVIGILATOR_TEST_PYTHON` is a Python with the packages of `requirements.txt`; `tests/run` installs it.

use invigilator::aws::{Sdk, Site};
use invigilator::domain::{FleetName, SystemClock};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};

/// moto's only account.
pub(crate) const ACCOUNT: &str = "123456789012";
/// The group that stands in every region.
pub(crate) const GROUP: &str = "moodle-web";
/// Regions that are filled; each test takes one, so that none sees what another writes.
const REGIONS: [&str; 8] = [
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "ap-northeast-1",
];

/// The server. It ends when its standard input does, at the latest with this process.
struct Moto {
    url: String,
    target_groups: BTreeMap<String, String>,
    _child: Child,
}

/// One region of the account.
pub(crate) struct Account {
    pub(crate) url: &'static str,
    pub(crate) site: Site,
}

impl Account {
    /// A region, if there is a Python to run moto with.
    pub(crate) fn in_region(region: &str) -> Option<Self> {
        static MOTO: OnceLock<Option<Moto>> = OnceLock::new();
        let moto = MOTO.get_or_init(|| python().map(|python| start(&python))).as_ref()?;
        let site = Site {
            fleet: FleetName::new("moodle").unwrap(),
            account: ACCOUNT.into(),
            region: region.into(),
            group: GROUP.into(),
            cluster: Some("moodle".into()),
            target_group: Some(moto.target_groups[region].clone()),
            load_balancer: Some("app/moodle/50dc6c495c0c9188".into()),
        };
        Some(Self { url: &moto.url, site })
    }

    /// The adapter in this region.
    pub(crate) async fn sdk(&self) -> Sdk {
        self.sdk_of(self.site.clone()).await
    }

    /// The adapter for another site in this account.
    pub(crate) async fn sdk_of(&self, site: Site) -> Sdk {
        Sdk::connect(site, Some(self.url), Arc::new(SystemClock)).await
    }
}

/// In CI no test may skip itself.
fn python() -> Option<OsString> {
    const VARIABLE: &str = "INVIGILATOR_TEST_PYTHON";
    let python = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
    if python.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{VARIABLE} is not set; tests/run installs it");
        eprintln!("{VARIABLE} is not set: not tested against moto");
    }
    python
}

fn start(python: &OsString) -> Moto {
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aws/account.py"))
        .args(REGIONS)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut target_groups = BTreeMap::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        match line.split_once(' ') {
            Some((region, arn)) => target_groups.insert(region.to_owned(), arn.to_owned()),
            None => return Moto { url: line, target_groups, _child: child },
        };
    }
    panic!("moto ended before it told its address: {:?}", child.wait());
}
