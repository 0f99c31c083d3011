//! Tenants in a file: what is accepted, and that it does what it says.

use std::fs;

use axum_webhook::{config::Config, providers, testing::FixedClock};
use tower::Layer as _;

use super::{
    super::support::{Counter, counting, now, request, send, with_header},
    EVENT, delivery,
};

const STRIPE: &str = r#"
[[endpoint]]
name = "stripe"
path = "/webhooks/{tenant}/stripe"
provider = "stripe"
secrets_from = "file:/run/secrets/stripe/{tenant}"
"#;

/// `STRIPE` with other lines for some of its keys.
fn with(lines: &[&str]) -> String {
    let name = |line: &str| line.split(" = ").next().unwrap().to_owned();
    let new: Vec<String> = lines.iter().map(|line| name(line)).collect();
    let kept = STRIPE.lines().filter(|old| !new.contains(&name(old)));
    let lines = lines.iter().filter(|line| line.contains(" = ")).copied();
    kept.chain(lines).collect::<Vec<_>>().join("\n")
}

fn error(text: &str) -> Option<String> {
    let layer = Config::from_toml(text).and_then(|config| config.layer());
    layer.err().map(|error| error.to_string())
}

#[test]
fn every_place_can_be_said() {
    assert_eq!(error(STRIPE), None);
    let path = r#"path = "/hook""#;
    for tenant in [
        r#"tenant = { query = "t" }"#,
        r#"tenant = { header = "x-tenant" }"#,
        r#"tenant = { host = "{tenant}.hooks.example.com" }"#,
        r#"tenant = { unverified_body_field = "/account" }"#,
    ] {
        assert_eq!(error(&with(&[path, tenant])), None, "{tenant}");
    }
    let two = r#"secrets_from = ["file:/run/new/{tenant}", "file:/run/old/{tenant}"]"#;
    assert_eq!(error(&with(&[two])), None);
}

#[test]
fn what_is_wrong_is_said_with_its_key() {
    let path = r#"path = "/hook""#;
    let postgres = r#"secrets_from = { postgres = "env:AXUM_WEBHOOK_NOT_SET", query = "SELECT 1 WHERE 't' = $1" }"#;
    let cases: &[(&[&str], &[&str])] = &[
        (&[path], &["endpoint[0].tenant", "/hook", "header"]),
        (&["secrets_from"], &["endpoint[0].secrets", "either"]),
        (&["secrets_from = []"], &["endpoint[0].secrets_from"]),
        (
            &[r#"secrets_from = ["file:/run/new/{tenant}", "file:/run/old"]"#],
            &["endpoint[0].secrets_from", "/run/old"],
        ),
        (
            &[r#"secrets = ["plain:hunter2"]"#],
            &["endpoint[0].secrets", "either"],
        ),
        (
            &[
                "secrets_from",
                r#"secrets = ["plain:hunter2"]"#,
                r#"tenant = { query = "t" }"#,
            ],
            &["endpoint[0].tenant", "secrets_from"],
        ),
        (
            &[r#"tenant = { query = "t" }"#],
            &["endpoint[0].tenant", "/webhooks/{tenant}/stripe"],
        ),
        (
            &[path, r#"tenant = { header = "x y" }"#],
            &["endpoint[0].tenant", "\"x y\""],
        ),
        (
            &[path, r#"tenant = { host = "example.com" }"#],
            &["endpoint[0].tenant", "\"example.com\""],
        ),
        (
            &[path, r#"tenant = { cookie = "t" }"#],
            &["endpoint[0].tenant", "unverified_body_field"],
        ),
        (
            &[path, r#"tenant = { query = "t", header = "t" }"#],
            &["endpoint[0].tenant", "one of"],
        ),
        (&[path, r#"tenant = "t""#], &["endpoint[0].tenant"]),
        (
            &[r#"secrets_from = "file:/run/secrets""#],
            &["endpoint[0].secrets_from", "\"/run/secrets\""],
        ),
        (
            &[r#"secrets_from = "plain:hunter2""#],
            &["endpoint[0].secrets_from", "file:PATH"],
        ),
        (
            &[r#"secrets_from = ["plain:hunter2"]"#],
            &["endpoint[0].secrets_from", "file:PATH"],
        ),
        (
            &[r#"secrets_from = { postgres = "postgres://u:hunter2@h/d", query = "SELECT $1" }"#],
            &["endpoint[0].secrets_from", "env:NAME"],
        ),
        (
            &[r#"secrets_from = { postgres = "env:X", query = "SELECT $1", tabel = "x" }"#],
            &["endpoint[0].secrets_from", "query"],
        ),
        (&[postgres], &["endpoint[0].secrets_from"]),
        (
            &[
                "secrets_from",
                r#"secrets = ["plain:hunter2"]"#,
                r#"lookup = { fresh = "1m" }"#,
            ],
            &["endpoint[0].lookup", "secrets_from"],
        ),
        (
            &[r#"lookup = { fresh = "soon" }"#],
            &["endpoint[0].lookup.fresh", "\"5m\""],
        ),
        (
            &["lookup = { capacity = 0 }"],
            &["endpoint[0].lookup.capacity", "nonzero"],
        ),
        (
            &[r#"lookup = { forever = "1m" }"#],
            &["endpoint[0].lookup", "forever"],
        ),
    ];
    for (lines, wanted) in cases {
        let error = error(&with(lines)).unwrap_or_else(|| panic!("{lines:?} should be refused"));
        for wanted in *wanted {
            assert!(
                error.contains(wanted),
                "{lines:?}: {error:?} should say {wanted:?}"
            );
        }
        assert!(!error.contains("hunter2"), "{error}");
    }
    let config = Config::from_toml(STRIPE).unwrap();
    let error = config.secrets("stripe").unwrap_err().to_string();
    assert!(error.contains("for each tenant"), "{error}");
}

#[cfg(feature = "postgres")]
#[test]
fn a_query_is_checked_as_far_as_it_can_be_without_a_database() {
    let query = |url: &str, query: &str| {
        let line = format!("secrets_from = {{ postgres = {url:?}, query = {query:?} }}");
        error(&with(&[&line]))
    };
    let good = "SELECT secret FROM webhook_secrets WHERE tenant = $1";
    assert_eq!(query("plain:postgres://u:hunter2@localhost/d", good), None);
    for (url, text, wanted) in [
        (
            "env:AXUM_WEBHOOK_NOT_SET",
            good,
            "endpoint[0].secrets_from.postgres",
        ),
        ("plain:mysql://u:hunter2@h/d", good, "Postgres"),
        (
            "plain:postgres://u:hunter2@h/d",
            "SELECT secret FROM webhook_secrets",
            "$1",
        ),
    ] {
        let error = query(url, text).unwrap();
        assert!(error.contains(wanted), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn tenants_of_a_file_are_served() {
    let scheme = providers::stripe();
    let folder = std::env::temp_dir().join(format!("axum-webhook-{}-config", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for tenant in ["acme", "umbrella"] {
        fs::write(
            folder.join(tenant),
            format!("{tenant}-secret-of-the-tests\n"),
        )
        .unwrap();
    }
    let from = format!(r#"secrets_from = "file:{}/{{tenant}}""#, folder.display());
    let in_path = with(&[&from]);
    let in_header = with(&[
        &from,
        r#"path = "/hook""#,
        r#"tenant = { header = "x-tenant" }"#,
    ]);
    for (text, url) in [
        (in_path, "https://example.com/webhooks/acme/stripe"),
        (in_header, "https://example.com/hook"),
    ] {
        let layer = Config::from_toml(&text).unwrap().layer().unwrap();
        let service = layer
            .with_clock(FixedClock::new(now()))
            .layer(counting(&Counter::default()));
        let by = |signer: &str| {
            let signed = delivery(&scheme, url, EVENT, signer);
            request(&with_header(&signed, "x-tenant", "acme"))
        };
        send(&service, by("acme")).await.assert_handled(url);
        let answer = send(&service, by("umbrella")).await;
        answer.assert_refused(url, "mismatch");
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// By default the key that was looked up would count for five minutes.
#[tokio::test(start_paused = true)]
async fn a_file_says_how_long_what_was_looked_up_counts() {
    let scheme = providers::stripe();
    let folder = std::env::temp_dir().join(format!("axum-webhook-{}-lookup", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let from = format!(r#"secrets_from = "file:{}/{{tenant}}""#, folder.display());
    let all = r#"lookup = { fresh = "10s", grace = "1m", unknown_for = "5s", capacity = 1000, time_limit = "2s", max_lookups = 8 }"#;
    for (line, want) in [("", None), (all, Some("mismatch"))] {
        fs::write(folder.join("acme"), "old-secret-of-the-tests").unwrap();
        let layer = Config::from_toml(&with(&[&from, line])).unwrap().layer();
        let service = layer
            .unwrap()
            .with_clock(FixedClock::new(now()))
            .layer(counting(&Counter::default()));
        let url = "https://example.com/webhooks/acme/stripe";
        let old = request(&delivery(&scheme, url, EVENT, "old"));
        send(&service, old).await.assert_handled("at first");
        fs::write(folder.join("acme"), "new-secret-of-the-tests").unwrap();
        tokio::time::advance(std::time::Duration::from_secs(11)).await;
        let later = r#"{"id":"evt_2"}"#;
        let old = request(&delivery(&scheme, url, later, "old"));
        assert_eq!(send(&service, old).await.code(), want, "{line:?}");
    }
    fs::remove_dir_all(&folder).unwrap();
}
