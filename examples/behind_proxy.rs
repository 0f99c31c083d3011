//! Behind a proxy: Square signs the URL that it was given, and a proxy hands on another one.
//!
//! ```text
//! cargo run --example behind_proxy
//! ```
//!
//! A proxy and an application run here side by side, and signed `curl` lines show what counts. The proxy does what they do: it
//! takes off a part of the path, puts the application's address into `Host`, and says in `X-Forwarded-Host` what stood there.
//!
//! **Why the layer does not look at `X-Forwarded-*`**: whoever sends a request can write these headers, and not every proxy
//! replaces them. They would say which URL the signature has to fit, so a delivery that was signed for another
//! URL (your staging's, another customer's) would fit here too. `public_url` comes from you, so nobody else can choose it.
//!
//! What a proxy must hand on as it came: the path below `public_url` and the query, byte for byte (no decoding of `%2F`, no
//! merging of `//`), the body (no unpacking, no firewall that parses JSON and prints it again), and the signature's header.
//! Its own limit for bodies must not be below the provider's (nginx: `client_max_body_size`, 1 MiB).

mod support;

use std::error::Error;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header::HOST, uri::Authority},
    response::Response,
    routing::post,
};
use axum_webhook::{
    Endpoint, PublicUrl, VerifiedWebhook, WebhookLayer, providers, replay::MemoryReplayStore,
    sign::Draft,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::json;
use tokio::net::TcpListener;

/// What the proxy takes off the path.
const PREFIX: &str = "/hooks";

async fn on_event(headers: HeaderMap, uri: Uri, hook: VerifiedWebhook) -> Response {
    println!(
        "{:?} came to {:?} as {uri}",
        hook.event_id(),
        headers.get(HOST)
    );
    hook.accepted()
}

/// A reverse proxy, as small as it gets: yours is nginx, Caddy, a load balancer or an ingress.
#[derive(Clone)]
struct Proxy {
    client: Client<HttpConnector, Body>,
    application: Authority,
}

async fn forward(State(proxy): State<Proxy>, mut request: Request) -> Result<Response, StatusCode> {
    let target = request
        .uri()
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let target = target.strip_prefix(PREFIX).ok_or(StatusCode::NOT_FOUND)?;
    let url = Uri::builder()
        .scheme("http")
        .authority(proxy.application.clone())
        .path_and_query(target)
        .build()
        .map_err(|_| StatusCode::BAD_REQUEST)?;
    let host = HeaderValue::from_str(proxy.application.as_str())
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    *request.uri_mut() = url;
    if let Some(asked) = request.headers_mut().insert(HOST, host) {
        request.headers_mut().insert("x-forwarded-host", asked);
    }
    let response = proxy.client.request(request).await.map_err(|error| {
        eprintln!("the application does not answer: {error}");
        StatusCode::BAD_GATEWAY
    })?;
    Ok(response.map(Body::new))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = support::listen().await?;
    let outside = format!("http://{}{PREFIX}", listener.local_addr()?);
    let application = TcpListener::bind("127.0.0.1:0").await?;
    let inside = application.local_addr()?;

    let secret = support::secret("SQUARE_SIGNATURE_KEY", "asdf1234")?;
    // The URL as it was registered, without what the application has of the path: `/square` is added to it.
    let public_url: PublicUrl = outside.parse()?;
    let endpoint = Endpoint::new(providers::square(), secret.clone())?.with_public_url(public_url);
    let layer = WebhookLayer::for_endpoint(endpoint)?
        .with_replay_store(MemoryReplayStore::new())
        .on_refusal(|rejection| println!("refused: {rejection} {:?}", rejection.diagnoses()));
    let app = Router::new().route("/square", post(on_event)).layer(layer);
    tokio::spawn(axum::serve(application, app).into_future());

    let sign = |url: &str, id: &str| {
        let body = json!({"event_id": id, "type": "payment.updated"});
        let draft = Draft::new(body.to_string()).with_url(url);
        draft.sign(&providers::square(), secret.clone())
    };
    let registered = format!("{outside}/square");
    let at_the_application = format!("http://{inside}/square");
    let staging = "https://staging.example.com/hooks/square";

    let line = support::curl(&registered, &sign(&registered, "through-the-proxy")?)?;
    println!("\n# 200: through the proxy, signed for the URL that Square has\n{line}");
    let line = support::curl(&at_the_application, &sign(&registered, "around-it")?)?;
    println!(
        "\n# 200: around the proxy: what counts is `public_url`, and not what arrives\n{line}"
    );
    let line = support::curl(&at_the_application, &sign(&at_the_application, "inside")?)?;
    println!(
        "\n# 401: signed for the application's own address, which Square does not know\n{line}"
    );
    let line = support::curl(&at_the_application, &sign(staging, "staging")?)?;
    let claims = "-H 'x-forwarded-host: staging.example.com' -H 'x-forwarded-proto: https' -H 'x-forwarded-prefix: /hooks'";
    println!(
        "\n# 401: signed for the staging system, and sent here with headers that claim to be there\n{line} {claims}"
    );

    let proxy = Proxy {
        client: Client::builder(TokioExecutor::new()).build_http(),
        application: inside.to_string().parse()?,
    };
    println!("\nlistening on {registered}, and behind it on {at_the_application}");
    axum::serve(listener, Router::new().fallback(forward).with_state(proxy))
        .with_graceful_shutdown(support::shutdown())
        .await?;
    Ok(())
}
