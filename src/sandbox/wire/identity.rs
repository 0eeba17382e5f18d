//! What things of the simulated account are called, and their ARNs.

use sha2::{Digest as _, Sha256};

/// The group.
pub const GROUP: &str = crate::sandbox::world::GROUP;
/// The account's number.
pub const ACCOUNT_ID: &str = "123456789012";
/// The account's region.
pub const REGION: &str = "eu-west-1";
/// The target group that the instances are registered with.
pub const TARGET_GROUP_ARN: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/moodle-web/73e2d6bc24d8a067";
/// The load balancer before it, as CloudWatch has it for a dimension.
pub const LOAD_BALANCER: &str = "app/moodle/50dc6c495c0c9188";
/// The label of `ALBRequestCountPerTarget`: load balancer and target group.
pub const RESOURCE_LABEL: &str =
    "app/moodle/50dc6c495c0c9188/targetgroup/moodle-web/73e2d6bc24d8a067";
/// The Aurora cluster.
pub const DB_CLUSTER: &str = "moodle-db";

/// The group's ARN.
pub(super) fn group_arn() -> String {
    arn("autoScalingGroup", "group", GROUP, "")
}

/// A scheduled action's ARN.
pub(super) fn scheduled_action_arn(name: &str) -> String {
    let kind = "scheduledUpdateGroupAction";
    arn(kind, kind, name, &format!(":scheduledActionName/{name}"))
}

/// A policy's ARN.
pub(super) fn policy_arn(name: &str) -> String {
    arn("scalingPolicy", "policy", name, &format!(":policyName/{name}"))
}

/// An ARN of Auto Scaling; `purpose` and `name` make its UUID.
fn arn(kind: &str, purpose: &str, name: &str, rest: &str) -> String {
    let uuid = uuid(purpose, name);
    format!(
        "arn:aws:autoscaling:{REGION}:{ACCOUNT_ID}:{kind}:{uuid}:autoScalingGroupName/{GROUP}{rest}"
    )
}

/// A UUID that the same thing always has.
pub(super) fn uuid(purpose: &str, name: &str) -> String {
    let digest =
        Sha256::new().chain_update(purpose).chain_update([0]).chain_update(name).finalize();
    let hex = crate::domain::hex(&digest);
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_is_made_of_load_balancer_and_target_group() {
        let group = TARGET_GROUP_ARN.rsplit(':').next().unwrap();
        assert_eq!(RESOURCE_LABEL, format!("{LOAD_BALANCER}/{group}"));
        assert!(TARGET_GROUP_ARN.contains(&format!(":{REGION}:{ACCOUNT_ID}:")));
    }

    #[test]
    fn an_arn_has_a_uuid_of_its_own() {
        let arn = scheduled_action_arn("a");
        assert!(arn.ends_with(":autoScalingGroupName/moodle-web:scheduledActionName/a"), "{arn}");
        assert_eq!(arn.split(':').nth(6).map(str::len), Some(36));
        assert_ne!(arn.split(':').nth(6), scheduled_action_arn("b").split(':').nth(6));
    }
}
