//! The policy that ships allows exactly the calls that the adapter makes.

use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const POLICY: &str = include_str!("../../config/iam-policy.json");

/// The adapter's own code, without its tests.
fn sources() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aws/sdk");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let tests = ["fake.rs", "fixture.rs", "tests.rs"];
    let own = files.filter(|path| tests.iter().all(|name| !path.ends_with(name)));
    let own = own.map(|path| std::fs::read_to_string(path).unwrap());
    own.map(|text| text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned()).collect()
}

/// Every call as `service:operation`, without regard to case: the SDK writes `describe_db_clusters`, IAM
/// `DescribeDBClusters`. The clients are called as IAM calls their services.
fn called() -> Vec<String> {
    let call =
        Regex::new(r"\b(autoscaling|cloudwatch|elasticloadbalancing|rds|sts)\s*\.\s*([a-z_]+)\(\)");
    let call = call.unwrap();
    let of = |text: &String| -> Vec<String> {
        let calls = call.captures_iter(text);
        calls.map(|found| format!("{}:{}", &found[1], found[2].replace('_', ""))).collect()
    };
    sources().iter().flat_map(of).collect()
}

fn actions(effect: &str) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(POLICY).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let of_effect = statements.iter().filter(|statement| statement["Effect"] == effect);
    let actions = of_effect.flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().to_ascii_lowercase()).collect()
}

#[test]
fn the_policy_allows_what_is_called_and_nothing_else() {
    let called = called();
    let sent: usize = sources().iter().map(|text| text.matches(".send()").count()).sum();
    assert_eq!(
        called.len(),
        sent,
        "every request is found by its client and operation: {called:?}"
    );
    assert_eq!(called.into_iter().collect::<BTreeSet<_>>(), actions("Allow"));
}

#[test]
fn whatever_ends_a_web_server_is_denied_even_if_another_policy_allows_it() {
    let denied = actions("Deny");
    for action in ["autoscaling:terminateinstanceinautoscalinggroup", "ec2:terminateinstances"] {
        assert!(denied.contains(action), "{action}");
    }
    assert!(denied.is_disjoint(&actions("Allow")));
}

#[test]
fn writing_is_allowed_in_one_group_only() {
    let policy: Value = serde_json::from_str(POLICY).unwrap();
    for statement in policy["Statement"].as_array().unwrap() {
        let actions = statement["Action"].as_array().unwrap();
        let reads = |action: &Value| {
            let operation = action.as_str().unwrap().split(':').nth(1).unwrap();
            operation.starts_with("Describe") || operation.starts_with("Get")
        };
        if statement["Effect"] == "Allow" && !actions.iter().all(reads) {
            let resource = statement["Resource"].as_str().unwrap();
            assert!(resource.ends_with(":autoScalingGroupName/GROUP"), "{resource}");
        }
    }
}
