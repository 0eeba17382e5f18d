//! Target-tracking policies.

use crate::face::{AUTO_SCALING, Answer, Site};
use invigilator::sandbox::wire::{GROUP, RESOURCE_LABEL};

const METRIC: &str =
    "TargetTrackingConfiguration.PredefinedMetricSpecification.PredefinedMetricType";
const LABEL: &str = "TargetTrackingConfiguration.PredefinedMetricSpecification.ResourceLabel";
const TARGET: (&str, &str) = ("TargetTrackingConfiguration.TargetValue", "55.0");
const CPU: (&str, &str) = (METRIC, "ASGAverageCPUUtilization");
const REQUESTS: (&str, &str) = (METRIC, "ALBRequestCountPerTarget");

async fn put(site: &Site, name: &str, fields: &[(&str, &str)]) -> Answer {
    let mut all = vec![("PolicyName", name), ("PolicyType", "TargetTrackingScaling")];
    all.extend(fields);
    site.on_group("PutScalingPolicy", &all).await
}

async fn described(site: &Site, fields: &[(&str, &str)]) -> Answer {
    site.ask(AUTO_SCALING, "DescribePolicies", fields).await.fine()
}

#[tokio::test]
async fn a_policy_has_an_arn_and_two_alarms_and_is_told_as_it_was_written() {
    let site = Site::new();
    let written = put(&site, "cpu", &[CPU, TARGET]).await.fine();
    let alarms = written.texts("AlarmName");
    assert!(alarms[0].starts_with(&format!("TargetTracking-{GROUP}-AlarmHigh-")), "{alarms:?}");
    assert!(alarms[1].starts_with(&format!("TargetTracking-{GROUP}-AlarmLow-")), "{alarms:?}");
    let disabled = ("TargetTrackingConfiguration.DisableScaleIn", "true");
    let target = ("TargetTrackingConfiguration.TargetValue", "600");
    put(&site, "requests", &[REQUESTS, (LABEL, RESOURCE_LABEL), target, disabled]).await.fine();
    let told = described(&site, &[]).await;
    assert_eq!(told.texts("PolicyName"), ["cpu", "requests"]);
    assert_eq!(told.texts("PolicyARN")[0], written.text("PolicyARN"));
    assert_eq!(told.texts("TargetValue"), ["55.0", "600.0"]);
    assert_eq!(told.texts("DisableScaleIn"), ["false", "true"]);
    assert_eq!(told.texts("ResourceLabel"), [RESOURCE_LABEL]);
    assert_eq!(told.texts("Enabled"), ["true"; 2]);
    assert_eq!(told.texts("AlarmARN").len(), 4);
}

#[tokio::test]
async fn names_types_and_pages_choose() {
    let site = Site::new();
    put(&site, "cpu", &[CPU, TARGET]).await.fine();
    put(&site, "requests", &[REQUESTS, (LABEL, RESOURCE_LABEL), TARGET]).await.fine();
    let names = [("PolicyNames.member.1", "requests"), ("PolicyNames.member.2", "unknown")];
    assert_eq!(described(&site, &names).await.texts("PolicyName"), ["requests"]);
    let kind = [("PolicyTypes.member.1", "StepScaling")];
    assert_eq!(described(&site, &kind).await.texts("PolicyName"), [""; 0]);
    let first = described(&site, &[("MaxRecords", "1")]).await;
    let rest =
        described(&site, &[("MaxRecords", "1"), ("NextToken", first.text("NextToken"))]).await;
    assert_eq!([first.text("PolicyName"), rest.text("PolicyName")], ["cpu", "requests"]);
    assert_eq!(rest.texts("NextToken"), [""; 0]);
}

#[tokio::test]
async fn what_aws_refuses_is_refused_in_its_words() {
    let site = Site::new();
    let custom = ("TargetTrackingConfiguration.CustomizedMetricSpecification.MetricName", "x");
    let either = "You should provide either a CustomizedMetricSpecification or a PredefinedMetricSpecification";
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[], "You should provide a TargetTrackingConfiguration"),
        (&[TARGET], either),
        (&[TARGET, CPU, custom], either),
        (
            &[TARGET, REQUESTS],
            "Resource label should be specified for predefined metric type ALBRequestCountPerTarget",
        ),
        (
            &[TARGET, CPU, (LABEL, RESOURCE_LABEL)],
            "Resource label should not be specified for predefined metric type ASGAverageCPUUtilization",
        ),
        (
            &[TARGET, REQUESTS, (LABEL, "app/x/1/targetgroup/y/2")],
            "Invalid resource label 'app/x/1/targetgroup/y/2' for predefined metric type ALBRequestCountPerTarget",
        ),
        (
            &[TARGET, CPU, ("ScalingAdjustment", "1")],
            "ScalingAdjustment are not supported for a TargetTracking policy",
        ),
        (
            &[TARGET, CPU, ("StepAdjustments.member.1.ScalingAdjustment", "1")],
            "StepAdjustments are not supported for a TargetTracking policy",
        ),
    ];
    for (fields, told) in cases {
        put(&site, "a", fields).await.refused("ValidationError", told);
    }
    put(&site, "a", &[CPU, TARGET]).await.fine();
    put(&site, "b", &[CPU, TARGET]).await.refused(
        "ValidationError",
        "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
    );
    assert_eq!(described(&site, &[]).await.texts("PolicyName"), ["a"]);
}

#[tokio::test]
async fn what_the_world_cannot_do_is_not_pretended() {
    let site = Site::new();
    let custom = ("TargetTrackingConfiguration.CustomizedMetricSpecification.MetricName", "x");
    put(&site, "a", &[TARGET, custom]).await.not_simulated("customized metrics");
    put(&site, "a", &[TARGET, (METRIC, "ASGAverageNetworkIn")])
        .await
        .not_simulated("ASGAverageNetworkIn");
    put(&site, "a", &[TARGET, CPU, ("Enabled", "false")]).await.not_simulated("disabled");
    let warm_up = ("EstimatedInstanceWarmup", "60");
    put(&site, "a", &[TARGET, CPU, warm_up]).await.not_simulated("EstimatedInstanceWarmup");
    let simple =
        site.on_group("PutScalingPolicy", &[("PolicyName", "a"), ("ScalingAdjustment", "1")]).await;
    simple.not_simulated("SimpleScaling");
    assert_eq!(described(&site, &[]).await.texts("PolicyName"), [""; 0]);
}

#[tokio::test]
async fn a_policy_is_deleted_by_its_name_or_its_arn() {
    let site = Site::new();
    for by_arn in [false, true] {
        let arn = put(&site, "cpu", &[CPU, TARGET]).await.fine().text("PolicyARN").to_owned();
        let name = if by_arn { &arn } else { "cpu" };
        site.on_group("DeletePolicy", &[("PolicyName", name)]).await.fine();
        assert_eq!(described(&site, &[]).await.texts("PolicyName"), [""; 0]);
    }
    let unknown = site.on_group("DeletePolicy", &[("PolicyName", "cpu")]).await;
    unknown.refused("ValidationError", "PolicyName cpu not found");
}
