//! What is told to `tracing`; nothing where the feature is off.

#[cfg(feature = "tracing")]
mod on {
    use std::path::Path;

    use tracing::{
        Instrument as _, Level, Span, field::Empty, instrument::Instrumented,
        level_filters::LevelFilter,
    };

    use crate::{
        Diagnosis,
        rejection::Rejection,
        telemetry::{Event, Settlement, StoreStep},
        tenant::Tenant,
    };

    const TARGET: &str = "axum_webhook";
    const SPAN: &str = "webhook";

    /// Whether anybody wants to hear anything.
    #[inline]
    pub(in super::super) fn hears() -> bool {
        LevelFilter::current() != LevelFilter::OFF
    }

    /// Whether anybody wants to know why a request is refused.
    pub(crate) fn listens() -> bool {
        tracing::enabled!(target: "axum_webhook", Level::WARN)
    }

    /// Whether anybody wants to know what the checks took.
    pub(crate) fn measures() -> bool {
        tracing::enabled!(target: "axum_webhook", Level::INFO)
    }

    /// A future in the span of its request.
    pub(crate) type InSpan<F> = Instrumented<F>;

    /// Runs `pipeline` in the span of its request.
    pub(crate) fn in_span<F: Future>(pipeline: F) -> InSpan<F> {
        pipeline.instrument(tracing::info_span!(
            target: "axum_webhook",
            "webhook",
            endpoint = Empty,
            provider = Empty,
            tenant = Empty,
            outcome = Empty,
            reason = Empty,
            key_id = Empty,
            skew_seconds = Empty,
            body_bytes = Empty,
            verify_micros = Empty,
            status = Empty,
            settled = Empty,
        ))
    }

    /// The span of the request, where it is the one that we are in.
    fn span() -> Option<Span> {
        let span = Span::current();
        let is_ours = span
            .metadata()
            .is_some_and(|metadata| metadata.target() == TARGET && metadata.name() == SPAN);
        is_ours.then_some(span)
    }

    fn end(endpoint: Option<&str>, provider: Option<&str>, outcome: &str, reason: Option<&str>) {
        if let Some(span) = span() {
            span.record("endpoint", endpoint);
            span.record("provider", provider);
            span.record("outcome", outcome);
            span.record("reason", reason);
        }
    }

    /// Says whose request it is, once that is known.
    fn name(tenant: Option<&Tenant>) {
        if let (Some(span), Some(tenant)) = (span(), tenant) {
            span.record("tenant", tenant.as_str());
        }
    }

    /// The codes and the sentences of a diagnosis, each on one line.
    fn said(rejection: &Rejection) -> (&str, Vec<&str>) {
        let diagnoses = rejection.diagnoses();
        let code = diagnoses.first().map_or("none", |first| first.code());
        (code, diagnoses.iter().map(Diagnosis::message).collect())
    }

    pub(in super::super) fn emit(event: &Event<'_>) {
        if !hears() {
            return;
        }
        match event {
            Event::Refused(rejection) => {
                end(
                    rejection.endpoint(),
                    rejection.provider(),
                    "refused",
                    Some(rejection.code()),
                );
                name(rejection.tenant());
                let (diagnosis, hints) = said(rejection);
                tracing::warn!(
                    target: "axum_webhook",
                    endpoint = rejection.endpoint(),
                    provider = rejection.provider(),
                    tenant = rejection.tenant().map(Tenant::as_str),
                    code = rejection.code(),
                    diagnosis,
                    ?hints,
                    "webhook refused: {rejection}"
                );
            }
            Event::WouldBeRefused(rejection) => {
                end(
                    rejection.endpoint(),
                    rejection.provider(),
                    "would-be-refused",
                    Some(rejection.code()),
                );
                name(rejection.tenant());
                let (diagnosis, hints) = said(rejection);
                tracing::warn!(
                    target: "axum_webhook",
                    endpoint = rejection.endpoint(),
                    provider = rejection.provider(),
                    tenant = rejection.tenant().map(Tenant::as_str),
                    code = rejection.code(),
                    diagnosis,
                    ?hints,
                    "webhook would be refused, but `enforce` is off: {rejection}"
                );
            }
            Event::Verified(verified) => {
                let micros = u64::try_from(verified.verify_time.as_micros()).unwrap_or(u64::MAX);
                name(verified.tenant);
                if let Some(span) = span() {
                    span.record("endpoint", verified.endpoint);
                    span.record("provider", verified.provider);
                    span.record("key_id", verified.key_id);
                    span.record("skew_seconds", verified.skew_seconds);
                    span.record("body_bytes", verified.body_bytes);
                    span.record("verify_micros", micros);
                }
                tracing::debug!(
                    target: "axum_webhook",
                    endpoint = verified.endpoint,
                    provider = verified.provider,
                    tenant = verified.tenant.map(Tenant::as_str),
                    key_id = verified.key_id,
                    skew_seconds = verified.skew_seconds,
                    body_bytes = verified.body_bytes,
                    verify_micros = micros,
                    "webhook verified"
                );
            }
            Event::Replayed { endpoint, provider } => tracing::warn!(
                target: "axum_webhook",
                endpoint,
                provider,
                "the operator hands a webhook to its handler once more"
            ),
            Event::Answered { endpoint, provider } => {
                end(Some(endpoint), Some(provider), "answered", None);
                tracing::info!(
                    target: "axum_webhook",
                    endpoint,
                    provider,
                    "a question of the provider was answered"
                );
            }
            Event::Duplicate { endpoint, provider } => {
                end(Some(endpoint), Some(provider), "duplicate", None);
                tracing::info!(
                    target: "axum_webhook",
                    endpoint,
                    provider,
                    "webhook was handled before; answered as a success"
                );
            }
            Event::Handled(handled) => {
                let status = handled.status.as_u16();
                let settled = handled.settlement.name();
                end(
                    Some(handled.endpoint),
                    Some(handled.provider),
                    "handled",
                    None,
                );
                if let Some(span) = span() {
                    span.record("status", status);
                    span.record("settled", settled);
                }
                tracing::debug!(
                    target: "axum_webhook",
                    endpoint = handled.endpoint,
                    provider = handled.provider,
                    status,
                    settled,
                    "webhook handled"
                );
                match handled.settlement {
                    Settlement::LeaseLost => tracing::warn!(
                        target: "axum_webhook",
                        endpoint = handled.endpoint,
                        provider = handled.provider,
                        "a handler outlived its lease; another delivery of the event may have been handled"
                    ),
                    Settlement::Committed if handled.status.is_client_error() => tracing::warn!(
                        target: "axum_webhook",
                        endpoint = handled.endpoint,
                        provider = handled.provider,
                        status,
                        "a handler refused a genuine event; its retries will not be handled"
                    ),
                    _ => {}
                }
            }
            Event::Abandoned { endpoint, provider } => {
                end(Some(endpoint), Some(provider), "abandoned", None);
                tracing::warn!(
                    target: "axum_webhook",
                    endpoint,
                    provider,
                    "a handler did not come to an end: it panicked, failed, or its client went away"
                );
            }
            Event::LeaseLost { endpoint, provider } => tracing::error!(
                target: "axum_webhook",
                endpoint,
                provider,
                "a running handler has lost its lease; another delivery of the event may be handled beside it"
            ),
            Event::SettledLate {
                endpoint,
                provider,
                held,
            } => tracing::info!(
                target: "axum_webhook",
                endpoint,
                provider,
                held,
                "the end of a handler reached the replay store late"
            ),
            Event::StoreFailed {
                endpoint,
                provider,
                step,
                error,
            } => {
                let step_name = step.name();
                let what = match step {
                    StoreStep::Claim => {
                        "the replay store can't answer: the provider is asked to try again"
                    }
                    StoreStep::ClaimFailedOpen => {
                        "the replay store can't answer, and the endpoint fails open: the delivery is handled unguarded"
                    }
                    StoreStep::Renew => {
                        "the lease of a running handler could not be renewed; it is tried again"
                    }
                    StoreStep::Settle => {
                        "the end of a handler could not be stored; it is tried again as long as the lease runs"
                    }
                };
                tracing::error!(
                    target: "axum_webhook",
                    endpoint,
                    provider,
                    step = step_name,
                    %error,
                    "{what}"
                );
            }
        }
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

    pub(crate) fn secret_looks_wrong(endpoint: &str, warning: &Diagnosis) {
        tracing::warn!(
            target: "axum_webhook",
            endpoint,
            diagnosis = warning.code(),
            "{warning}"
        );
    }

    pub(in super::super) fn secret_file_changed(path: &Path, kept_because: Option<&str>) {
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

    pub(in super::super) fn secrets_not_reread() {
        tracing::warn!(
            target: "axum_webhook",
            "the files of secrets can't be read in time; what they held before counts meanwhile"
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

    use crate::{Diagnosis, telemetry::Event};

    pub(in super::super) const fn hears() -> bool {
        false
    }
    pub(crate) const fn listens() -> bool {
        false
    }
    pub(crate) const fn measures() -> bool {
        false
    }
    pub(crate) type InSpan<F> = F;
    pub(crate) const fn in_span<F: Future>(pipeline: F) -> F {
        pipeline
    }
    pub(in super::super) const fn emit(_: &Event<'_>) {}
    pub(crate) fn key_came(_: &str, _: &str, _: bool) {}
    pub(crate) const fn secret_looks_wrong(_: &str, _: &Diagnosis) {}
    pub(in super::super) const fn secret_file_changed(_: &Path, _: Option<&str>) {}
    pub(in super::super) const fn secrets_not_reread() {}
    pub(crate) fn payload_refused(_: &str, _: &str) {}
}

#[cfg(not(feature = "tracing"))]
pub(crate) use self::off::{
    InSpan, in_span, key_came, listens, measures, payload_refused, secret_looks_wrong,
};
#[cfg(not(feature = "tracing"))]
pub(super) use self::off::{emit, hears, secret_file_changed, secrets_not_reread};
#[cfg(feature = "tracing")]
pub(crate) use self::on::{
    InSpan, in_span, key_came, listens, measures, payload_refused, secret_looks_wrong,
};
#[cfg(feature = "tracing")]
pub(super) use self::on::{emit, hears, secret_file_changed, secrets_not_reread};
