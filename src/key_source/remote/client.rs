//! One HTTPS request, and nothing else: no redirects, no proxies, no cookies, no compression, no pool.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{
    net::{TcpStream, lookup_host},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use crate::{
    crypto::public, key_source::RemoteKeysError, scheme::DocumentUrl, timestamp::Timestamp,
};

/// The largest document with keys, in bytes: the largest known ones have some tens of thousands.
const MAX_DOCUMENT_LEN: usize = 256 << 10;

/// The most bytes of a response's head.
const MAX_HEAD_LEN: usize = 32 << 10;

/// What is asked for.
pub(super) struct Ask {
    pub(super) url: DocumentUrl,
    /// A JSON text that is posted, for what is not just there.
    pub(super) post: Option<Zeroizing<String>>,
}

/// An answer with status 200.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) text: String,
    pub(super) max_age: Option<Duration>,
}

/// Why there is no document.
#[derive(Debug)]
pub(super) enum AskError {
    /// The server says that there is no such thing.
    None(StatusCode),
    /// It failed; a second try may do better.
    Failed(&'static str),
    /// It answered with another status than 200.
    Status(StatusCode),
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(reason) => f.write_str(reason),
            Self::None(status) | Self::Status(status) => write!(f, "the answer was {status}"),
        }
    }
}

/// Asks the hosts of providers, and knows which roots vouch for them.
#[derive(Clone)]
pub(super) struct Client {
    roots: Arc<RootCertStore>,
    /// Hosts that are not looked up.
    addresses: Vec<(String, SocketAddr)>,
    timeout: Duration,
}

impl Client {
    pub(super) fn new() -> Self {
        Self {
            roots: Arc::new(RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            }),
            addresses: Vec::new(),
            timeout: Duration::from_secs(10),
        }
    }

    pub(super) fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    pub(super) fn set_address(&mut self, host: &str, address: SocketAddr) {
        self.addresses.push((host.to_owned(), address));
    }

    pub(super) fn add_roots(&mut self, pem: &str) -> Result<(), RemoteKeysError> {
        let added = public::certificates(pem).ok_or(RemoteKeysError::Certificate)?;
        let roots = Arc::make_mut(&mut self.roots);
        for der in added {
            roots
                .add(CertificateDer::from(der))
                .map_err(|_| RemoteKeysError::Certificate)?;
        }
        Ok(())
    }

    /// Asks once. It takes no longer than the time-out, and half of it to connect.
    pub(super) async fn ask(&self, ask: Ask) -> Result<Document, AskError> {
        let late = |_| AskError::Failed("the answer did not come in time");
        timeout(self.timeout, self.exchange(ask))
            .await
            .map_err(late)?
    }

    async fn exchange(&self, ask: Ask) -> Result<Document, AskError> {
        let host = ask.url.host.clone();
        let connecting = timeout(self.timeout / 2, self.connect(&host));
        let stream = connecting
            .await
            .map_err(|_| AskError::Failed("the connection did not come about in time"))??;
        let failed = |_| AskError::Failed("the exchange broke off");
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_HEAD_LEN)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(failed)?;
        // The connection ends with the exchange: the set ends its task when it is dropped.
        let mut tasks = JoinSet::new();
        tasks.spawn(connection);
        let is_post = ask.post.is_some();
        let response = sender.send_request(request(ask)?).await.map_err(failed)?;
        read(response, is_post).await
    }

    async fn connect(
        &self,
        host: &str,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, AskError> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| AskError::Failed("the host has no valid name"))?;
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|_| AskError::Failed("TLS can't be set up"))?
            .with_root_certificates(Arc::clone(&self.roots))
            .with_no_client_auth();
        let unreachable = |_| AskError::Failed("the host can't be reached");
        let known = self.addresses.iter().find(|(known, _)| known == host);
        let stream = match known {
            Some((_, address)) => TcpStream::connect(address).await.map_err(unreachable)?,
            None => {
                let addresses: Vec<_> = lookup_host((host, 443))
                    .await
                    .map_err(|_| AskError::Failed("the host's name can't be looked up"))?
                    .collect();
                TcpStream::connect(&*addresses).await.map_err(unreachable)?
            }
        };
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
            .map_err(|_| AskError::Failed("the host's TLS certificate or protocol was refused"))
    }

    /// Whether `chain`, the end first, leads to one of the roots at `now`, and is for `name`.
    pub(super) fn vouches_for(&self, chain: &[Vec<u8>], name: &str, now: Timestamp) -> bool {
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::clone(&self.roots), provider());
        let mut chain = chain.iter().map(|der| CertificateDer::from(der.as_slice()));
        let seconds = u64::try_from(now.unix_seconds()).unwrap_or(0);
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let (Ok(verifier), Some(end), Ok(name)) =
            (verifier.build(), chain.next(), ServerName::try_from(name))
        else {
            return false;
        };
        let between: Vec<_> = chain.collect();
        verifier
            .verify_server_cert(&end, &between, &name, &[], now)
            .is_ok()
    }
}

/// The same library that checks signatures, whatever the process has installed as its default.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn request(ask: Ask) -> Result<Request<Full<Bytes>>, AskError> {
    let method = if ask.post.is_some() {
        Method::POST
    } else {
        Method::GET
    };
    let mut request = Request::builder()
        .method(method)
        .uri(ask.url.path)
        .header(header::HOST, ask.url.host)
        .header(header::ACCEPT, "*/*")
        .header(
            header::USER_AGENT,
            concat!("axum-webhook/", env!("CARGO_PKG_VERSION")),
        );
    let mut body = Bytes::new();
    if let Some(text) = ask.post {
        request = request.header(header::CONTENT_TYPE, "application/json");
        body = Bytes::copy_from_slice(text.as_bytes());
    }
    request
        .body(Full::new(body))
        .map_err(|_| AskError::Failed("the request can't be written"))
}

async fn read(
    response: http::Response<hyper::body::Incoming>,
    is_post: bool,
) -> Result<Document, AskError> {
    let (parts, mut body) = response.into_parts();
    match parts.status {
        StatusCode::OK => {}
        status @ (StatusCode::NOT_FOUND | StatusCode::GONE) => return Err(AskError::None(status)),
        status @ StatusCode::BAD_REQUEST if is_post => return Err(AskError::None(status)),
        status => return Err(AskError::Status(status)),
    }
    if parts.headers.contains_key(header::CONTENT_ENCODING) {
        return Err(AskError::Failed("the answer is compressed"));
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| AskError::Failed("the answer broke off"))?;
        if let Some(data) = frame.data_ref() {
            if bytes.len() + data.len() > MAX_DOCUMENT_LEN {
                return Err(AskError::Failed("the answer is too large"));
            }
            bytes.extend_from_slice(data);
        }
    }
    Ok(Document {
        text: String::from_utf8(bytes).map_err(|_| AskError::Failed("the answer is no text"))?,
        max_age: max_age(&parts.headers),
    })
}

/// For how long the answer says that it is fresh.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::CACHE_CONTROL)?.to_str().ok()?;
    let mut directives = value.split(',').map(str::trim);
    directives.find_map(|directive| {
        let is = |name: &str| directive.eq_ignore_ascii_case(name);
        if is("no-store") || is("no-cache") {
            return Some(Duration::ZERO);
        }
        let (name, seconds) = directive.split_once('=')?;
        let seconds = seconds.parse().ok()?;
        name.eq_ignore_ascii_case("max-age")
            .then(|| Duration::from_secs(seconds))
    })
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("roots", &self.roots.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, wanted: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, value.parse().expect("a value"));
        assert_eq!(
            max_age(&headers),
            wanted.map(Duration::from_secs),
            "{value}"
        );
    }

    #[test]
    fn the_answer_says_how_long_it_is_fresh() {
        check("max-age=600", Some(600));
        check("public, Max-Age=600, must-revalidate", Some(600));
        check("no-store, max-age=600", Some(0));
        check("public", None);
        check("max-age=soon", None);
        check("max-age=-1", None);
        check("s-maxage=5", None);
    }
}
