//! Which answers of a handler end an event.

use http::StatusCode;

/// What an answer of the handler means for its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The event was handled: its repeats are answered as a success, and not handled.
    Done,
    /// The event was not handled: the provider's retry is.
    Retry,
}

impl Outcome {
    /// What an answer means unless the endpoint says something else.
    ///
    /// 2xx and 3xx end an event. So do most of 4xx, since a retry can't help a
    /// handler that found the event itself wrong. It can help where no handler
    /// judged the event: where a route, a limit or the payload's type stood in the way
    /// (404, 405, 413, 415), which the next release may mend; and where the answer asks
    /// for another try (408, 425, 429, 5xx).
    ///
    /// ```
    /// use axum::http::StatusCode;
    /// use axum_webhook::{Endpoint, Secret, providers, replay::Outcome};
    ///
    /// // Here a 409 says that the order has not arrived yet.
    /// let secret = Secret::new("It's a Secret to Everybody")?;
    /// let endpoint = Endpoint::new(providers::github(), secret)?.with_outcome(|status| match status {
    ///     StatusCode::CONFLICT => Outcome::Retry,
    ///     status => Outcome::of(status),
    /// });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::TOO_EARLY
            | StatusCode::TOO_MANY_REQUESTS => Self::Retry,
            status if status.is_server_error() => Self::Retry,
            _ => Self::Done,
        }
    }
}
