//! Small texts that an operator writes, of which each has one spelling once it was read.

use axum_webhook::scheme::{JsonPointer, Template};

/// Templates of what is signed, and JSON pointers: what was read is printed as it was written, or is read again as the same.
pub fn template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(template) = text.parse::<Template>() {
        let printed = template.to_string();
        assert_eq!(printed, text);
        assert_eq!(printed.parse::<Template>().unwrap(), template);
    }
    if let Ok(pointer) = text.parse::<JsonPointer>() {
        assert_eq!(pointer.to_string(), text);
    }
}
