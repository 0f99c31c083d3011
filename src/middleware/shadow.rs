//! Shadow mode: the request goes on as it came, whatever is found out about it.

use axum_core::{BoxError, body::Body};
use bytes::Bytes;
use http::{Request, Response, request::Parts};
use tower_service::Service;

use crate::{
    endpoint::Endpoint,
    extract::{ShadowVerdict, Verified},
    middleware::{
        budget::Held,
        layer::Shared,
        open::{Opened, Refused, open},
        refuse::{refuse, report_shadow},
    },
    telemetry::Settlement,
    timestamp::Timestamp,
};

/// Looks at a request and hands it on, unless it is a question, or its body broke while it was read.
pub(super) async fn observe<S, B, R>(
    shared: &Shared,
    endpoint: &Endpoint,
    inner: &mut S,
    mut parts: Parts,
    incoming_body: B,
    now: Timestamp,
    held: &mut Held<'_>,
) -> Result<Response<Body>, S::Error>
where
    S: Service<Request<Body>, Response = Response<R>>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    let opened = open(shared, endpoint, &parts, incoming_body, now, held).await;
    // What a layer outside has verified was for another endpoint.
    parts.extensions.remove::<Verified>();
    match opened {
        Ok(Opened::Reply(response)) => Ok(response),
        Ok(Opened::Delivery(genuine)) => {
            parts.extensions.insert(ShadowVerdict::genuine());
            let request = Request::from_parts(parts, Body::from(genuine.received));
            let handling = shared.handling(endpoint, false);
            let response = inner.call(request).await?;
            handling.end(response.status(), Settlement::Unguarded);
            Ok(response.map(Body::new))
        }
        Err(Refused {
            rejection,
            rest: Some(rest),
        }) => {
            report_shadow(shared, &rejection);
            parts.extensions.insert(ShadowVerdict::refused(&rejection));
            let request = Request::from_parts(parts, rest);
            Ok(inner.call(request).await?.map(Body::new))
        }
        Err(Refused { rejection, .. }) => Ok(refuse(shared, Some(endpoint), rejection)),
    }
}
