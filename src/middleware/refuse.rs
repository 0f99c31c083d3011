//! A refusal: why is found out, the operator hears it, and the sender does not.

use std::sync::Arc;

use axum_core::body::Body;
use http::{Response, request::Parts};

use crate::{
    diagnosis::{self, Case, Code, Diagnosis, Other},
    endpoint::Endpoint,
    incoming::Head,
    middleware::{
        layer::Shared,
        select::{Selection, carries, original_uri},
    },
    rejection::{Rejection, RejectionKind},
    replay::StoreError,
    telemetry::{self, Event, Handling, Reporter, StoreStep},
    verify::VerifyError,
};

/// As many endpoints are asked whether a request that fits no path has their signature: strangers ask for paths
/// all day, and layers have thousands of endpoints.
const LOOKED_AT: usize = 64;

impl Shared {
    pub(super) fn emit(&self, event: &Event<'_>) {
        telemetry::emit(self.listener.as_deref(), event);
    }

    /// As [`emit`](Self::emit), for what every delivery comes to: it is made only where somebody hears it.
    #[inline]
    pub(super) fn tell<'e>(&self, event: impl FnOnce() -> Event<'e>) {
        if telemetry::is_heard(self.listener.as_deref()) {
            self.emit(&event());
        }
    }

    /// What tells of an endpoint's requests, also when this one is gone.
    pub(super) fn reporter(&self, endpoint: &Endpoint) -> Reporter {
        Reporter {
            endpoint: Arc::clone(&endpoint.name),
            provider: Arc::clone(&endpoint.provider),
            listener: self.listener.clone(),
        }
    }

    /// A handler of the endpoint that begins its work now.
    pub(super) fn handling<'a>(&'a self, endpoint: &'a Endpoint, has_claim: bool) -> Handling<'a> {
        let listener = self.listener.as_deref();
        Handling::start(&endpoint.name, &endpoint.provider, listener, has_claim)
    }

    pub(super) fn store_failed(&self, endpoint: &Endpoint, step: StoreStep, error: &StoreError) {
        self.emit(&Event::StoreFailed {
            endpoint: &endpoint.name,
            provider: &endpoint.provider,
            step,
            error,
        });
    }

    /// Whether anybody wants to know why.
    fn is_heard(&self) -> bool {
        self.observer.is_some() || self.listener.is_some() || telemetry::listens()
    }
}

/// The rejection, with what is found out about it.
pub(super) fn diagnose(
    shared: &Shared,
    kind: RejectionKind,
    endpoint: &Endpoint,
    case: &Case<'_>,
) -> Rejection {
    let found = match &kind {
        // A flood of forgeries should not be paid for with guesses that nobody reads.
        _ if endpoint.diagnosis.trials().is_none() && !shared.is_heard() => Vec::new(),
        RejectionKind::Verification(error) => verification(shared, endpoint, error, case),
        other => unread(other, case.head),
    };
    Rejection::new(kind)
        .at(&endpoint.name, &endpoint.provider)
        .with_diagnoses(found)
}

fn verification(
    shared: &Shared,
    endpoint: &Endpoint,
    error: &VerifyError,
    case: &Case<'_>,
) -> Vec<Diagnosis> {
    // Without a body there is nothing to try.
    let Some(with_trials) = endpoint.diagnosis.trials().filter(|_| case.body.is_some()) else {
        return diagnosis::hints(error, case);
    };
    if !endpoint.gate.pass() {
        let mut found = vec![Diagnosis::new(
            Code::TrialsPaused,
            "no trials: this endpoint had too many refusals just now",
        )];
        found.extend(diagnosis::hints(error, case));
        return found;
    }
    let others: Vec<_> = shared
        .endpoints
        .iter()
        .filter(|other| other.name != endpoint.name)
        .filter_map(|other| {
            Some(Other {
                name: &other.name,
                scheme: &other.scheme,
                keyring: other.keys.known()?,
                public_url: other.public_url.as_ref(),
            })
        })
        .collect();
    with_trials(error, case, &others)
}

/// What is said of a request that was not even looked at.
fn unread(kind: &RejectionKind, head: Head<'_>) -> Vec<Diagnosis> {
    let found = match kind {
        RejectionKind::Method(allowed) => {
            let allowed: Vec<_> = allowed.iter().map(http::Method::as_str).collect();
            Some(Diagnosis::new(
                Code::Method,
                format!(
                    "a delivery comes by {}: was this a browser, a health check or a redirect?",
                    allowed.join(" or ")
                ),
            ))
        }
        RejectionKind::ContentEncoding => Some(Diagnosis::new(
            Code::ContentEncoding,
            "the body is compressed, and the provider signs what it sends: is there a proxy that packs it? \
             A scheme whose provider signs the unpacked text says `content_encoding = \"gunzip\"`",
        )),
        RejectionKind::BodyTooLarge { limit } => {
            let said = head.header(&http::header::CONTENT_LENGTH).ok();
            let said = said.and_then(|text| text.parse::<u64>().ok());
            let what = said.map_or("the body".to_owned(), |len| {
                format!("a body of {len} bytes")
            });
            Some(Diagnosis::new(
                Code::BodyTooLarge,
                format!("{what} is over the limit of {limit}: `body_limit` raises it"),
            ))
        }
        RejectionKind::BodyBudgetFull { budget } => Some(Diagnosis::new(
            Code::BodyBudgetFull,
            format!(
                "{budget} bytes of bodies are held at once: are senders slow, or handlers? `body_budget` is the limit, \
                 `webhook_held_body_bytes` what is held"
            ),
        )),
        _ => None,
    };
    found.into_iter().collect()
}

/// What is said where no endpoint is selected.
pub(super) fn nothing_fits(shared: &Shared, parts: &Parts) -> Rejection {
    let rejection = Rejection::new(match *shared.selection {
        // Which endpoints there are is nobody's business: as a forgery.
        Selection::Detect => RejectionKind::Verification(VerifyError::NoShape),
        _ => RejectionKind::NoEndpoint,
    });
    if !shared.is_heard() {
        return rejection;
    }
    let uri = original_uri(parts);
    let selection = &*shared.selection;
    if let Selection::Path(paths) = selection {
        let near = paths.alike(uri.path());
        if let Some(endpoint) = near.and_then(|number| shared.endpoints.get(number)) {
            let near = diagnosis::near_path(uri.path(), &selection.known(endpoint));
            return rejection.with_diagnoses(vec![near]);
        }
    }
    let mut signed = shared
        .endpoints
        .iter()
        .take(LOOKED_AT)
        .filter(|endpoint| carries(parts, endpoint))
        .map(|endpoint| selection.known(endpoint));
    let all = shared
        .endpoints
        .iter()
        .map(|endpoint| selection.known(endpoint));
    rejection.with_diagnoses(match selection {
        Selection::Detect => {
            let head = Head {
                method: &parts.method,
                uri,
                headers: &parts.headers,
                public_url: None,
            };
            vec![diagnosis::not_detected(head, all, signed.collect())]
        }
        _ => diagnosis::no_such_path(all, signed.next().as_ref()),
    })
}

/// Tells the operator why, and the sender only that.
pub(super) fn refuse(
    shared: &Shared,
    endpoint: Option<&Endpoint>,
    rejection: Rejection,
) -> Response<Body> {
    let rejection = match endpoint {
        Some(endpoint) => rejection.at(&endpoint.name, &endpoint.provider),
        None => rejection,
    };
    shared.emit(&Event::Refused(&rejection));
    if let Some(observer) = &shared.observer {
        observer(&rejection);
    }
    rejection.into_response(endpoint.map(|endpoint| &*endpoint.scheme))
}

/// Tells the operator what an endpoint that only observes would have refused.
pub(super) fn report_shadow(shared: &Shared, rejection: &Rejection) {
    shared.emit(&Event::WouldBeRefused(rejection));
    if let Some(observer) = &shared.observer {
        observer(rejection);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DiagnosisLevel, Secret, WebhookLayer, middleware::open::head, providers};

    /// Nobody pays for sentences that nobody reads.
    #[test]
    fn why_is_found_out_where_somebody_hears_it() -> Result<(), Box<dyn std::error::Error>> {
        let secret = Secret::new("It's a Secret to Everybody")?;
        let layer = WebhookLayer::new(providers::github(), secret)?;
        let (parts, ()) = http::Request::new(()).into_parts();
        for (name, layer, is_told) in [
            ("nobody", layer.clone(), false),
            ("an observer", layer.clone().on_refusal(|_| ()), true),
            ("a listener", layer.clone().on_event(|_| ()), true),
            ("trials", layer.with_diagnosis(DiagnosisLevel::Trials), true),
        ] {
            let shared = &*layer.shared;
            let endpoint = shared.endpoints.first().ok_or("it has one")?;
            let case = Case {
                head: head(endpoint, &parts),
                body: None,
                scheme: &endpoint.scheme,
                keyring: None,
                now: shared.clock.now(),
            };
            let rejection = diagnose(shared, RejectionKind::ContentEncoding, endpoint, &case);
            assert_eq!(!rejection.diagnoses().is_empty(), is_told, "{name}");
        }
        Ok(())
    }

    #[test]
    fn why_nothing_fits_is_found_out_where_somebody_hears_it()
    -> Result<(), Box<dyn std::error::Error>> {
        let secret = Secret::new("It's a Secret to Everybody")?;
        let endpoint = Endpoint::new(providers::github(), secret)?.with_path("/github");
        let layer = WebhookLayer::by_path(vec![endpoint])?;
        let (parts, ()) = http::Request::new(()).into_parts();
        let is_told = |layer: &WebhookLayer| {
            let rejection = nothing_fits(&layer.shared, &parts);
            !rejection.diagnoses().is_empty()
        };
        assert!(!is_told(&layer));
        assert!(is_told(&layer.on_refusal(|_| ())));
        Ok(())
    }
}
