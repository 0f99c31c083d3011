//! What is wrong with the place where a scheme says that keys are published.

use crate::scheme::{
    KeyDocument, KeyUrl, RemoteKeys, Scheme,
    remote::{is_name_pattern, is_path_pattern},
};

/// What is wrong, each in a sentence.
pub(super) fn findings(scheme: &Scheme, remote: &RemoteKeys) -> Vec<String> {
    let mut findings = Vec::new();
    let mut say = |wrong: bool, message: String| {
        if wrong {
            findings.push(message);
        }
    };
    say(
        !scheme.algorithm.has_public_key(),
        "only public keys are published: `remote_keys` needs a public-key algorithm".to_owned(),
    );
    say(
        remote.hosts.is_empty(),
        "`hosts` should name at least one host".to_owned(),
    );
    for host in &remote.hosts {
        say(
            !is_name_pattern(host),
            format!(
                "{host:?} should be a host in lower case such as \"keys.example.com\"; a label may be `*`, \
                 but not the last two"
            ),
        );
    }
    match &remote.url {
        KeyUrl::Fixed(url) => say(
            remote.allow(url).is_none(),
            format!(
                "{url:?} should be an https URL on one of `hosts`, without port, query or escapes"
            ),
        ),
        KeyUrl::At { path, .. } => say(
            !is_path_pattern(path),
            format!("{path:?} should be a path such as \"/certs/*\", with at most one `*`"),
        ),
    }
    match &remote.document {
        KeyDocument::Certificate(rules) => {
            let named =
                !rules.names.is_empty() && rules.names.iter().all(|name| is_name_pattern(name));
            say(
                !named,
                "`names` should be the names that a certificate may be for, such as \"sns.amazonaws.com\""
                    .to_owned(),
            );
        }
        KeyDocument::PlaidKey => {
            let has = |part: &str| scheme.secret_parts.iter().any(|name| name == part);
            say(
                !has("client_id") || !has("secret"),
                "\"plaid-key\" needs the `secret_parts` \"client_id\" and \"secret\"".to_owned(),
            );
            say(
                !matches!(remote.url, KeyUrl::Fixed(_)),
                "\"plaid-key\" needs a fixed `url`: nothing secret goes where a request says"
                    .to_owned(),
            );
        }
        KeyDocument::JwkSet | KeyDocument::Pem | KeyDocument::PemAt(_) => {}
    }
    findings
}
