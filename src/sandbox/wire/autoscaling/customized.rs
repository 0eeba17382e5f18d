//! Customized metrics of target tracking, which the sandbox does not have: what AWS would refuse is still refused first.

use crate::sandbox::wire::form::Form;
use crate::sandbox::wire::refusal::Refused;
use std::collections::BTreeSet;

/// Fields of one metric, which do not go with a list of several.
const OF_ONE_METRIC: [&str; 6] =
    ["Dimensions", "MetricName", "Namespace", "Statistic", "Unit", "Period"];
/// The longest period of a metric, in seconds.
const LONGEST_PERIOD: i64 = 60;

/// What is said to a `CustomizedMetricSpecification`: AWS's refusal, or else that it is not simulated.
pub(super) fn refusal(mut specification: Form) -> Refused {
    match check(&mut specification) {
        Ok(()) => Refused::not_simulated("customized metrics"),
        Err(refused) => refused,
    }
}

fn check(specification: &mut Form) -> Result<(), Refused> {
    let queries = specification.forms("Metrics", "member");
    if queries.is_empty() {
        return match specification.value::<i64>("Period")? {
            Some(period) if LONGEST_PERIOD < period => {
                Err(Refused::validation("A metric period greater than 60 isn't supported"))
            }
            Some(_) | None => Ok(()),
        };
    }
    if OF_ONE_METRIC.into_iter().any(|field| specification.has(field)) {
        return Err(Refused::validation(format!(
            "A customized metric specification with 'Metrics' specified cannot have any of ['{}'] specified as well",
            OF_ONE_METRIC.join("', '")
        )));
    }
    let (mut returning, mut periods) = (0, BTreeSet::new());
    for mut query in queries {
        const EXCLUSIVE: &str =
            "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive";
        match (query.has("Expression"), query.inside("MetricStat")) {
            (true, Some(_)) => {
                let told = format!("{EXCLUSIVE} and you have specified both");
                return Err(Refused::validation(told));
            }
            (false, None) => return Err(Refused::validation(EXCLUSIVE)),
            (true, None) => {}
            (false, Some(mut metric)) => periods.extend(metric.value::<i64>("Period")?),
        }
        returning += u32::from(query.value("ReturnData")?.unwrap_or(true));
    }
    if 1 < periods.len() {
        let told = "All metrics in the alarm should have the same period";
        return Err(Refused::validation(told));
    }
    if returning != 1 {
        let told = "Exactly one element of the metrics list should return data";
        return Err(Refused::validation(told));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_refuses_is_told_before_what_is_not_simulated() {
        let stat = "Metrics.member.1.MetricStat.Stat=Sum";
        let hidden = "Metrics.member.2.MetricStat.Stat=Sum&Metrics.member.2.ReturnData=false";
        for (form, told) in [
            ("MetricName=x&Period=10".to_owned(), "customized metrics"),
            ("MetricName=x&Period=300".into(), "period greater than 60 isn't supported"),
            (format!("{stat}&Namespace=x"), "cannot have any of ['Dimensions', 'MetricName'"),
            (format!("{stat}&Metrics.member.1.Expression=m"), "you have specified both"),
            ("Metrics.member.1.Id=m".into(), "are mutually exclusive"),
            (format!("{stat}&{hidden}"), "customized metrics"),
            (format!("{stat}&Metrics.member.1.ReturnData=false"), "Exactly one element"),
            (
                format!(
                    "{stat}&{hidden}&Metrics.member.1.MetricStat.Period=10&Metrics.member.2.MetricStat.Period=30"
                ),
                "the same period",
            ),
        ] {
            let refused = refusal(Form::parse(form.as_bytes()));
            assert!(refused.message().contains(told), "{form}: {}", refused.message());
        }
    }
}
