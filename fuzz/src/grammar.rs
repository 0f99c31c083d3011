//! Small texts that an operator writes, of which each has one spelling once it was read.

use axum_webhook::scheme::{JsonPointer, Template};

use super::Outcome;

/// Templates of what is signed, and JSON pointers: what was read is printed as it was written, or is read again as the same.
pub fn template(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else {
        return Outcome::Skipped;
    };
    let (template, pointer) = (text.parse::<Template>(), text.parse::<JsonPointer>());
    let outcome = Outcome::of(template.is_ok() || pointer.is_ok());
    if let Ok(template) = template {
        let printed = template.to_string();
        assert_eq!(printed, text);
        assert_eq!(printed.parse::<Template>().unwrap(), template);
    }
    if let Ok(pointer) = pointer {
        assert_eq!(pointer.to_string(), text);
    }
    outcome
}
