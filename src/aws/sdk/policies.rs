//! Scaling policies: reading all of them, and the whole of ours as the API takes it.

use super::{Sdk, Site, errors, pages};
use crate::aws::Error;
use crate::domain::{Share, Tracking, TrackingPolicy};
use aws_sdk_autoscaling::types::{
    MetricType, PredefinedMetricSpecification, ScalingPolicy, TargetTrackingConfiguration,
};
use std::num::NonZeroU32;

/// How the API calls a target-tracking policy.
pub(super) const TYPE: &str = "TargetTrackingScaling";
/// The most that `DescribePolicies` gives at once.
const PER_PAGE: i32 = 100;
/// Shares are told to nine digits, so that what is written reads back as the same number.
const DIGITS: f64 = 1e9;

/// All policies of the group, ours and foreign.
pub(super) async fn read(sdk: &Sdk) -> Result<Vec<TrackingPolicy>, String> {
    const CALL: &str = "DescribePolicies";
    let page = |token| {
        let request = sdk.autoscaling.describe_policies().auto_scaling_group_name(&sdk.site.group);
        let request = request.max_records(PER_PAGE).set_next_token(token);
        async move {
            let answer = request.send().await.map_err(|error| errors::classify(CALL, &error))?;
            Ok((answer.scaling_policies, answer.next_token))
        }
    };
    let described = pages::all(CALL, page).await.map_err(|error| error.to_string())?;
    described.iter().map(|policy| self::policy(&sdk.site, policy)).collect()
}

fn policy(site: &Site, described: &ScalingPolicy) -> Result<TrackingPolicy, String> {
    let name = described.policy_name().ok_or("AWS lists a policy without a name")?;
    let kind =
        described.policy_type().ok_or_else(|| format!("policy {name} comes without a type"))?;
    let (tracking, scale_in_disabled) = if kind == TYPE {
        let configuration = described
            .target_tracking_configuration()
            .ok_or_else(|| format!("policy {name} comes without what it tracks"))?;
        let enabled = described.enabled() != Some(false);
        let tracking = tracking(site, configuration).filter(|_| enabled);
        (tracking.unwrap_or(Tracking::Other), configuration.disable_scale_in() == Some(true))
    } else {
        (Tracking::Other, false)
    };
    Ok(TrackingPolicy { name: name.to_owned(), tracking, scale_in_disabled })
}

/// What a configuration watches, if it is one of the metrics that we know, of this site's own load balancer.
fn tracking(site: &Site, configuration: &TargetTrackingConfiguration) -> Option<Tracking> {
    let metric = configuration.predefined_metric_specification()?;
    let target = configuration.target_value()?;
    match metric.predefined_metric_type()?.as_str() {
        "ASGAverageCPUUtilization" if 0.0 < target => {
            let share = Share::new((target * DIGITS / 100.0).round() / DIGITS).ok()?;
            Some(Tracking::Cpu(share))
        }
        "ALBRequestCountPerTarget" if metric.resource_label() == label(site).as_deref() => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "what does not come back the same is not taken"
            )]
            let count = target as u32;
            let whole = f64::from(count).total_cmp(&target).is_eq();
            NonZeroU32::new(count).filter(|_| whole).map(Tracking::Requests)
        }
        _ => None,
    }
}

/// `app/<load balancer>/<id>/targetgroup/<target group>/<id>`, if both are configured.
fn label(site: &Site) -> Option<String> {
    let target_group = site.target_group.as_deref()?.rsplit(':').next()?;
    Some(format!("{}/{target_group}", site.load_balancer.as_deref()?))
}

/// What ours tracks, all of it: a policy is always written as a whole.
pub(super) fn configuration(
    site: &Site,
    policy: &TrackingPolicy,
) -> Result<TargetTrackingConfiguration, Error> {
    let TrackingPolicy { name, tracking, scale_in_disabled } = policy;
    let metric = PredefinedMetricSpecification::builder();
    let (metric, target) = match tracking {
        Tracking::Cpu(share) => (
            metric.predefined_metric_type(MetricType::AsgAverageCpuUtilization),
            (share.fraction() * DIGITS).round() / (DIGITS / 100.0),
        ),
        Tracking::Requests(count) => {
            let label = label(site).ok_or_else(|| {
                Error::Invalid(format!(
                    "policy {name} would count requests; name load_balancer and target_group_arn in [fleet.aws]"
                ))
            })?;
            let metric = metric.predefined_metric_type(MetricType::AlbRequestCountPerTarget);
            (metric.resource_label(label), f64::from(count.get()))
        }
        Tracking::Other => {
            return Err(Error::Invalid(format!("policy {name} watches nothing that ours watch")));
        }
    };
    Ok(TargetTrackingConfiguration::builder()
        .predefined_metric_specification(metric.build())
        .target_value(target)
        .disable_scale_in(*scale_in_disabled)
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::sdk::fixture::{site, with};
    use proptest::prelude::*;

    fn ours(tracking: Tracking) -> TrackingPolicy {
        let name = "invigilator-moodle-tracking".into();
        TrackingPolicy { name, tracking, scale_in_disabled: true }
    }

    fn described(policy: &TrackingPolicy) -> ScalingPolicy {
        ScalingPolicy::builder()
            .policy_name(&policy.name)
            .policy_type(TYPE)
            .enabled(true)
            .target_tracking_configuration(configuration(&site(), policy).unwrap())
            .build()
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(millionths in 1..=1_000_000_u32, requests in 1..u32::MAX) {
            let share = Share::new(f64::from(millionths) / 1e6).unwrap();
            for tracking in [Tracking::Cpu(share), Tracking::Requests(requests.try_into().unwrap())] {
                let policy = ours(tracking);
                prop_assert_eq!(super::policy(&site(), &described(&policy)), Ok(policy));
            }
        }
    }

    #[test]
    fn requests_are_counted_at_this_sites_load_balancer() {
        let policy = ours(Tracking::Requests(600.try_into().unwrap()));
        let sent = configuration(&site(), &policy).unwrap();
        let label =
            sent.predefined_metric_specification().and_then(|metric| metric.resource_label());
        assert_eq!(label, Some("app/moodle/50dc6c495c0c9188/targetgroup/web/943f017f100becff"));
        let bare = Site { load_balancer: None, ..site() };
        let told = configuration(&bare, &policy).unwrap_err().to_string();
        assert!(told.contains("load_balancer"), "{told}");
        let elsewhere = Site { load_balancer: Some("app/other/1".into()), ..site() };
        let seen = super::policy(&elsewhere, &described(&policy)).unwrap();
        assert_eq!(seen.tracking, Tracking::Other, "so it is written again with the right label");
    }

    #[test]
    fn every_other_policy_is_seen_as_something_else() {
        let step = ScalingPolicy::builder().policy_name("step").policy_type("StepScaling").build();
        let network = PredefinedMetricSpecification::builder()
            .predefined_metric_type(MetricType::AsgAverageNetworkIn)
            .build();
        let network = TargetTrackingConfiguration::builder()
            .predefined_metric_specification(network)
            .target_value(1e6)
            .disable_scale_in(true);
        let network = ScalingPolicy::builder()
            .policy_name("network")
            .policy_type(TYPE)
            .target_tracking_configuration(network.build())
            .build();
        let off = with(described(&ours(Tracking::Cpu(Share::new(0.5).unwrap()))), |one| {
            one.enabled = Some(false)
        });
        for (foreign, disabled) in [(step, false), (network, true), (off, true)] {
            let seen = policy(&site(), &foreign).unwrap();
            assert_eq!((seen.tracking, seen.scale_in_disabled), (Tracking::Other, disabled));
        }
    }

    #[test]
    fn a_policy_that_lacks_its_name_type_or_configuration_is_not_believed() {
        let whole = described(&ours(Tracking::Cpu(Share::new(0.5).unwrap())));
        for bad in [
            with(whole.clone(), |one| one.policy_name = None),
            with(whole.clone(), |one| one.policy_type = None),
            with(whole, |one| one.target_tracking_configuration = None),
        ] {
            assert!(policy(&site(), &bad).is_err());
        }
    }
}
