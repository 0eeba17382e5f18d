//! The door to a real account, through AWS's SDK. One retry layer, the SDK's own, with an end; every read whole or
//! [`Seen::Unknown`]; every write to the account, the group and the names that are ours.

mod actuate;
mod connections;
mod errors;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod fixture;
mod group;
mod guards;
mod pages;
mod policies;
mod scheduled;
#[cfg(test)]
mod tests;
mod written;

pub use guards::Identity;

use super::{Actuate, Error, Observe};
use crate::domain::{
    Action, Clock, Connections, FleetName, Group, ScheduledAction, Seen, TrackingPolicy,
};
use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_autoscaling::config::Credentials;
use chrono::{DateTime, Utc};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use written::Written;

/// Attempts of one call, the first included. A pass is the next attempt anyway.
const ATTEMPTS: u32 = 3;
/// The SDK itself waits for an answer for ever.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// One attempt; a group of hundreds is described in less than a second.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(8);
/// All attempts and the pauses between them: less than the time between two passes.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// What stands in AWS's own logs of our calls.
const APP_NAME: &str = "invigilator";

/// Where a fleet's part of an account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The fleet, by whose name ours is told from others'.
    pub fleet: FleetName,
    /// The account's number, twelve digits.
    pub account: String,
    /// The region, such as `eu-west-1`.
    pub region: String,
    /// The name of the Auto Scaling group.
    pub group: String,
    /// The identifier of the Aurora cluster; without it, nothing is said of connections.
    pub cluster: Option<String>,
    /// The ARN of the target group that decides who is healthy, beside Auto Scaling.
    pub target_group: Option<String>,
    /// The last part of the load balancer's ARN, `app/<name>/<id>`, which counting requests needs.
    pub load_balancer: Option<String>,
}

/// Both hands in a real account.
pub struct Sdk {
    site: Site,
    autoscaling: aws_sdk_autoscaling::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
    elasticloadbalancing: aws_sdk_elasticloadbalancingv2::Client,
    rds: aws_sdk_rds::Client,
    sts: aws_sdk_sts::Client,
    clock: Arc<dyn Clock>,
    written: Mutex<Written>,
    /// When account and group were last found to be right.
    proved: tokio::sync::Mutex<Option<DateTime<Utc>>>,
}

impl Sdk {
    /// Makes the clients, with credentials from where AWS's own programs have them; nothing is asked yet. Another
    /// `endpoint` stands in for every service, and no real credentials are ever sent there.
    pub async fn connect(site: Site, endpoint: Option<&str>, clock: Arc<dyn Clock>) -> Self {
        let config = load(&site.region, endpoint).await;
        let autoscaling = aws_sdk_autoscaling::config::Builder::from(&config);
        let autoscaling = autoscaling.retry_classifier(errors::RateExceeded).build();
        Self {
            site,
            autoscaling: aws_sdk_autoscaling::Client::from_conf(autoscaling),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
            elasticloadbalancing: aws_sdk_elasticloadbalancingv2::Client::new(&config),
            rds: aws_sdk_rds::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            clock,
            written: Mutex::default(),
            proved: tokio::sync::Mutex::default(),
        }
    }

    /// Asks AWS who we are and which group it is; changes nothing.
    ///
    /// # Errors
    /// [`Error::Denied`] where they are not those of the site; else why AWS could not be asked.
    pub async fn identity(&self) -> Result<Identity, Error> {
        guards::identity(self).await
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn load(region: &str, endpoint: Option<&str>) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT);
    // This version or a later one: earlier ones do not try again unless they are told to.
    let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(region.to_owned()))
        .app_name(AppName::new(APP_NAME).expect("letters are a name"))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts.build());
    let loader = match endpoint {
        None => loader,
        Some(url) => loader
            .endpoint_url(url)
            .credentials_provider(Credentials::new("test", "test", None, None, "endpoint")),
    };
    loader.load().await
}

/// What could be read, or why not.
fn seen<T>(read: Result<T, String>) -> Seen<T> {
    read.map_or_else(Seen::Unknown, Seen::Known)
}

#[async_trait]
impl Observe for Sdk {
    async fn group(&self) -> Seen<Group> {
        let read = group::read(self).await;
        seen(read.and_then(|group| self.written().believe_group(group, self.clock.now())))
    }

    async fn scheduled(&self) -> Seen<Vec<ScheduledAction>> {
        let read = scheduled::read(self).await;
        seen(read.and_then(|list| self.written().believe_scheduled(list, self.clock.now())))
    }

    async fn policies(&self) -> Seen<Vec<TrackingPolicy>> {
        seen(policies::read(self).await)
    }

    async fn connections(&self) -> Seen<Connections> {
        match &self.site.cluster {
            Some(cluster) => seen(connections::read(self, cluster).await),
            None => Seen::Absent,
        }
    }
}

#[async_trait]
impl Actuate for Sdk {
    async fn apply(&self, action: &Action) -> Result<(), Error> {
        guards::own_names(&self.site, action)?;
        guards::prove(self).await?;
        actuate::perform(self, action).await
    }
}
