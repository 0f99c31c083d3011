//! What the layer says to `tracing`; nothing where the feature is off.

#[cfg(feature = "tracing")]
mod on {
    use crate::{diagnosis::Diagnosis, rejection::Rejection, replay::StoreError};

    /// Whether anybody wants to know why a request is refused.
    pub(crate) fn listens() -> bool {
        tracing::enabled!(target: "axum_webhook", tracing::Level::WARN)
    }

    /// The sentences of a diagnosis.
    fn said(rejection: &Rejection) -> Vec<&str> {
        let diagnoses = rejection.diagnoses().iter();
        diagnoses.map(Diagnosis::message).collect()
    }

    pub(crate) fn refused(rejection: &Rejection) {
        tracing::warn!(
            target: "axum_webhook",
            endpoint = rejection.endpoint(),
            provider = rejection.provider(),
            code = rejection.code(),
            diagnosis = rejection.diagnoses().first().map(Diagnosis::code),
            hints = ?said(rejection),
            "webhook refused: {rejection}"
        );
    }

    pub(crate) fn unverified(rejection: &Rejection) {
        tracing::warn!(
            target: "axum_webhook",
            endpoint = rejection.endpoint(),
            provider = rejection.provider(),
            code = rejection.code(),
            diagnosis = rejection.diagnoses().first().map(Diagnosis::code),
            hints = ?said(rejection),
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
                "the end of a handler could not be stored; its lease will run out"
            ),
            None => tracing::warn!(
                target: "axum_webhook",
                endpoint,
                "a handler outlived its lease; another delivery of the event may have been handled"
            ),
        }
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
    use crate::{rejection::Rejection, replay::StoreError};

    pub(crate) const fn listens() -> bool {
        false
    }
    pub(crate) fn refused(_: &Rejection) {}
    pub(crate) fn unverified(_: &Rejection) {}
    pub(crate) fn duplicate(_: &str, _: &str) {}
    pub(crate) fn key_came(_: &str, _: &str, _: bool) {}
    pub(crate) fn failed_open(_: &str, _: &StoreError) {}
    pub(crate) fn not_settled(_: &str, _: Option<&StoreError>) {}
    pub(crate) fn payload_refused(_: &str, _: &str) {}
}

#[cfg(not(feature = "tracing"))]
pub(crate) use self::off::*;
#[cfg(feature = "tracing")]
pub(crate) use self::on::*;
