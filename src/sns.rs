//! What AWS SNS signs: some fields of the JSON body, with their names.

use std::borrow::Cow;

use crate::{
    incoming::ReadError,
    json,
    scheme::{JsonPointer, Locate},
    verify::VerifyError,
};

// ref: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
const NOTIFICATION: [&str; 6] = [
    "Message",
    "MessageId",
    "Subject",
    "Timestamp",
    "TopicArn",
    "Type",
];
const CONFIRMATION: [&str; 7] = [
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
];

/// Whether the value at `at` is signed in every kind of message.
pub(crate) fn signs(at: &Locate) -> bool {
    let Locate::Json(pointer) = at else {
        return false;
    };
    let mut steps = pointer.steps();
    match (steps.next(), steps.next()) {
        (Some(name), None) => NOTIFICATION
            .iter()
            .any(|field| *field == name && CONFIRMATION.contains(field)),
        _ => false,
    }
}

/// The listed fields of the body, each as its name and its value, with a line feed behind both.
///
/// Only the message itself may have a line feed in it: with two such values, one signed text could
/// be read as several messages.
pub(crate) fn content(body: &[u8]) -> Result<Vec<u8>, VerifyError> {
    let kind = field(body, "Type")?;
    let fields = match kind.as_deref() {
        Some("Notification") => &NOTIFICATION[..],
        Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => &CONFIRMATION[..],
        _ => return Err(malformed("Type")),
    };
    let mut content = Vec::new();
    for name in fields {
        let Some(value) = field(body, name)? else {
            if *name == "Subject" {
                continue;
            }
            return Err(VerifyError::Missing {
                name: (*name).to_owned(),
                at: format!("json /{name}"),
            });
        };
        if *name != "Message" && value.contains('\n') {
            return Err(malformed(name));
        }
        content.extend([name.as_bytes(), b"\n", value.as_bytes(), b"\n"].concat());
    }
    Ok(content)
}

/// A field that is a text; `None` where it is missing or null.
fn field<'a>(body: &'a [u8], name: &str) -> Result<Option<Cow<'a, str>>, VerifyError> {
    let pointer = JsonPointer::literal(&format!("/{name}"));
    let read = |error| VerifyError::read(name, &Locate::Json(pointer.clone()), error);
    let root = json::root(body).map_err(read)?;
    match json::at(root, &pointer) {
        Ok("null") | Err(ReadError::Missing) => return Ok(None),
        Ok(raw) if raw.starts_with('"') => {}
        Ok(_) => return Err(malformed(name)),
        Err(error) => return Err(read(error)),
    }
    json::value(body, &pointer).map(Some).map_err(read)
}

fn malformed(name: &str) -> VerifyError {
    VerifyError::Malformed {
        name: name.to_owned(),
        at: format!("json /{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = r#""MessageId":"m","Timestamp":"t","TopicArn":"a","Type":"Notification""#;

    #[track_caller]
    fn check(body: &str, wanted: &str) {
        let content = content(body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!(String::from_utf8_lossy(&content), wanted, "{body}");
    }

    #[track_caller]
    fn refuse(body: &str) {
        assert!(content(body.as_bytes()).is_err(), "{body}");
    }

    #[test]
    fn the_fields_of_a_notification_are_signed_with_their_names() {
        let rest = "MessageId\nm\nTimestamp\nt\nTopicArn\na\nType\nNotification\n";
        let plain = format!("Message\nhi\n{rest}");
        check(&format!(r#"{{"Message":"hi",{NOTE}}}"#), &plain);
        check(
            &format!(r#"{{{NOTE},"Subject":null,"Message":"hi","Token":"x"}}"#),
            &plain,
        );
        check(
            &format!(r#"{{"Message":"a\nb\u00e9\"","Subject":"s",{NOTE}}}"#),
            "Message\na\nbé\"\nMessageId\nm\nSubject\ns\nTimestamp\nt\nTopicArn\na\nType\nNotification\n",
        );
    }

    #[test]
    fn a_confirmation_has_fields_of_its_own() {
        let body = r#"{"Type":"SubscriptionConfirmation","MessageId":"m","Token":"k","TopicArn":"a",
            "Message":"hi","SubscribeURL":"u","Timestamp":"t","Subject":"not signed here"}"#;
        check(
            body,
            "Message\nhi\nMessageId\nm\nSubscribeURL\nu\nTimestamp\nt\nToken\nk\nTopicArn\na\nType\nSubscriptionConfirmation\n",
        );
    }

    #[test]
    fn what_could_be_read_two_ways_is_refused() {
        refuse(&format!(r#"{{"Message":"hi","Message":"ho",{NOTE}}}"#));
        refuse(&format!(r#"{{"Message":"hi","\u004dessage":"ho",{NOTE}}}"#));
        refuse(&format!(
            r#"{{"Message":"hi","Subject":"a\nMessageId\nn",{NOTE}}}"#
        ));
        refuse(&format!(r#"{{"Message":1,{NOTE}}}"#));
        refuse(&format!(r#"{{"Message":null,{NOTE}}}"#));
        refuse(&format!("{{{NOTE}}}"));
        refuse(r#"{"Message":"hi","MessageId":"m","Timestamp":"t","TopicArn":"a","Type":"Other"}"#);
        refuse(r#"{"Message":"hi","MessageId":"m","Timestamp":"t","TopicArn":"a"}"#);
        refuse("not json");
    }
}
