//! A `curl` line that sends a signed delivery, and never has the secret in it.

use std::fmt::Write as _;

use axum_webhook::{
    Secret,
    scheme::{Algorithm, Scheme},
    sign::Signed,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::header;

use crate::failure::Failure;

/// Stands for the secret in what is printed.
const PLACEHOLDER: &str = "THE-SECRET";
/// The same for user and password.
const PLACEHOLDER_USER: &str = "THE-SECRET:THE-SECRET";

/// How a shell reads a secret that stands on the command line or in a configuration.
const UNKNOWN: &str = "$SECRET";

/// What is signed with instead of the secret, where the secret itself would be sent; `None` where it only signs.
pub(crate) fn placeholder(scheme: &Scheme) -> Option<Result<Secret, Failure>> {
    let text = match scheme.algorithm {
        Algorithm::SharedToken => PLACEHOLDER,
        Algorithm::BasicAuth => PLACEHOLDER_USER,
        _ => return None,
    };
    Some(Secret::new(text).map_err(Failure::usage))
}

/// Whether the provider sends the secret itself.
pub(crate) const fn sends_secret(scheme: &Scheme) -> bool {
    matches!(
        scheme.algorithm,
        Algorithm::SharedToken | Algorithm::BasicAuth
    )
}

/// The `curl` line for a delivery to `url`. Where the secret is sent, the shell reads it from `reference`.
pub(crate) fn line(signed: &Signed, url: &str, reference: Option<&str>) -> Result<String, Failure> {
    let secret = expansion(reference);
    let word = |text: &str| quoted(text).replace(PLACEHOLDER, &format!("'\"{secret}\"'"));
    let basic = format!("Basic {}", STANDARD.encode(PLACEHOLDER_USER));
    let mut line = format!("curl -i -X {} {}", signed.method, word(url));
    for (name, value) in &signed.headers {
        let value = value
            .to_str()
            .map_err(|_| Failure::Failed(format!("the header {name} is not text")))?;
        if name == header::AUTHORIZATION && value == basic {
            let _ = write!(line, " -u \"{secret}\"");
            continue;
        }
        let _ = write!(line, " -H {}", word(&format!("{name}: {value}")));
    }
    match std::str::from_utf8(&signed.body) {
        Ok("") => {}
        Ok(text) if !text.starts_with('@') && !text.contains('\0') => {
            let _ = write!(line, " --data-binary {}", word(text));
        }
        _ => {
            let body = STANDARD.encode(&signed.body);
            line = format!("echo {body} | base64 -d | {line} --data-binary @-");
        }
    }
    Ok(line)
}

/// Whether the shell has to be told the secret, since it can't read it from where it is.
pub(crate) fn asks_for_secret(scheme: &Scheme, reference: Option<&str>) -> bool {
    sends_secret(scheme) && expansion(reference) == UNKNOWN
}

/// How a shell reads the secret, inside double quotes.
fn expansion(reference: Option<&str>) -> String {
    match reference.and_then(|reference| reference.split_once(':')) {
        Some(("env", name)) if is_name(name) => format!("${name}"),
        Some(("file", path)) => format!("$(cat {})", quoted(path)),
        _ => UNKNOWN.to_owned(),
    }
}

/// Whether a shell takes it for the name of a variable.
fn is_name(name: &str) -> bool {
    let rest = name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    rest && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// A word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use axum_webhook::{providers, sign::Draft};

    use super::*;

    #[track_caller]
    fn check(scheme: &Scheme, body: &str, reference: &str, want: &str) {
        let secret = placeholder(scheme).expect("it sends its secret");
        let signed = Draft::new(body).sign(scheme, secret.expect("a secret"));
        let line = line(&signed.expect("signed"), "http://h/", Some(reference));
        let line = line.expect("a line");
        assert!(line.contains(want), "{line}");
        assert!(!line.contains(PLACEHOLDER), "{line}");
    }

    #[test]
    fn the_shell_reads_the_secret_where_it_is_sent() {
        let token = providers::gitlab_token();
        check(
            &token,
            "{}",
            "env:TOKEN",
            r#"-H 'x-gitlab-token: '"$TOKEN"''"#,
        );
        check(
            &token,
            "{}",
            "file:/run/a b",
            r#"'x-gitlab-token: '"$(cat '/run/a b')"''"#,
        );
        check(&token, "{}", "plain:x", r#"'x-gitlab-token: '"$SECRET"''"#);
        check(&providers::postmark(), "{}", "env:USER", r#" -u "$USER""#);
        check(
            &providers::figma(),
            "{}",
            "env:P",
            r#"{"passcode":"'"$P"'"}"#,
        );
    }
}
