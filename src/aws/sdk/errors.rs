//! What AWS refuses with, sorted by what the caller can do: the one place that knows codes of errors.
//!
//! Codes and statuses are those of the services' models and of what is seen in the field: much of what EC2 Auto
//! Scaling answers (`ValidationError`, `Throttling`, `RateExceeded`) is in no model, so the text of the code decides.

use crate::aws::Error;
use crate::report::Chain;
use aws_sdk_autoscaling::config::interceptors::InterceptorContext;
use aws_sdk_autoscaling::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_autoscaling::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_autoscaling::operation::RequestId as _;
use memchr::memmem;

/// The name by which the API reference of EC2 Auto Scaling calls being throttled, as it stands in an answer. The SDK
/// does not know it.
const RATE_EXCEEDED: &[u8] = b"<Code>RateExceeded</Code>";

/// Why a call failed; `call` names it.
pub(super) fn classify<E>(call: &str, error: &SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let text = format!("{call}: {}", Chain(error));
    match error {
        SdkError::ServiceError(refusal) => {
            let (meta, status) = (refusal.err().meta(), refusal.raw().status().as_u16());
            let Some(code) = meta.code() else { return by_status(status, text) };
            let message = meta.message().unwrap_or("without a reason");
            let request = error.request_id().or_else(|| meta.request_id()).unwrap_or("unknown");
            let text = format!("{call}: {code}: {message} (request {request})");
            by_code(code, message, text).unwrap_or_else(|text| by_status(status, text))
        }
        SdkError::TimeoutError(_) => Error::Throttled(text),
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
            Error::Throttled(text)
        }
        // It failed before anything was sent, and not for the network's sake: there are no credentials.
        SdkError::DispatchFailure(_) => Error::Denied(text),
        SdkError::ResponseError(answer) => by_status(answer.raw().status().as_u16(), text),
        SdkError::ConstructionFailure(_) => Error::Invalid(text),
        _ => Error::Other(text),
    }
}

/// The error that a code stands for, or the text again where the code is not known.
pub(super) fn by_code(code: &str, message: &str, text: String) -> Result<Error, String> {
    Ok(match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RateExceeded"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "EC2ThrottledException"
        | "SlowDown"
        | "PriorRequestNotComplete"
        | "RequestTimeout"
        | "RequestTimeoutException"
        | "ServiceUnavailable"
        | "InternalFailure"
        | "InternalServiceFault"
        | "InternalError" => Error::Throttled(text),
        "ResourceContention"
        | "ScalingActivityInProgress"
        | "InstanceRefreshInProgress"
        | "ResourceInUse" => Error::Busy(text),
        "AlreadyExists" => Error::AlreadyThere(text),
        "LimitExceeded" | "LimitExceededException" => Error::Limit(text),
        // "AutoScalingGroup name not found - null", "Scheduled action name not found".
        "ValidationError" if message.contains("name not found") => Error::Gone(text),
        "ValidationError"
        | "InvalidParameterValue"
        | "InvalidParameterCombination"
        | "InvalidNextToken"
        | "MissingParameter"
        | "MissingRequiredParameter"
        | "UnsupportedOperation" => Error::Invalid(text),
        "DBClusterNotFoundFault"
        | "DBInstanceNotFound"
        | "DBParameterGroupNotFound"
        | "TargetGroupNotFound"
        | "LoadBalancerNotFound" => Error::Gone(text),
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "OptInRequired"
        | "NotAuthorized" => Error::Denied(text),
        _ => return Err(text),
    })
}

/// Where there is no code that anybody knows, as a proxy or an overloaded service answers.
fn by_status(status: u16, text: String) -> Error {
    let text = format!("{text} (HTTP {status})");
    match status {
        429 | 500..=599 => Error::Throttled(text),
        401 | 403 => Error::Denied(text),
        _ => Error::Other(text),
    }
}

/// Has the SDK try again where EC2 Auto Scaling says `RateExceeded`.
#[derive(Debug)]
pub(super) struct RateExceeded;

impl ClassifyRetry for RateExceeded {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let refused = context.response().filter(|answer| !answer.status().is_success());
        let body = refused.and_then(|answer| answer.body().bytes());
        match body.and_then(|body| memmem::find(body, RATE_EXCEEDED)) {
            Some(_) => RetryAction::throttling_error(),
            None => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "EC2 Auto Scaling's RateExceeded"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::sdk::fake::{Answer, Fake, refusal};
    use crate::aws::sdk::fixture::{CLOSED, sdk};

    async fn refused(answer: Answer) -> (Error, usize) {
        let fake = Fake::start(move |_| answer.clone());
        let sdk = sdk(&fake.url).await;
        let sent =
            sdk.autoscaling.update_auto_scaling_group().auto_scaling_group_name("web").send();
        let error = classify("UpdateAutoScalingGroup", &sent.await.unwrap_err());
        (error, fake.requests().len())
    }

    /// Status, code, message, and what they become.
    type Case = (u16, &'static str, &'static str, fn(String) -> Error);

    #[tokio::test]
    async fn bodies_as_aws_sends_them_become_what_the_caller_can_do() {
        let cases: [Case; 9] = [
            (400, "ValidationError", "AutoScalingGroup name not found - null", Error::Gone),
            (400, "ValidationError", "Given start time is in the past", Error::Invalid),
            (400, "ScalingActivityInProgress", "Scaling activity 1 is in progress", Error::Busy),
            (400, "AlreadyExists", "this scheduled start time already exists", Error::AlreadyThere),
            (400, "LimitExceeded", "You have reached the limit", Error::Limit),
            (403, "AccessDenied", "User: x is not authorized to perform: y", Error::Denied),
            (403, "ExpiredToken", "The security token is expired", Error::Denied),
            (403, "SomethingNew", "nobody knows it", Error::Denied),
            (400, "SomethingNew", "nobody knows it", Error::Other),
        ];
        for (status, code, message, kind) in cases {
            let (error, requests) = refused(refusal(status, code, message)).await;
            let text = error.to_string();
            let wanted = kind(String::new());
            assert_eq!(
                std::mem::discriminant(&error),
                std::mem::discriminant(&wanted),
                "{error:?}"
            );
            assert!(text.contains(code) && text.contains(message), "{text}");
            assert_eq!(requests, 1, "{code} is not tried again at once");
        }
    }

    #[tokio::test]
    async fn what_passes_by_itself_is_tried_three_times_and_told_as_patience() {
        let page = "<html><body>Bad Gateway</body></html>";
        for answer in [
            refusal(400, "Throttling", "Rate exceeded"),
            refusal(400, "RateExceeded", "Rate exceeded"),
            Answer { status: 502, body: page.into(), headers: vec![] },
        ] {
            let (error, requests) = refused(answer).await;
            assert!(matches!(error, Error::Throttled(_)), "{error:?}");
            assert_eq!(requests, 3);
        }
        let (error, requests) = refused(refusal(500, "ResourceContention", "pending update")).await;
        assert!(matches!(error, Error::Busy(_)) && requests == 3, "{error:?}");
    }

    #[tokio::test]
    async fn nobody_listening_is_patience_and_no_credentials_are_a_persons_matter() {
        let sdk = sdk(CLOSED).await;
        let refused = sdk.autoscaling.describe_policies().send().await.unwrap_err();
        assert!(matches!(classify("x", &refused), Error::Throttled(_)), "{refused:?}");
        let bare = aws_sdk_autoscaling::Config::builder()
            .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new("eu-west-1"))
            .endpoint_url(CLOSED);
        let client = aws_sdk_autoscaling::Client::from_conf(bare.build());
        let refused = client.describe_policies().send().await.unwrap_err();
        assert!(matches!(classify("x", &refused), Error::Denied(_)), "{refused:?}");
    }
}
