//! A server of keys over TLS, with an authority of its own.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::body::Body;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{super::support::Counter, HOST};

/// Who vouches for certificates in these tests.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(super) pem: String,
}

impl Authority {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// A certificate of `key` for `name`, from and until the beginning of these years.
    pub(super) fn certify(
        &self,
        key: &KeyPair,
        name: &str,
        from: i32,
        until: i32,
    ) -> rcgen::Certificate {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        params.signed_by(key, &self.issuer).unwrap()
    }
}

type Reply = dyn Fn(&Request<String>) -> Response<Body> + Send + Sync;

/// A server on this machine that counts what reaches it.
pub(super) struct KeyServer {
    pub(super) authority: Authority,
    pub(super) address: SocketAddr,
    /// The hosts for which receivers connect to it.
    pub(super) hosts: Vec<String>,
    pub(super) connections: Counter,
    pub(super) requests: Counter,
    reply: Arc<Mutex<Arc<Reply>>>,
}

impl KeyServer {
    pub(super) async fn new() -> Self {
        Self::of(&[HOST]).await
    }

    /// A server with a valid certificate for each of these hosts.
    pub(super) async fn of(hosts: &[&str]) -> Self {
        let authority = Authority::new();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(
            hosts
                .iter()
                .map(|host| (*host).to_owned())
                .collect::<Vec<_>>(),
        )
        .unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &authority.issuer).unwrap();
        Self::start(authority, hosts, &certificate, &key).await
    }

    /// A server that shows this certificate, whatever it is for.
    pub(super) async fn showing(name: &str, from: i32, until: i32) -> Self {
        let authority = Authority::new();
        let key = KeyPair::generate().unwrap();
        let certificate = authority.certify(&key, name, from, until);
        Self::start(authority, &[HOST], &certificate, &key).await
    }

    async fn start(
        authority: Authority,
        hosts: &[&str],
        certificate: &rcgen::Certificate,
        key: &KeyPair,
    ) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let nothing: Arc<Reply> = Arc::new(|_| status(404));
        let server = Self {
            authority,
            address,
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            connections: Counter::default(),
            requests: Counter::default(),
            reply: Arc::new(Mutex::new(nothing)),
        };
        let (connections, requests) = (server.connections.clone(), server.requests.clone());
        let reply = Arc::clone(&server.reply);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.add();
                let (acceptor, requests, reply) =
                    (acceptor.clone(), requests.clone(), Arc::clone(&reply));
                tokio::spawn(async move {
                    // A client that turns away is what some tests want.
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let service = hyper::service::service_fn(move |request| {
                        let (requests, reply) = (requests.clone(), Arc::clone(&reply));
                        async move { Ok::<_, hyper::Error>(answer(&requests, &reply, request).await) }
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        server
    }

    /// Says what is answered from now on.
    pub(super) fn reply(
        &self,
        reply: impl Fn(&Request<String>) -> Response<Body> + Send + Sync + 'static,
    ) {
        *self.reply.lock().unwrap() = Arc::new(reply);
    }

    /// Answers everything with `text` from now on.
    pub(super) fn publish(&self, text: impl Into<String>) {
        let text = text.into();
        self.reply(move |_| Response::new(Body::from(text.clone())));
    }
}

async fn answer(
    requests: &Counter,
    reply: &Mutex<Arc<Reply>>,
    request: Request<hyper::body::Incoming>,
) -> Response<Body> {
    requests.add();
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let reply = Arc::clone(&reply.lock().unwrap());
    reply(&Request::from_parts(parts, body))
}

pub(super) fn status(status: u16) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}
