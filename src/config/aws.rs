//! Where a fleet's part of a real account is.

use super::problems::Problems;
use super::{Account, Fleet, raw};
use crate::aws::Site;
use crate::domain::FleetName;
use std::net::SocketAddr;

/// The account that a fleet asks for. Its table is checked also while it is switched off.
pub(super) fn account(raw: &raw::Fleet, fleet: &FleetName, problems: &mut Problems) -> Account {
    problems.part("aws");
    let aws = raw.aws.as_ref().map(|aws| site(aws, fleet, problems));
    match (raw.account, aws) {
        (raw::Account::None, _) => Account::None,
        (raw::Account::Sandbox, _) => Account::Sandbox,
        (raw::Account::Aws, Some((site, endpoint))) => {
            Account::Aws { site: Box::new(site), endpoint }
        }
        (raw::Account::Aws, None) => {
            problems.add(
                "",
                "account = \"aws\" needs the table [fleet.aws]: account, region and group",
            );
            Account::None
        }
    }
}

fn site(raw: &raw::Aws, fleet: &FleetName, problems: &mut Problems) -> (Site, Option<String>) {
    let raw::Aws { account, region, group, cluster, target_group_arn, load_balancer, endpoint } =
        raw;
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        problems.add("account", format!("{account:?} is not the twelve digits of an account"));
    }
    if !is_region(region) {
        problems.add("region", format!("{region:?} is no region such as \"eu-west-1\""));
    }
    if group.is_empty() || 255 < group.len() {
        problems.add("group", format!("{group:?} does not have the 1 to 255 characters of a name"));
    }
    if cluster.as_ref().is_some_and(String::is_empty) {
        problems.add("cluster", "is empty; leave it out where there is none to look at");
    }
    if let Some(arn) = target_group_arn {
        check_target_group(arn, account, region, problems);
    }
    let is_label = |label: &&String| {
        let parts: Vec<_> = label.split('/').collect();
        matches!(parts[..], ["app", name, id] if !name.is_empty() && !id.is_empty())
    };
    if let Some(label) = load_balancer.as_ref().filter(|label| !is_label(label)) {
        let what = "is not the last part of an Application Load Balancer's ARN, app/<name>/<id>";
        problems.add("load_balancer", format!("{label:?} {what}"));
    }
    if let Some(url) = endpoint.as_ref().filter(|url| !is_loopback(url)) {
        problems.add(
            "endpoint",
            format!(
                "{url:?} is not http:// with a loopback address and a port; only tests need it"
            ),
        );
    }
    let site = Site {
        fleet: fleet.clone(),
        account: account.clone(),
        region: region.clone(),
        group: group.clone(),
        cluster: cluster.clone(),
        target_group: target_group_arn.clone(),
        load_balancer: load_balancer.clone(),
    };
    (site, endpoint.clone())
}

/// Letters, then letters or more, then a number: "us-gov-west-1" too.
fn is_region(region: &str) -> bool {
    let parts: Vec<_> = region.split('-').collect();
    let number = parts.last().is_some_and(|part| part.parse::<u8>().is_ok());
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    3 <= parts.len() && number && parts.iter().rev().skip(1).all(|part| word(part))
}

fn check_target_group(arn: &str, account: &str, region: &str, problems: &mut Problems) {
    let parts: Vec<_> = arn.split(':').collect();
    let is_target_group = matches!(
        parts[..],
        ["arn", _, "elasticloadbalancing", in_region, of_account, name]
            if in_region == region && of_account == account && name.starts_with("targetgroup/")
    );
    if !is_target_group {
        problems.add(
            "target_group_arn",
            format!(
                "{arn:?} is not the ARN of a target group in region {region} of account {account}"
            ),
        );
    }
}

/// Real credentials are not sent to an endpoint, and nothing but a test's own server is one.
fn is_loopback(url: &str) -> bool {
    let address = url.strip_prefix("http://").and_then(|rest| rest.parse::<SocketAddr>().ok());
    address.is_some_and(|address| address.ip().is_loopback())
}

/// Two fleets on one group would undo each other's work.
pub(super) fn together(fleets: &[Fleet], problems: &mut Problems) {
    let sites: Vec<_> = fleets
        .iter()
        .filter_map(|fleet| match &fleet.account {
            Account::Aws { site, endpoint: _ } => Some(&**site),
            Account::None | Account::Sandbox => None,
        })
        .collect();
    for (number, site) in sites.iter().enumerate() {
        let same = |other: &&&Site| {
            (&other.account, &other.region, &other.group)
                == (&site.account, &site.region, &site.group)
        };
        if let Some(other) = sites.iter().take(number).find(same) {
            problems.add(
                "aws group",
                format!("{} is that of both {} and {}", site.group, other.fleet, site.fleet),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Error, parse};

    const EXAMPLE: &str = include_str!("../../config/production.example.toml");
    const TABLE: &str =
        "[fleet.aws]\naccount = \"123456789012\"\nregion = \"eu-west-1\"\ngroup = \"web\"\n";

    fn with(table: &str) -> String {
        let text = EXAMPLE.replace("account = \"none\"", "account = \"aws\"");
        text.replace("# One web server.\n", &format!("{table}\n# One web server.\n"))
    }

    fn problems(text: &str) -> Vec<String> {
        match parse(text, "test.toml") {
            Err(Error::Values { problems, .. }) => problems,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_fleet_is_told_where_it_is() {
        let config = parse(&with(TABLE), "test.toml").unwrap();
        let Account::Aws { site, endpoint } = &config.fleets[0].account else {
            panic!("{:?}", config.fleets[0].account)
        };
        assert_eq!((site.fleet.as_str(), site.group.as_str()), ("moodle", "web"));
        assert_eq!((&site.cluster, endpoint), (&None, &None));
        let off = with(TABLE).replace("account = \"aws\"", "account = \"none\"");
        assert_eq!(parse(&off, "test.toml").unwrap().fleets[0].account, Account::None);
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let table = r#"
[fleet.aws]
account = "12345"
region = "Ireland"
group = ""
cluster = ""
target_group_arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/1"
load_balancer = "net/moodle/1"
endpoint = "https://autoscaling.example.org"
"#;
        let told = problems(&with(table));
        let keys = [
            "account",
            "region",
            "group",
            "cluster",
            "target_group_arn",
            "load_balancer",
            "endpoint",
        ];
        assert_eq!(told.len(), keys.len(), "{told:#?}");
        for (told, key) in told.iter().zip(keys) {
            assert!(told.starts_with(&format!("fleet \"moodle\" aws {key}: ")), "{key}: {told}");
        }
    }

    #[test]
    fn an_account_without_its_table_is_no_account() {
        let told = problems(&with(""));
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("needs the table [fleet.aws]"), "{told:?}");
    }

    #[test]
    fn regions_are_told_from_other_words() {
        for region in ["eu-west-1", "us-gov-west-1", "ap-southeast-2", "cn-north-1"] {
            assert!(is_region(region), "{region}");
        }
        for other in ["", "eu-west", "EU-WEST-1", "eu-west-1a", "-west-1", "1-2-3"] {
            assert!(!is_region(other), "{other}");
        }
    }

    #[test]
    fn only_a_server_on_this_machine_stands_in_for_aws() {
        assert!(is_loopback("http://127.0.0.1:5000") && is_loopback("http://[::1]:5000"));
        for other in ["http://10.0.0.1:5000", "https://127.0.0.1:5000", "http://127.0.0.1", "x"] {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[test]
    fn two_fleets_cannot_share_a_group() {
        let one = with(TABLE);
        let second =
            one.split_once("[[fleet]]").unwrap().1.replace("name = \"moodle\"", "name = \"exams\"");
        let told = problems(&format!("{one}\n[[fleet]]{second}"));
        assert!(told.iter().any(|told| told.contains("both moodle and exams")), "{told:?}");
    }
}
