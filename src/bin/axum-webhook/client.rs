//! A small HTTP client: one request after the other over one connection, plain or TLS.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use crate::failure::Failure;

/// As much of an answer is kept.
const MAX_ANSWER: usize = 64 * 1024;

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// A connection that is made when it is needed, and kept.
#[derive(Debug)]
pub(crate) struct Client {
    patience: Duration,
    open: Option<(String, SendRequest<Full<Bytes>>)>,
    tls: Option<Arc<ClientConfig>>,
}

/// Reads the URL of a server.
pub(crate) fn url(text: &str) -> Result<Uri, Failure> {
    let wrong = || {
        Failure::Usage(
            "the URL should be like http://127.0.0.1:3000/webhooks/github, without a user"
                .to_owned(),
        )
    };
    let url: Uri = text.parse().map_err(|_| wrong())?;
    let is_known = matches!(url.scheme_str(), Some("http" | "https"));
    // A password in a URL would be printed with it.
    let has_user = url
        .authority()
        .is_none_or(|authority| authority.as_str().contains('@'));
    if is_known && !has_user {
        Ok(url)
    } else {
        Err(wrong())
    }
}

impl Client {
    /// A client that waits this long for an answer.
    pub(crate) const fn new(patience: Duration) -> Self {
        Self {
            patience,
            open: None,
            tls: None,
        }
    }

    /// Sends a request and waits for the answer.
    pub(crate) async fn send(&mut self, outgoing: &Outgoing) -> Result<Answer, Failure> {
        let answer = timeout(self.patience, self.exchange(outgoing)).await;
        let answer = answer.unwrap_or_else(|_| {
            Err(Failure::Network(format!(
                "no answer within {} s",
                self.patience.as_secs_f32()
            )))
        });
        if answer.is_err() {
            self.open = None;
        }
        answer
    }

    async fn exchange(&mut self, outgoing: &Outgoing) -> Result<Answer, Failure> {
        let authority = outgoing.url.authority().map(ToString::to_string);
        let authority = authority.unwrap_or_default();
        let mut sender = match self.open.take() {
            Some((host, sender)) if host == authority && !sender.is_closed() => sender,
            _ => self.connect(&outgoing.url).await?,
        };
        let broken = |error: hyper::Error| Failure::Network(format!("{authority}: {error}"));
        sender.ready().await.map_err(broken)?;
        let path = outgoing.url.path();
        let target = match outgoing.url.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        let mut request = Request::new(Full::new(outgoing.body.clone()));
        *request.method_mut() = outgoing.method.clone();
        *request.uri_mut() = target.parse().map_err(Failure::usage)?;
        *request.headers_mut() = outgoing.headers.clone();
        let host = authority.parse().map_err(Failure::usage)?;
        request.headers_mut().insert(header::HOST, host);
        let response = sender.send_request(request).await.map_err(broken)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await;
        let body = body
            .map_err(|error| Failure::Network(format!("{authority}: {error}")))?
            .to_bytes();
        self.open = Some((authority, sender));
        Ok(Answer { status, body })
    }

    async fn connect(&mut self, url: &Uri) -> Result<SendRequest<Full<Bytes>>, Failure> {
        let host = url.host().unwrap_or_default();
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let is_tls = url.scheme_str() == Some("https");
        let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let unreachable = |error: std::io::Error| {
            Failure::Network(format!("{host}:{port} can't be reached: {error}"))
        };
        let tls = if is_tls { Some(self.tls()?) } else { None };
        let stream = TcpStream::connect((host.as_str(), port)).await;
        let stream = stream.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let Some(tls) = tls else {
            return speak(TokioIo::new(stream)).await;
        };
        let name = ServerName::try_from(host.clone()).map_err(Failure::usage)?;
        let stream = TlsConnector::from(tls).connect(name, stream).await;
        speak(TokioIo::new(stream.map_err(unreachable)?)).await
    }

    /// TLS as the system trusts it, read once.
    fn tls(&mut self) -> Result<Arc<ClientConfig>, Failure> {
        let tls = match &self.tls {
            Some(tls) => Arc::clone(tls),
            None => tls()?,
        };
        self.tls = Some(Arc::clone(&tls));
        Ok(tls)
    }
}

async fn speak<I>(stream: I) -> Result<SendRequest<Full<Bytes>>, Failure>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(stream)
        .await
        .map_err(|error| Failure::Network(error.to_string()))?;
    // What breaks the connection is told to whoever waits for an answer.
    tokio::spawn(async { drop(connection.await) });
    Ok(sender)
}

/// TLS as the system trusts it: with the company's certificates, and `SSL_CERT_FILE`.
fn tls() -> Result<Arc<ClientConfig>, Failure> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    if roots.is_empty() {
        let reason = "the system has no root certificates; set SSL_CERT_FILE";
        return Err(Failure::usage(reason));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Failed(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
