//! What the examples share beside their subject: options, a secret to try things out with, and lines to try.
#![allow(dead_code, reason = "each example takes what it needs")]

use std::{env, error::Error, fmt::Write as _, future::pending};

use axum_webhook::{Secret, SecretError, sign::Signed};
use tokio::{net::TcpListener, signal};

/// The values of the options called `names`, such as `--listen`, from the command line.
pub(crate) fn options<const N: usize>(
    names: [&str; N],
) -> Result<[Option<String>; N], Box<dyn Error>> {
    let usage = || format!("the options are {} with a value each", names.join(", "));
    let mut values = names.map(|_| None);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let (_, value) = names
            .iter()
            .zip(&mut values)
            .find(|(name, _)| **name == argument)
            .ok_or_else(usage)?;
        *value = Some(arguments.next().ok_or_else(usage)?);
    }
    Ok(values)
}

/// Listens where `--listen ADDR` says.
pub(crate) async fn listen() -> Result<TcpListener, Box<dyn Error>> {
    let [address] = options(["--listen"])?;
    bind(address).await
}

/// Listens on `address`, or else on 127.0.0.1:3000.
pub(crate) async fn bind(address: Option<String>) -> Result<TcpListener, Box<dyn Error>> {
    let address = address.unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await;
    listener.map_err(|error| format!("can't listen on {address}: {error}").into())
}

/// The secret in the environment variable called `name`; without it one that everybody can read, which it says.
///
/// Your service takes [`Secret::from_env`] alone, and does not start without.
pub(crate) fn secret(name: &str, for_tests: &str) -> Result<Secret, SecretError> {
    match Secret::from_env(name) {
        Err(SecretError::EnvNotSet(_)) => {
            println!("{name} is not set, so the secret is {for_tests:?}, for tests only");
            Secret::new(for_tests)
        }
        secret => secret,
    }
}

/// Waits for Ctrl-C, or for SIGTERM, by which a service is asked to end.
pub(crate) async fn shutdown() {
    #[cfg(unix)]
    let terminated = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut asked) => drop(asked.recv().await),
            // The default action ends the process just as well.
            Err(_) => pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = pending::<()>();
    tokio::select! {
        _ = signal::ctrl_c() => {}
        () = terminated => {}
    }
}

/// A signed delivery as a `curl` line for a POSIX shell, to `url`. What the signer put into a query is added.
pub(crate) fn curl(url: &str, signed: &Signed) -> Result<String, Box<dyn Error>> {
    let target = match signed.url.split_once('?') {
        Some((_, query)) => format!("{url}?{query}"),
        None => url.to_owned(),
    };
    let mut line = format!("curl -i -X {} {}", signed.method, quoted(&target));
    for (name, value) in &signed.headers {
        let header = format!("{name}: {}", value.to_str()?);
        write!(line, " -H {}", quoted(&header))?;
    }
    let body = str::from_utf8(&signed.body)?;
    write!(line, " --data-binary {}", quoted(body))?;
    Ok(line)
}

/// A word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
