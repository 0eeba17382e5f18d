//! A refusal as the query protocol tells it.

use super::xml::Xml;
use crate::aws;
use crate::report::Chain;
use axum::http::StatusCode;

/// What was refused, and whose fault it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refused {
    /// With AWS's status, code and words.
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// What Auto Scaling says to most of what is wrong.
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// A parameter of RDS that makes no sense.
    pub(super) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameterValue", message)
    }

    /// AWS could do it; the sandbox cannot, and does not pretend.
    pub(super) fn not_simulated(what: &str) -> Self {
        Self::new(501, "NotSimulated", format!("the sandbox does not simulate {what}"))
    }

    /// An operation that the service does not have, or the sandbox does not.
    pub(super) fn invalid_action(action: &str, version: &str) -> Self {
        let told = format!("Could not find operation {action} for version {version}");
        Self::new(400, "InvalidAction", told)
    }

    /// A request that asks for nothing.
    pub(super) fn missing_action() -> Self {
        Self::new(400, "MissingAction", "The request is missing an action or a required parameter.")
    }

    /// The status of the answer.
    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The code, such as `ValidationError`.
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// Why.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Whose fault it is: `Sender` or `Receiver`.
    pub(super) fn fault(&self) -> &'static str {
        if self.status < 500 { "Sender" } else { "Receiver" }
    }

    /// The whole answer.
    pub(super) fn document(&self, request_id: &str) -> String {
        Xml::document("ErrorResponse", None, |xml| {
            xml.within("Error", |xml| {
                xml.text("Type", self.fault());
                xml.text("Code", self.code);
                xml.text("Message", &self.message);
            });
            xml.text("RequestId", request_id);
        })
    }
}

impl From<aws::Error> for Refused {
    fn from(error: aws::Error) -> Self {
        use aws::Error;
        let (status, code, message) = match error {
            Error::Throttled(text) => (400, "Throttling", text),
            Error::Busy(text) => (400, "ScalingActivityInProgress", text),
            Error::AlreadyThere(text) => (400, "AlreadyExists", text),
            Error::Limit(text) => (400, "LimitExceeded", text),
            Error::Invalid(text) | Error::Gone(text) => (400, "ValidationError", text),
            Error::Denied(text) => (403, "AccessDenied", text),
            Error::Other(_) => (500, "InternalFailure", Chain(&error).to_string()),
        };
        Self { status, code, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_sender_and_a_failure_the_receiver() {
        let refused = Refused::from(aws::Error::AlreadyThere("taken".into()));
        let told = "<ErrorResponse><Error><Type>Sender</Type><Code>AlreadyExists</Code>\
            <Message>taken</Message></Error><RequestId>1</RequestId></ErrorResponse>\n";
        assert_eq!((refused.status(), &*refused.document("1")), (StatusCode::BAD_REQUEST, told));
        let failed = Refused::from(aws::Error::Other("disk full".into()));
        assert!(failed.document("1").contains("<Type>Receiver</Type>"));
    }
}
