//! `send` over TLS: to whom the system trusts, and to nobody else.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::Arc,
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned, crypto::aws_lc_rs, pki_types::PrivateKeyDer,
};

use super::support::{Folder, SECRETS, binary};

#[test]
fn a_server_is_believed_only_with_a_certificate_that_is_trusted() {
    let folder = Folder::new();
    let (port, certificate) = server();
    folder.write("root.pem", certificate.as_bytes());
    let send = |host: &str, root: &str| {
        let url = format!("https://{host}:{port}/");
        let mut command = binary(folder.path());
        command
            .args(["send", "-p", "github", "-s", "env:SECRET", "-t", &url])
            .env("SECRET", SECRETS[2])
            .env("SSL_CERT_FILE", folder.path().join(root));
        command.output().expect("the binary runs")
    };
    let trusted = send("localhost", "root.pem");
    assert_eq!(trusted.status.code(), Some(0), "{trusted:?}");
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    folder.write("other.pem", other.cert.pem().as_bytes());
    for (host, root) in [("localhost", "other.pem"), ("127.0.0.1", "root.pem")] {
        let refused = send(host, root);
        assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    }
}

/// A server that answers 200 to everything, and its certificate.
fn server() -> (u16, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut reader = BufReader::new(StreamOwned::new(connection, stream.unwrap()));
            // A client that does not trust the certificate goes away.
            let _ = answer(&mut reader);
        }
    });
    (port, made.cert.pem())
}

fn answer(
    reader: &mut BufReader<StreamOwned<ServerConnection, std::net::TcpStream>>,
) -> std::io::Result<()> {
    let mut length = 0;
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if let Some(text) = line.strip_prefix("content-length: ") {
            length = text.trim().parse().unwrap();
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    reader
        .get_mut()
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
}
