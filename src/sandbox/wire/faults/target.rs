//! Which requests a fault hits.

use crate::sandbox::wire::catalogue;

/// A service and an operation; what is `None` is any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Target {
    pub(super) service: Option<String>,
    /// A `*` at its end stands for any rest.
    pub(super) operation: Option<String>,
}

impl Target {
    /// Reads a target, which must name something that the sandbox has and that `fits`.
    ///
    /// # Errors
    /// One sentence: what is not there, and what is.
    pub(super) fn read(
        service: Option<String>,
        operation: Option<String>,
        fits: impl Fn(&str) -> bool,
    ) -> Result<Self, String> {
        let target = Self { service, operation };
        if catalogue()
            .any(|(service, operation)| target.names(service, operation) && fits(operation))
        {
            return Ok(target);
        }
        let Self { service, operation } = target;
        if let Some(service) = service.as_deref().filter(|service| !is_service(service)) {
            let mut services: Vec<_> = catalogue().map(|(service, _)| service).collect();
            services.dedup();
            return Err(format!(
                "there is no service {service:?}; choose one of {}",
                services.join(", ")
            ));
        }
        let of = service.map(|service| format!(" of {service}")).unwrap_or_default();
        Err(match operation {
            Some(operation) => format!(
                "the sandbox has no operation {operation:?}{of} that this fault can hit; write one as AWS does, or its \
                 beginning and a *"
            ),
            None => format!("the sandbox has no operation{of} that this fault can hit"),
        })
    }

    /// Whether a request is meant.
    pub(super) fn names(&self, service: &str, operation: &str) -> bool {
        let is_operation = |pattern: &str| match pattern.strip_suffix('*') {
            Some(beginning) => operation.starts_with(beginning),
            None => operation == pattern,
        };
        self.service.as_deref().is_none_or(|own| own == service)
            && self.operation.as_deref().is_none_or(is_operation)
    }
}

fn is_service(name: &str) -> bool {
    catalogue().any(|(service, _)| service == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(service: Option<&str>, operation: Option<&str>) -> Result<Target, String> {
        Target::read(service.map(str::to_owned), operation.map(str::to_owned), |_| true)
    }

    #[test]
    fn a_beginning_names_all_that_begin_so_and_a_name_only_itself() {
        let beginning = read(None, Some("Describe*")).unwrap();
        assert!(beginning.names("rds", "DescribeDBClusters"));
        assert!(!beginning.names("autoscaling", "DeletePolicy"));
        let policies = read(Some("autoscaling"), Some("DeletePolicy")).unwrap();
        assert!(policies.names("autoscaling", "DeletePolicy"));
        assert!(!policies.names("rds", "DeletePolicy"));
        assert!(!policies.names("autoscaling", "DeletePolicyNow"));
        assert!(read(None, None).unwrap().names("sts", "GetCallerIdentity"));
    }

    #[test]
    fn what_would_hit_nothing_is_refused() {
        let told = read(Some("ec2"), None).unwrap_err();
        assert!(told.contains("\"ec2\"") && told.contains("autoscaling, sts, rds"), "{told}");
        for (service, operation) in
            [(None, "DescribeGroups"), (Some("rds"), "DescribePolicies"), (None, "describe*")]
        {
            let told = read(service, Some(operation)).unwrap_err();
            assert!(told.contains(operation), "{told}");
        }
        let listings = |operation: &str| operation.starts_with("Describe");
        assert!(Target::read(Some("sts".into()), None, listings).is_err());
    }
}
