//! The configuration file: what it accepts, and how it says what is wrong.

use axum_webhook::config::{Config, ConfigError};

const STRIPE: &str = r#"
[[endpoint]]
name = "payments"
provider = "stripe"
secrets = ["plain:hunter2"]
"#;

/// Replaces the line of `STRIPE` that begins with `key`, or adds one.
fn with(key: &str, line: &str) -> String {
    let mut lines: Vec<&str> = STRIPE
        .lines()
        .filter(|old| !old.starts_with(&format!("{key} =")))
        .collect();
    lines.push(line);
    lines.join("\n")
}

/// Reads the configuration and builds its layer: the error's text.
fn error(text: &str) -> Option<String> {
    Config::from_toml(text)
        .and_then(|config| config.layer())
        .err()
        .map(|error| error.to_string())
}

#[track_caller]
fn accepts(text: &str) {
    assert_eq!(error(text), None, "{text}");
}

#[track_caller]
fn refuses(text: &str, wanted: &[&str]) {
    let message = error(text).unwrap_or_else(|| panic!("it should be refused: {text}"));
    for wanted in wanted {
        assert!(
            message.contains(wanted),
            "{message:?} should say {wanted:?}"
        );
    }
    assert!(
        !message.contains("hunter2"),
        "{message:?} has the secret in it"
    );
}

#[test]
fn the_smallest_endpoint_is_enough() {
    accepts(STRIPE);
    let endpoints = Config::from_toml(STRIPE).unwrap().endpoints().unwrap();
    assert_eq!(endpoints[0].name(), "payments");
    assert_eq!(endpoints[0].provider(), "stripe");
    assert_eq!(endpoints[0].path(), Some("/webhooks/payments"));
}

#[test]
fn every_key_of_the_documentation_is_accepted() {
    accepts(
        r#"
        [server]
        body_limit = "2MiB"
        body_budget = "512MiB"
        replay = "memory"
        idle_timeout = "3s"
        total_timeout = "20s"
        reread = "1m"
        run_to_the_end = true

        [[endpoint]]
        name = "payments"
        path = "/hooks/{tenant}/square"
        provider = "square"
        secrets = [
            "plain:hunter2",
            { id = "old", value = "plain:hunter1", not_before = "2026-01-01T00:00:00Z", not_after = 2027-01-01T00:00:00Z },
        ]
        public_url = "https://hooks.example.com"
        body_limit = "64KiB"
        dedupe = "content"
        lease = "90s"
        renewal = "10m"
        outcome = { done = [410, "3xx"], retry = ["4xx"] }
        dangerous_fail_open = true
        enforce = false

        [[endpoint]]
        name = "braintree"
        provider = "braintree"
        secrets = [{ value = "plain:private", parts = { public_key = "plain:public" } }]

        [[endpoint]]
        name = "stripe"
        provider = "stripe"
        secrets = ["plain:hunter2"]
        tolerance = { past = "10m", future = "30s" }
        "#,
    );
}

#[test]
fn errors_name_the_key_and_never_a_secret() {
    for (name, text, wanted) in [
        (
            "no endpoint",
            String::new(),
            vec!["endpoint", "at least one"],
        ),
        (
            "empty",
            with("secrets", r#"secrets = ["plain:"]"#),
            vec!["endpoint[0].secrets[0]", "empty"],
        ),
        (
            "blank",
            with("secrets", r#"secrets = ["plain:hunter2", "plain:   "]"#),
            vec!["endpoint[0].secrets[1]", "white space"],
        ),
        (
            "newline",
            with("secrets", "secrets = [\"plain:hunter2\\n\"]"),
            vec!["endpoint[0].secrets[0]", "newline"],
        ),
        (
            "no secrets",
            with("secrets", "secrets = []"),
            vec!["line 5", "endpoint[0].secrets", "at least one"],
        ),
        (
            "missing",
            with("secrets", ""),
            vec!["endpoint[0]", "secrets"],
        ),
        (
            "no list",
            with("secrets", r#"secrets = "plain:hunter2""#),
            vec!["endpoint[0].secrets", "a list"],
        ),
        (
            "a name",
            format!("[[\"plain:hunter2\"]]\n{}", with("secrets", "")),
            vec!["line 1", "plain:[redacted]", "unknown field"],
        ),
        (
            "a name further down",
            with("secrets", r#"secrets = ["plain:x"]"#) + "\n\"plain:hunter2\" = 1",
            vec!["plain:[redacted]", "unknown field"],
        ),
        (
            "no kind",
            with("secrets", r#"secrets = ["hunter2"]"#),
            vec!["endpoint[0].secrets", "env:NAME"],
        ),
        (
            "a number",
            with("secrets", "secrets = [7]"),
            vec!["endpoint[0].secrets", "a text or a table"],
        ),
        (
            "unset",
            with("secrets", r#"secrets = ["env:AXUM_WEBHOOK_UNSET"]"#),
            vec!["endpoint[0].secrets[0]", "AXUM_WEBHOOK_UNSET is not set"],
        ),
        (
            "no file",
            with("secrets", r#"secrets = ["file:no/such/file"]"#),
            vec!["endpoint[0].secrets[0]", "no/such/file can't be read"],
        ),
        (
            "table",
            with("secrets", r#"secrets = [{ valeu = "plain:hunter2" }]"#),
            vec!["`value`"],
        ),
        (
            "table key",
            with(
                "secrets",
                r#"secrets = [{ value = "plain:hunter2", not_befor = "x" }]"#,
            ),
            vec!["not_befor"],
        ),
        (
            "time",
            with(
                "secrets",
                r#"secrets = [{ value = "plain:hunter2", not_after = "soon" }]"#,
            ),
            vec!["RFC 3339"],
        ),
        (
            "same id",
            with(
                "secrets",
                r#"secrets = [{ value = "plain:hunter2", id = "a" }, { value = "plain:hunter2x", id = "a" }]"#,
            ),
            vec!["endpoint[0].secrets", "two secrets"],
        ),
        (
            "provider",
            with("provider", r#"provider = "strpe""#),
            vec![
                "endpoint[0].provider",
                "\"strpe\"",
                "did you mean \"stripe\"",
            ],
        ),
        (
            "neither",
            with("provider", ""),
            vec!["endpoint[0]", "`provider` or `scheme`"],
        ),
        (
            "unknown key",
            with("x", r#"secret = ["plain:hunter2"]"#),
            vec!["endpoint[0]", "unknown field `secret`"],
        ),
        (
            "public_url",
            with("x", r#"public_url = "https://user:hunter2@""#),
            vec!["endpoint[0].public_url", "such as"],
        ),
        (
            "tolerance",
            with("x", r#"tolerance = { past = "5" , future = "1m" }"#),
            vec!["endpoint[0].tolerance.past", "\"5\"", "such as \"5m\""],
        ),
        (
            "wide",
            with("x", r#"tolerance = { past = "90d" , future = "1m" }"#),
            vec!["endpoint[0].provider", "31d"],
        ),
        (
            "limit",
            with("x", r#"body_limit = "1MB""#),
            vec!["endpoint[0].body_limit", "\"1MB\"", "such as \"1MiB\""],
        ),
        (
            "budget",
            format!("[server]\nbody_budget = \"1GB\"\n{}", with("x", "")),
            vec![
                "server.body_budget",
                "\"1GB\"",
                "such as \"1MiB\"",
                "or \"off\"",
            ],
        ),
        (
            "path",
            with("path", r#"path = "hooks""#),
            vec!["endpoint[0].path", "\"hooks\"", "slash"],
        ),
        (
            "dedupe",
            with("provider", "provider = \"github\"\ndedupe = \"id\""),
            vec!["endpoint[0].provider", "signed"],
        ),
        (
            "whsec",
            with("provider", r#"provider = "svix""#),
            vec!["endpoint[0].secrets", "base64"],
        ),
        #[cfg(not(feature = "redis"))]
        (
            "redis",
            format!("[server]\nreplay = \"redis://user:hunter2@localhost\"\n{STRIPE}"),
            vec!["server.replay", "feature \"redis\""],
        ),
        #[cfg(not(feature = "postgres"))]
        (
            "postgres",
            format!("[server]\nreplay = \"postgres://user:hunter2@localhost\"\n{STRIPE}"),
            vec!["server.replay", "feature \"postgres\""],
        ),
        #[cfg(feature = "redis")]
        (
            "redis",
            format!("[server]\nreplay = \"redis://user:hunter2@localhost/x\"\n{STRIPE}"),
            vec!["server.replay", "URL"],
        ),
        #[cfg(feature = "postgres")]
        (
            "postgres",
            format!("[server]\nreplay = \"postgres://user:hunter2@localhost:x\"\n{STRIPE}"),
            vec!["server.replay", "URL"],
        ),
        (
            "replay",
            format!("[server]\nreplay = \"hunter2\"\n{STRIPE}"),
            vec!["server.replay", "memory"],
        ),
        (
            "syntax",
            with("secrets", "secrets = [\"plain:hunter2"),
            vec!["line 5"],
        ),
        (
            "same path",
            format!(
                "{STRIPE}{}",
                STRIPE.replace("\"payments\"", "\"other\"\npath = \"/webhooks/payments\"")
            ),
            vec!["two endpoints", "/webhooks/payments"],
        ),
        (
            "same name",
            format!(
                "{STRIPE}{}",
                STRIPE.replace("\"payments\"", "\"payments\"\npath = \"/b\"")
            ),
            vec!["two endpoints", "payments"],
        ),
        (
            "no url",
            with("provider", r#"provider = "square""#),
            vec!["payments", "public_url"],
        ),
    ] {
        let message = error(&text).unwrap_or_else(|| panic!("{name}: it should be refused"));
        println!("{name}: {message}");
        refuses(&text, &wanted);
    }
}

#[test]
fn a_scheme_of_ones_own_has_the_words_of_a_built_in_one() {
    let scheme = r#"
        [[endpoint]]
        name = "acme"
        secrets = ["plain:hunter2"]
        [endpoint.scheme]
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header = "x-acme" }, encoding = "hex" }
    "#;
    accepts(scheme);
    let endpoints = Config::from_toml(scheme).unwrap().endpoints().unwrap();
    assert_eq!(endpoints[0].scheme().id, "acme");

    refuses(
        &scheme.replace("{body}", "{nonce}"),
        &["endpoint[0].scheme", "nonce", "fields"],
    );
    refuses(
        &scheme.replace("{body}", "{method}"),
        &["endpoint[0].scheme", "neither the body nor its hash"],
    );
    for (algorithm, feature, is_on) in [
        ("ed25519", "ed25519", cfg!(feature = "ed25519")),
        (
            "rsa-pkcs1-sha256",
            "public-key",
            cfg!(feature = "public-key"),
        ),
        #[cfg(feature = "jwt")]
        ("jwt-eddsa", "ed25519", cfg!(feature = "ed25519")),
        #[cfg(not(feature = "jwt"))]
        ("jwt-hs256", "jwt", false),
    ] {
        let other = scheme
            .replace("hmac-sha256", algorithm)
            .replace("content =", "secret = \"public-key\"\ncontent =");
        if is_on {
            // The build can, and the secret of the file is no key.
            refuses(&other, &["endpoint[0]"]);
        } else {
            let needs = format!("\"{algorithm}\" needs feature \"{feature}\"");
            refuses(&other, &["endpoint[0].scheme", &needs]);
        }
    }
    refuses(
        &scheme.replace("hmac-sha256", "rot13"),
        &["endpoint[0].scheme", "rot13"],
    );
    refuses(
        &scheme.replace("algorithm", "algoritm"),
        &["endpoint[0].scheme", "unknown field `algoritm`"],
    );
    refuses(
        &scheme.replace("x-acme", "x acme"),
        &["endpoint[0].scheme", "\"x acme\"", "name of a header"],
    );
}

#[test]
fn every_provider_can_be_written_into_a_file_as_a_scheme() {
    for (id, describe) in axum_webhook::providers::ALL {
        let scheme = toml::Value::try_from(describe()).unwrap();
        let mut endpoint = toml::Table::new();
        endpoint.insert("name".into(), (*id).into());
        endpoint.insert("secrets".into(), vec!["plain:unused"].into());
        endpoint.insert("scheme".into(), scheme);
        let mut file = toml::Table::new();
        file.insert("endpoint".into(), toml::Value::Array(vec![endpoint.into()]));
        let text = toml::to_string(&file).unwrap();
        Config::from_toml(&text).unwrap_or_else(|error| panic!("{id}: {error}\n{text}"));
    }
}

const SHIPSTATION: &str = r#"
[[endpoint]]
name = "shipping"
provider = "shipstation"
secrets = ["remote:"]
"#;

#[test]
fn a_published_key_needs_no_pasted_one() {
    let at = |url: &str| SHIPSTATION.replace("remote:", url);
    let mixed = SHIPSTATION.replace("\"remote:\"", "\"remote:\", \"plain:hunter2\"");
    if cfg!(feature = "remote-keys") {
        accepts(SHIPSTATION);
        accepts(&at("remote:https://api.eu.shipengine.com/jwks"));
        refuses(
            &at("remote:https://evil.example/jwks"),
            &["endpoint[0].secrets", "evil.example"],
        );
        refuses(&at("remote:http://api.shipengine.com/jwks"), &["https"]);
        refuses(&mixed, &["endpoint[0].secrets", "two endpoints"]);
    } else if cfg!(feature = "public-key") {
        refuses(
            SHIPSTATION,
            &["endpoint[0].secrets", "feature \"remote-keys\""],
        );
    }
    refuses(
        &STRIPE.replace("plain:hunter2", "remote:"),
        &["endpoint[0].secrets", "no `remote_keys`"],
    );
    let part = r#"{ value = "plain:hunter2", parts = { a = "remote:" } }"#;
    refuses(
        &STRIPE.replace("\"plain:hunter2\"", part),
        &["endpoint[0].secrets[0].parts.a", "to be fetched"],
    );
}

/// Trials cost work on every refusal, so a file says for which endpoint.
#[test]
fn how_far_a_diagnosis_goes_is_said_for_all_or_for_one() {
    use axum_webhook::DiagnosisLevel::{Hints, Trials};

    let levels = |server: &str, endpoint: &str| {
        let text = format!(
            "[server]\n{server}\n[[endpoint]]\nname = \"a\"\nprovider = \"github\"\nsecrets = [\"plain:first-of-two-secrets\"]\n\
             {endpoint}\n[[endpoint]]\nname = \"b\"\nprovider = \"github\"\nsecrets = [\"plain:second-of-two-secrets\"]\n"
        );
        let report = Config::from_toml(&text)?.layer()?.report();
        let levels = report.endpoints.iter().map(|endpoint| endpoint.diagnosis);
        Ok::<_, ConfigError>(levels.collect::<Vec<_>>())
    };
    for (server, endpoint, want) in [
        ("", "", [Hints, Hints]),
        ("", "diagnosis = \"trials\"", [Trials, Hints]),
        ("diagnosis = \"trials\"", "", [Trials, Trials]),
        (
            "diagnosis = \"trials\"",
            "diagnosis = \"hints\"",
            [Hints, Trials],
        ),
    ] {
        assert_eq!(
            levels(server, endpoint).unwrap(),
            want,
            "{server} {endpoint}"
        );
    }
    let error = levels("diagnosis = \"everything\"", "").unwrap_err();
    assert_eq!(error.key(), "server.diagnosis");
}
