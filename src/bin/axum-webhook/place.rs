//! What stands where in a request.

use axum_webhook::scheme::{Locate, MediaType, Scheme, Shape};

/// The kind of a body, as its content type says.
fn media_type(content_type: &str) -> Option<MediaType> {
    let essence = content_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-www-form-urlencoded" => Some(MediaType::Form),
        "application/json" => Some(MediaType::Json),
        other if other.ends_with("+json") => Some(MediaType::Json),
        _ => None,
    }
}

/// The shape in which a body of this type is signed.
pub(crate) fn shape<'s>(scheme: &'s Scheme, content_type: &str) -> Option<&'s Shape> {
    let kind = media_type(content_type);
    let mut shapes = scheme.shapes.iter();
    shapes
        .find(|shape| shape.when.content_type == kind)
        .or_else(|| scheme.shapes.first())
}

/// Whether it stands outside the body.
pub(crate) const fn is_elsewhere(at: &Locate) -> bool {
    matches!(
        at,
        Locate::Header(_)
            | Locate::Headers(_)
            | Locate::Item(_)
            | Locate::Query(_)
            | Locate::Claim(_)
    )
}
