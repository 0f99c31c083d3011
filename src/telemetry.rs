//! What the layer says to `tracing`; nothing where the feature is off.

#[cfg(feature = "tracing")]
mod on {
    use std::path::Path;

    use http::StatusCode;

    use crate::{rejection::Rejection, replay::StoreError};

    /// Whether anybody wants to know why a request is refused.
    pub(crate) fn listens() -> bool {
        tracing::enabled!(target: "axum_webhook", tracing::Level::WARN)
    }

    pub(crate) fn refused(rejection: &Rejection) {
        tracing::warn!(
            target: "axum_webhook",
            endpoint = rejection.endpoint(),
            provider = rejection.provider(),
            code = rejection.code(),
            hints = ?rejection.hints(),
            "webhook refused: {rejection}"
        );
    }

    pub(crate) fn unverified(rejection: &Rejection) {
        tracing::warn!(
            target: "axum_webhook",
            endpoint = rejection.endpoint(),
            provider = rejection.provider(),
            code = rejection.code(),
            hints = ?rejection.hints(),
            "webhook would be refused, but `enforce` is off: {rejection}"
        );
    }

    pub(crate) fn duplicate(endpoint: &str, provider: &str) {
        tracing::info!(
            target: "axum_webhook",
            endpoint,
            provider,
            "webhook was handled before; answered as a success"
        );
    }

    pub(crate) fn key_came(endpoint: &str, provider: &str, is_first: bool) {
        if is_first {
            tracing::warn!(
                target: "axum_webhook",
                endpoint,
                provider,
                "an unsigned request brought a key, which was handed on and is not used: see that it is the provider's"
            );
        } else {
            tracing::warn!(
                target: "axum_webhook",
                endpoint,
                provider,
                "another key came after the first one, and was refused: was the first one somebody else's?"
            );
        }
    }

    pub(crate) fn secret_file_changed(path: &Path, kept_because: Option<&str>) {
        let path = path.display();
        match kept_because {
            None => tracing::info!(
                target: "axum_webhook",
                %path,
                "the file of a secret has changed; what it holds now counts from the next request on"
            ),
            Some(reason) => tracing::warn!(
                target: "axum_webhook",
                %path,
                reason,
                "the file of a secret has changed and holds none that can be used; what it held before still counts"
            ),
        }
    }

    pub(crate) fn secrets_not_reread() {
        tracing::warn!(
            target: "axum_webhook",
            "the files of secrets can't be read in time; what they held before counts meanwhile"
        );
    }

    pub(crate) fn failed_open(endpoint: &str, error: &StoreError) {
        tracing::error!(
            target: "axum_webhook",
            endpoint,
            %error,
            "the replay store can't answer, and the endpoint fails open: the delivery is handled unguarded"
        );
    }

    pub(crate) fn not_settled(endpoint: &str, error: Option<&StoreError>) {
        match error {
            Some(error) => tracing::error!(
                target: "axum_webhook",
                endpoint,
                %error,
                "the end of a handler could not be stored; it is tried again as long as the lease runs"
            ),
            None => tracing::warn!(
                target: "axum_webhook",
                endpoint,
                "a handler outlived its lease; another delivery of the event may have been handled"
            ),
        }
    }

    pub(crate) fn settled_late(endpoint: &str, held: bool) {
        tracing::info!(
            target: "axum_webhook",
            endpoint,
            held,
            "the end of a handler reached the replay store late"
        );
    }

    pub(crate) fn not_renewed(endpoint: &str, error: &StoreError) {
        tracing::warn!(
            target: "axum_webhook",
            endpoint,
            %error,
            "the lease of a running handler could not be renewed; it is tried again"
        );
    }

    pub(crate) fn lease_lost(endpoint: &str) {
        tracing::error!(
            target: "axum_webhook",
            endpoint,
            "a running handler has lost its lease; another delivery of the event may be handled beside it"
        );
    }

    pub(crate) fn done_with_client_error(endpoint: &str, status: StatusCode) {
        tracing::warn!(
            target: "axum_webhook",
            endpoint,
            status = status.as_u16(),
            "a handler refused a genuine event; its retries will not be handled"
        );
    }

    pub(crate) fn payload_refused(endpoint: &str, reason: &str) {
        tracing::warn!(
            target: "axum_webhook",
            endpoint,
            reason,
            "a genuine webhook does not have the handler's type"
        );
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use std::path::Path;

    use http::StatusCode;

    use crate::{rejection::Rejection, replay::StoreError};

    pub(crate) const fn listens() -> bool {
        false
    }
    pub(crate) fn refused(_: &Rejection) {}
    pub(crate) fn unverified(_: &Rejection) {}
    pub(crate) fn duplicate(_: &str, _: &str) {}
    pub(crate) fn key_came(_: &str, _: &str, _: bool) {}
    pub(crate) const fn secret_file_changed(_: &Path, _: Option<&str>) {}
    pub(crate) const fn secrets_not_reread() {}
    pub(crate) fn failed_open(_: &str, _: &StoreError) {}
    pub(crate) fn not_settled(_: &str, _: Option<&StoreError>) {}
    pub(crate) fn settled_late(_: &str, _: bool) {}
    pub(crate) fn not_renewed(_: &str, _: &StoreError) {}
    pub(crate) fn lease_lost(_: &str) {}
    pub(crate) fn done_with_client_error(_: &str, _: StatusCode) {}
    pub(crate) fn payload_refused(_: &str, _: &str) {}
}

#[cfg(not(feature = "tracing"))]
pub(crate) use self::off::*;
#[cfg(feature = "tracing")]
pub(crate) use self::on::*;
