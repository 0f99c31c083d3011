//! The linter: each code, with the smallest scheme that has it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use axum_webhook::{
    Endpoint, EndpointError, Secret, Span,
    scheme::{Finding, Scheme, Severity, Tolerance},
};

use Severity::{Error, Warning};

/// The start of a scheme whose signature is fine.
const SIGNED: &str = r#"
    algorithm = "hmac-sha256"
    signature = { at = { header = "x-sig" }, encoding = "hex" }
"#;

/// The start of a scheme with which nothing is wrong.
const FINE: &str = r#"
    algorithm = "hmac-sha256"
    content = "{body}"
    signature = { at = { header = "x-sig" }, encoding = "hex" }
"#;

/// The start of a scheme with a public key and with which nothing is wrong.
#[cfg(feature = "ed25519")]
const PUBLISHED: &str = r#"
    algorithm = "ed25519"
    secret = "public-key"
    content = "{body}"
    signature = { at = { header = "x-sig" }, encoding = "hex" }
"#;

/// The start of a scheme of a token with which nothing is wrong.
const TOKEN: &str = r#"
    algorithm = "shared-token"
    coverage = "credential"
    signature = { at = { header = "x-token" }, encoding = "text" }
"#;

/// The start of a scheme of a JWT with which nothing is wrong.
const JWT: &str = r#"
    algorithm = "jwt-hs256"
    signature = { at = "bearer", encoding = "text" }
    claims = [{ at = "/exp" }, { at = "/hash", is = ["{body|sha256|hex}"] }]
"#;

/// Code, severity, and a scheme that has this finding and none that is worse.
const FINDINGS: &[(&str, Severity, &str, &str)] = &[
    ("id", Error, FINE, r#"id = """#),
    ("id", Error, FINE, r#"id = "my scheme""#),
    ("id", Error, FINE, r#"id = "schéma""#),
    ("methods", Error, FINE, "methods = []"),
    ("retry-horizon", Error, FINE, r#"retry_horizon = "61d""#),
    ("key-id", Error, FINE, r#"key_id = { json = "/key" }"#),
    ("key-id", Error, FINE, r#"key_id = { form = "key" }"#),
    (
        "remote-keys",
        Error,
        FINE,
        r#"remote_keys = { url = "https://keys.example.com/a", hosts = ["keys.example.com"], document = "jwk-set" }"#,
    ),
    #[cfg(feature = "ed25519")]
    (
        "remote-keys",
        Error,
        PUBLISHED,
        r#"remote_keys = { url = "http://keys.example.com/a", hosts = ["keys.example.com"], document = "jwk-set" }"#,
    ),
    #[cfg(feature = "ed25519")]
    (
        "remote-keys",
        Error,
        PUBLISHED,
        r#"remote_keys = { url = "https://evil.example/a", hosts = ["keys.example.com"], document = "jwk-set" }"#,
    ),
    #[cfg(feature = "ed25519")]
    (
        "remote-keys",
        Error,
        PUBLISHED,
        r#"remote_keys = { url = { at = { header = "x" }, path = "/a" }, hosts = [], document = "jwk-set" }"#,
    ),
    #[cfg(feature = "ed25519")]
    (
        "remote-keys",
        Error,
        PUBLISHED,
        r#"remote_keys = { url = { at = { header = "x" }, path = "/a" }, hosts = ["*.com"], document = "jwk-set" }"#,
    ),
    #[cfg(feature = "ed25519")]
    (
        "remote-keys",
        Error,
        PUBLISHED,
        r#"remote_keys = { url = { at = { header = "x" }, path = "/*/*" }, hosts = ["a.example"], document = "pem" }"#,
    ),
    #[cfg(feature = "ed25519")]
    (
        "remote-keys",
        Error,
        PUBLISHED,
        r#"remote_keys = { url = "https://a.example/a", hosts = ["a.example"], document = { certificate = { names = [], trust = "host" } } }"#,
    ),
    #[cfg(feature = "ed25519")]
    (
        "remote-keys",
        Error,
        PUBLISHED,
        r#"remote_keys = { url = "https://a.example/a", hosts = ["a.example"], document = "plaid-key" }"#,
    ),
    #[cfg(feature = "ed25519")]
    (
        "remote-keys",
        Error,
        PUBLISHED,
        r#"
        secret_parts = ["client_id", "other"]
        remote_keys = { url = "https://a.example/a", hosts = ["a.example"], document = "plaid-key" }
        "#,
    ),
    (
        "is",
        Error,
        FINE,
        r#"fields = [{ name = "a", at = { header = "x" }, is = "{body}" }]"#,
    ),
    (
        "is",
        Error,
        FINE,
        r#"fields = [{ name = "a", at = { header = "x" }, is = "" }]"#,
    ),
    (
        "is-unsigned",
        Error,
        FINE,
        r#"
        secret_parts = ["topic"]
        fields = [{ name = "a", at = { header = "x" }, is = "{secret.topic}" }]
        "#,
    ),
    ("secret", Error, FINE, r#"secret = "public-key""#),
    #[cfg(feature = "ed25519")]
    (
        "secret",
        Error,
        "",
        r#"
        algorithm = "ed25519"
        content = "{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        "#,
    ),
    #[cfg(not(feature = "ed25519"))]
    (
        "needs-feature",
        Error,
        "",
        r#"
        algorithm = "ed25519"
        secret = "public-key"
        content = "{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        "#,
    ),
    #[cfg(not(feature = "public-key"))]
    (
        "needs-feature",
        Error,
        "",
        r#"
        algorithm = "jwt-rs256"
        secret = "public-key"
        coverage = "credential"
        signature = { at = "bearer", encoding = "text" }
        "#,
    ),
    #[cfg(not(feature = "jwt"))]
    (
        "needs-feature",
        Error,
        JWT,
        r#"
        dedupe = "id"
        event_id = { json = "/id" }
        "#,
    ),
    (
        "token",
        Error,
        "",
        r#"
        algorithm = "jwt-hs256"
        content = "{body}"
        signature = { at = { header = "x-token" }, encoding = "base64-url" }
        "#,
    ),
    (
        "token",
        Error,
        "",
        r#"
        algorithm = "jwt-hs256"
        content = "{body}"
        signature = { at = { header = "x-token" }, list = { items = "," }, encoding = "text" }
        "#,
    ),
    (
        "token",
        Error,
        "",
        r#"
        algorithm = "jwt-hs256"
        content = "{body}"
        signature = { at = { json = "/token" }, encoding = "text" }
        "#,
    ),
    (
        "token",
        Error,
        "",
        r#"
        algorithm = "jwt-hs256"
        content = "{body}"
        signature = { at = { headers = ["x-token"] }, encoding = "text" }
        "#,
    ),
    (
        "claims",
        Error,
        FINE,
        r#"claims = [{ at = "/iss", is = ["x"] }]"#,
    ),
    ("claims", Error, FINE, r#"event_id = { claim = "/jti" }"#),
    ("claims", Error, FINE, r#"event_type = { claim = "/typ" }"#),
    (
        "claims",
        Error,
        FINE,
        r#"
        timestamp = { at = { claim = "/iat" }, unit = "unix-seconds" }
        tolerance = { past = "5m", future = "5m" }
        "#,
    ),
    (
        "claims",
        Error,
        "",
        r#"
        algorithm = "jwt-hs256"
        content = "{body}"
        signature = { at = { header = "x-token" }, encoding = "text" }
        claims = [{ at = "/iss" }]
        "#,
    ),
    (
        "claims",
        Error,
        "",
        r#"
        algorithm = "jwt-hs256"
        content = "{body}"
        signature = { at = { header = "x-token" }, encoding = "text" }
        event_id = { claim = "/jti" }
        "#,
    ),
    (
        "token-never-expires",
        Warning,
        "",
        r#"
        algorithm = "jwt-hs256"
        signature = { at = "bearer", encoding = "text" }
        claims = [{ at = "/hash", is = ["{body|sha256|hex}"] }, { at = "/iat" }]
        "#,
    ),
    ("coverage", Error, JWT, r#"coverage = "credential""#),
    (
        "coverage",
        Error,
        "",
        r#"
        algorithm = "jwt-hs256"
        signature = { at = "bearer", encoding = "text" }
        claims = [{ at = "/exp" }, { at = "/hash", is = ["{body|first|sha256|hex}"] }]
        "#,
    ),
    ("dedupe-no-content", Error, JWT, r#"dedupe = "content""#),
    (
        "tolerance",
        Error,
        FINE,
        r#"tolerance = { past = "5m", future = "1m" }"#,
    ),
    (
        "tolerance",
        Error,
        SIGNED,
        r#"
        content = "{timestamp}.{body}"
        timestamp = { at = { header = "x-time" }, unit = "unix-seconds" }
        tolerance = { past = "32d", future = "1m" }
        "#,
    ),
    (
        "tolerance",
        Error,
        SIGNED,
        r#"
        content = "{timestamp}.{body}"
        timestamp = { at = { header = "x-time" }, unit = "unix-seconds" }
        tolerance = { past = "5m", future = "745h" }
        "#,
    ),
    (
        "timestamp-unchecked",
        Warning,
        SIGNED,
        r#"
        content = "{timestamp}.{body}"
        timestamp = { at = { header = "x-time" }, unit = "unix-seconds" }
        "#,
    ),
    (
        "window-on-unsigned-timestamp",
        Warning,
        FINE,
        r#"
        timestamp = { at = { header = "x-time" }, unit = "unix-seconds" }
        tolerance = { past = "5m", future = "1m" }
        "#,
    ),
    (
        "window-on-unsigned-timestamp",
        Warning,
        TOKEN,
        r#"
        timestamp = { at = { json = "/time" }, unit = "unix-seconds" }
        tolerance = { past = "5m", future = "1m" }
        "#,
    ),
    (
        "weak-algorithm",
        Warning,
        "",
        r#"
        algorithm = "sha256"
        content = "{body}{secret}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        "#,
    ),
    (
        "secret-not-hashed",
        Error,
        "",
        r#"
        algorithm = "sha512"
        content = "{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        "#,
    ),
    ("dedupe-unsigned-id", Error, FINE, r#"dedupe = "id""#),
    (
        "dedupe-unsigned-id",
        Error,
        FINE,
        r#"
        dedupe = "id"
        event_id = { header = "x-id" }
        "#,
    ),
    (
        "dedupe-new-id",
        Error,
        FINE,
        r#"
        dedupe = "id"
        event_id = { json = "/id" }
        event_id_on_retry = "new"
        "#,
    ),
    ("dedupe-no-content", Error, TOKEN, r#"dedupe = "content""#),
    ("content", Error, SIGNED, ""),
    ("content", Error, TOKEN, r#"content = "{body}""#),
    (
        "coverage",
        Error,
        "",
        r#"
        algorithm = "shared-token"
        signature = { at = { header = "x-token" }, encoding = "text" }
        "#,
    ),
    ("coverage", Error, FINE, r#"coverage = "fields""#),
    ("coverage", Error, FINE, r#"coverage = "credential""#),
    (
        "body-not-covered",
        Error,
        SIGNED,
        r#"content = "{method} {path}""#,
    ),
    ("body-not-covered", Error, SIGNED, r#"content = "literal""#),
    ("body-not-covered", Error, SIGNED, r#"content = """#),
    (
        "body-not-covered",
        Error,
        SIGNED,
        r#"content = "{body|first}""#,
    ),
    (
        "body-not-covered",
        Error,
        SIGNED,
        r#"
        content = "{url}"
        body_hash = { at = { header = "x-hash" }, encoding = "hex" }
        "#,
    ),
    (
        "body-not-covered",
        Error,
        SIGNED,
        r#"
        content = "{a}"
        fields = [{ name = "a", at = { header = "x-a" } }]
        body_hash = { at = { header = "x-hash" }, encoding = "hex" }
        "#,
    ),
    // The secret alone is the same for all deliveries.
    (
        "body-not-covered",
        Error,
        "",
        r#"
        algorithm = "sha256"
        coverage = "fields"
        content = "{secret}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        "#,
    ),
    (
        "body-not-covered",
        Error,
        SIGNED,
        r#"
        coverage = "fields"
        content = "{secret.salt}"
        secret_parts = ["salt"]
        "#,
    ),
    (
        "body-not-covered",
        Error,
        SIGNED,
        r#"
        content = "{a}"
        fields = [{ name = "a", at = { json = "/a" } }]
        "#,
    ),
    (
        "width",
        Error,
        SIGNED,
        r#"
        content = "{a}.{body}"
        fields = [{ name = "a", at = { header = "x-a" }, width = { charset = "digits", min = 2, max = 1 } }]
        "#,
    ),
    (
        "field",
        Error,
        FINE,
        r#"fields = [{ name = "a", at = { header = "x-a" } }]"#,
    ),
    (
        "free",
        Error,
        SIGNED,
        r#"
        content = "{a}.{body}"
        fields = [{ name = "a", at = { header = "x-a" }, free = true }]
        "#,
    ),
    (
        "no-separator",
        Warning,
        SIGNED,
        r#"
        content = "{a}{body}"
        fields = [{ name = "a", at = { header = "x-a" } }]
        "#,
    ),
    (
        "no-separator",
        Warning,
        SIGNED,
        r#"
        content = "{id}{timestamp}{body}"
        event_id = { header = "x-id" }
        timestamp = { at = { header = "x-time" }, unit = "unix-seconds" }
        tolerance = { past = "5m", future = "5m" }
        "#,
    ),
    (
        "no-separator",
        Warning,
        SIGNED,
        r#"
        content = "{url}{a}"
        coverage = "fields"
        fields = [{ name = "a", at = { header = "x-a" } }]
        "#,
    ),
    ("url-body", Warning, SIGNED, r#"content = "{url}{body}""#),
    (
        "url-separator",
        Warning,
        SIGNED,
        r#"
        content = "{url}.{a}"
        coverage = "fields"
        fields = [{ name = "a", at = { header = "x-a" }, free = true }]
        "#,
    ),
    (
        "url-separator",
        Warning,
        SIGNED,
        r#"content = "{url}.{body}""#,
    ),
    (
        "url-separator",
        Warning,
        SIGNED,
        r#"content = "{body}|{path}""#,
    ),
    (
        "url-separator",
        Warning,
        SIGNED,
        r#"content = "{url}?{query}{body|sha256}""#,
    ),
    (
        "answers",
        Error,
        FINE,
        "answers = { accepted = { status = 302 } }",
    ),
    (
        "answers",
        Error,
        FINE,
        "answers = { duplicate = { status = 409 } }",
    ),
    (
        "answers",
        Error,
        FINE,
        "answers = { refused = { status = 200 } }",
    ),
    (
        "answers",
        Error,
        FINE,
        "answers = { refused = { status = 410 } }",
    ),
    (
        "answers",
        Error,
        FINE,
        "answers = { refused = { status = 1000 } }",
    ),
    (
        "answers",
        Error,
        FINE,
        r#"answers = { refused = { status = 401, content_type = "text/html", body = "<b>no</b>" } }"#,
    ),
    ("role", Error, SIGNED, r#"content = "{nope}.{body}""#),
    ("role", Error, SIGNED, r#"content = "{id}.{body}""#),
    ("role", Error, SIGNED, r#"content = "{timestamp}.{body}""#),
    ("role", Error, SIGNED, r#"content = "{secret}.{body}""#),
    ("role", Error, SIGNED, r#"content = "{secret.x}.{body}""#),
    (
        "role",
        Error,
        SIGNED,
        r#"content = "{signed_headers}.{body}""#,
    ),
    ("role", Error, SIGNED, r#"content = "{challenge}.{body}""#),
    ("role", Error, SIGNED, r#"content = "{url}.{form}""#),
    ("filter", Error, SIGNED, r#"content = "{body|hmac}""#),
    ("filter", Error, SIGNED, r#"content = "{body|distinct}""#),
    ("filter", Error, SIGNED, r#"content = "{body|minify|json}""#),
    ("filter", Error, SIGNED, r#"content = "{url|json}.{body}""#),
    ("filter", Error, SIGNED, r#"content = "{body|hubspot}""#),
    ("filter", Error, SIGNED, r#"content = "{url|first}.{body}""#),
    (
        "encoding",
        Error,
        "",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header = "x-sig" }, encoding = "text" }
        "#,
    ),
    (
        "list",
        Error,
        "",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { headers = ["x-sig"] }, list = { items = "," }, encoding = "hex" }
        "#,
    ),
    (
        "list",
        Error,
        "",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header_family = "x-sig-" }, list = { items = "," }, encoding = "hex" }
        "#,
    ),
    (
        "list",
        Error,
        "",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header = "x-sig" }, item = "v1", encoding = "hex" }
        "#,
    ),
    (
        "list",
        Error,
        "",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header = "x-sig" }, list = { items = "," }, item = "v1", encoding = "hex" }
        "#,
    ),
    (
        "list",
        Error,
        "",
        r#"
        algorithm = "hmac-sha256"
        content = "{timestamp}.{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        timestamp = { at = { item = "t" }, unit = "unix-seconds" }
        tolerance = { past = "5m", future = "5m" }
        "#,
    ),
    (
        "list",
        Error,
        "",
        r#"
        algorithm = "hmac-sha256"
        coverage = "fields"
        content = "{timestamp}.{a}"
        signature = { at = { json = "/sig" }, list = { items = ",", pair = "=" }, item = "v1", encoding = "hex" }
        timestamp = { at = { item = "t" }, unit = "unix-seconds" }
        tolerance = { past = "5m", future = "5m" }
        fields = [{ name = "a", at = { json = "/a" } }]
        "#,
    ),
    ("list", Error, FINE, r#"event_id = { item = "id" }"#),
    (
        "list",
        Error,
        SIGNED,
        r#"
        content = "{a}.{body}"
        fields = [{ name = "a", at = { item = "a" } }]
        "#,
    ),
    (
        "list",
        Error,
        "",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header = "x-sig" }, list = { items = "" }, encoding = "hex" }
        "#,
    ),
    (
        "list",
        Error,
        "",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header = "x-sig" }, list = { items = ",", pair = "" }, item = "v1", encoding = "hex" }
        "#,
    ),
    (
        "list",
        Error,
        "",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header = "x-sig" }, list = { sets = "", items = ",", pair = "=" }, item = "v1", encoding = "hex" }
        "#,
    ),
    (
        "list",
        Error,
        "",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { repeated_header = "x-sig" }, list = { sets = " ", items = ",", pair = "=" }, item = "v1", encoding = "hex" }
        "#,
    ),
    (
        "signature",
        Error,
        "",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { item = "v1" }, list = { items = ",", pair = "=" }, item = "v1", encoding = "hex" }
        "#,
    ),
    (
        "secret-parts",
        Error,
        "",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header = "x-sig" }, list = { items = "&", pair = "|" }, item = { secret = "public_key" }, encoding = "hex" }
        "#,
    ),
    (
        "secret-parts",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "GET"
        signed = false
        when = [{ at = { query = "token" }, is = { secret = "verify_token" } }]
        answer = { status = 200, body = "" }
        "#,
    ),
    (
        "each",
        Error,
        SIGNED,
        r#"
        coverage = "fields"
        content = "{a}"
        each = { array = "/items", item = "" }
        fields = [{ name = "a", at = { json = "/a" } }]
        "#,
    ),
    (
        "claims",
        Error,
        "",
        r#"
        algorithm = "jwt-hs256"
        signature = { at = "bearer", encoding = "text" }
        claims = [{ at = "/exp" }, { at = "", is = ["{body|sha256|hex}"] }]
        "#,
    ),
    (
        "claims",
        Error,
        "",
        r#"
        algorithm = "jwt-hs256"
        signature = { at = "bearer", encoding = "text" }
        claims = [{ at = "/exp" }, { at = "/hash", is = ["{body|sha256}"] }]
        "#,
    ),
    (
        "handshake",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "GET"
        signed = false
        challenge = { at = { query = "c" }, charset = "hex", min = 1, max = 64 }
        answer = { status = 200, content_type = "text/plain", body = "{challenge}{body}" }
        "#,
    ),
    (
        "handshake",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "GET"
        signed = false
        challenge = { at = { query = "c" }, charset = "hex", min = 1, max = 64 }
        answer = { status = 200, content_type = "text/plain", body = "{challenge}{secret.nope}" }
        "#,
    ),
    (
        "handshake",
        Error,
        TOKEN,
        r#"
        [[handshake]]
        method = "GET"
        signed = false
        challenge = { at = { query = "c" }, charset = "hex", min = 1, max = 64 }
        answer = { status = 200, content_type = "text/plain", body = "{challenge|hmac|hex}" }
        "#,
    ),
    (
        "handshake",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "GET"
        signed = false
        challenge = { at = { query = "c" }, charset = "hex", min = 1, max = 64 }
        answer = { status = 200, content_type = "text/plain", body = "ok" }
        "#,
    ),
    (
        "handshake",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "GET"
        signed = false
        answer = { status = 200, content_type = "text/plain", body = "{challenge}" }
        "#,
    ),
    (
        "handshake",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "GET"
        signed = false
        challenge = { at = { query = "c" }, charset = "hex", min = 1, max = 1025 }
        answer = { status = 200, content_type = "text/plain", body = "{challenge}" }
        "#,
    ),
    (
        "handshake",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "GET"
        signed = false
        challenge = { at = { query = "c" }, charset = "hex", min = 1, max = 64 }
        answer = { status = 200, content_type = "text/html", body = "{challenge}" }
        "#,
    ),
    (
        "handshake",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "GET"
        signed = false
        answer = { status = 200, content_type = "text/html", body = "<b>ok</b>" }
        "#,
    ),
    (
        "handshake",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "GET"
        signed = false
        challenge = { at = { query = "c" }, charset = "token", min = 1, max = 64 }
        answer = { status = 200, headers = [{ name = "location", value = "{challenge}" }], body = "" }
        "#,
    ),
    (
        "oracle",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "GET"
        signed = false
        challenge = { at = { query = "c" }, charset = "token", min = 1, max = 64 }
        answer = { status = 200, headers = [{ name = "x-mac", value = "{challenge|hmac|hex}" }], body = "" }
        "#,
    ),
    (
        "handshake",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "POST"
        signed = true
        answer = { status = 200, body = "" }
        "#,
    ),
    (
        "handshake",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "POST"
        signed = false
        answer = { status = 200, body = "" }
        "#,
    ),
    (
        "pairs",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "POST"
        signed = true
        pairs = true
        challenge = { at = { header = "x-key" }, charset = "token", min = 16, max = 64 }
        answer = { status = 200, body = "" }
        "#,
    ),
    (
        "pairs",
        Error,
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        secret_parts = ["part"]
        "#,
        r#"
        [[handshake]]
        method = "POST"
        signed = false
        pairs = true
        when = [{ at = { query = "p" }, is = { secret = "part" } }]
        challenge = { at = { header = "x-key" }, charset = "token", min = 16, max = 64 }
        answer = { status = 200, body = "" }
        "#,
    ),
    (
        "pairs",
        Error,
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        secret_parts = ["part"]
        "#,
        r#"
        [[handshake]]
        method = "POST"
        signed = false
        pairs = true
        challenge = { at = { header = "x-key" }, charset = "token", min = 16, max = 64 }
        answer = { status = 200, content_type = "text/plain", body = "{secret.part}" }
        "#,
    ),
    // It is no oracle: no challenge has a colon.
    (
        "pairs",
        Error,
        SIGNED,
        r#"
        content = "v0:{body}"

        [[handshake]]
        method = "POST"
        signed = false
        pairs = true
        challenge = { at = { header = "x-key" }, charset = "token", min = 16, max = 64 }
        answer = { status = 200, content_type = "text/plain", body = "{challenge|hmac|hex}" }
        "#,
    ),
    (
        "oracle",
        Error,
        FINE,
        r#"
        [[handshake]]
        method = "GET"
        signed = false
        challenge = { at = { query = "c" }, charset = "token", min = 1, max = 64 }
        answer = { status = 200, content_type = "text/plain", body = "{challenge|hmac|hex}" }
        "#,
    ),
    // A text of a time and a token is a challenge too, and so is a hash in hex.
    (
        "oracle",
        Error,
        SIGNED,
        r#"
        content = "{timestamp}.{body}"
        timestamp = { at = { header = "x-time" }, unit = "unix-seconds" }
        tolerance = { past = "5m", future = "5m" }

        [[handshake]]
        method = "GET"
        signed = false
        challenge = { at = { query = "c" }, charset = "token", min = 1, max = 64 }
        answer = { status = 200, content_type = "text/plain", body = "{challenge|hmac|hex}" }
        "#,
    ),
    (
        "oracle",
        Error,
        SIGNED,
        r#"
        content = "{body|sha256|hex}"

        [[handshake]]
        method = "GET"
        signed = false
        challenge = { at = { query = "c" }, charset = "hex", min = 1, max = 64 }
        answer = { status = 200, content_type = "text/plain", body = "{challenge|hmac|hex}" }
        "#,
    ),
    (
        "oracle",
        Error,
        SIGNED,
        r#"
        coverage = "fields"
        content = "{a|sha256|hex}"
        fields = [{ name = "a", at = { json = "/a" }, width = { charset = "hex", min = 65, max = 99 } }]

        [[handshake]]
        method = "GET"
        signed = false
        challenge = { at = { query = "c" }, charset = "hex", min = 1, max = 64 }
        answer = { status = 200, content_type = "text/plain", body = "{challenge|hmac|hex}" }
        "#,
    ),
    // `{}` is an object, and printable.
    (
        "oracle",
        Error,
        SIGNED,
        r#"
        content = "{body|json}"

        [[handshake]]
        method = "GET"
        signed = false
        challenge = { at = { query = "c" }, charset = "printable", min = 1, max = 64 }
        answer = { status = 200, content_type = "text/plain", body = "{challenge|hmac|hex}" }
        "#,
    ),
];

fn read(toml: &str) -> Scheme {
    toml::from_str(toml).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

fn codes(scheme: &Scheme) -> Vec<(&'static str, Severity)> {
    let mut codes: Vec<_> = scheme
        .lint()
        .iter()
        .map(|finding| (finding.code(), finding.severity()))
        .collect();
    codes.dedup();
    codes
}

#[test]
fn the_starts_of_the_table_are_fine_themselves() {
    for toml in [FINE, TOKEN, JWT] {
        let scheme = read(toml);
        if scheme.algorithm.needs_feature().is_some() {
            continue;
        }
        assert_eq!(codes(&scheme), []);
        assert_eq!(scheme.validate(), Ok(()));
    }
}

#[test]
fn each_finding_has_its_smallest_scheme() {
    for (code, severity, start, rest) in FINDINGS {
        let toml = format!("{start}\n{rest}");
        let scheme = read(&toml);
        if scheme.algorithm.needs_feature().is_some() && *code != "needs-feature" {
            // Of a token that can't be read, no more is said.
            assert!(codes(&scheme).contains(&("needs-feature", Error)));
            continue;
        }
        let mut found = codes(&scheme);
        // A scheme with an error may deserve a warning as well.
        found.retain(|(_, of)| of >= severity);
        assert_eq!(found, [(*code, *severity)], "{toml}");
        let validated = scheme.validate();
        if *severity == Error {
            let error = validated.expect_err(code);
            assert_eq!(error.findings()[0].code(), *code);
            assert!(error.to_string().contains(error.findings()[0].message()));
            // Nothing is built with it either.
            let secret = Secret::new("the secret of a custom scheme").unwrap();
            let built = Endpoint::new(scheme, secret);
            assert!(matches!(built, Err(EndpointError::Scheme(_))), "{toml}");
        } else {
            assert_eq!(validated, Ok(()), "{toml}");
        }
    }
}

#[test]
fn a_scheme_without_a_shape_is_refused() {
    let mut scheme = read(FINE);
    scheme.shapes.clear();
    assert_eq!(codes(&scheme), [("shapes", Error)]);
}

#[test]
fn a_list_is_refused_that_could_be_read_in_another_way() {
    #[track_caller]
    fn check(signature: &str, time: &str, told: Option<&str>) {
        let scheme = read(&format!(
            r#"
            algorithm = "hmac-sha256"
            content = "{{timestamp}}.{{body}}"
            signature = {{ at = {{ header = "x-sig" }}, {signature} }}
            timestamp = {{ {time} }}
            tolerance = {{ past = "5m", future = "5m" }}
            "#
        ));
        let lint = scheme.lint();
        let errors = lint.iter().filter(|finding| finding.severity() == Error);
        let messages: Vec<_> = errors.map(Finding::message).collect();
        match told {
            Some(told) => {
                assert!(
                    messages.iter().any(|text| text.contains(told)),
                    "{messages:?}"
                );
            }
            None => assert!(messages.is_empty(), "{messages:?}"),
        }
    }
    let stripe = r#"list = { items = ",", pair = "=" }, item = "v1", encoding = "hex""#;
    let t = r#"at = { item = "t" }, unit = "unix-seconds""#;
    check(stripe, t, None);
    for item in ["", "v1=", "=v1", "v=1", "v,1", ",v1"] {
        let named = stripe.replace("v1", item);
        check(&named, t, Some("is empty, or a separator stands in it"));
        let named = t.replace("\"t\"", &format!("{item:?}"));
        check(
            stripe,
            &named,
            Some("is empty, or a separator stands in it"),
        );
    }
    check(
        &stripe
            .replace(r#"pair = "=""#, r#"pair = "==""#)
            .replace("v1", "v1="),
        t,
        Some("is empty, or a separator stands in it"),
    );
    check(
        &stripe.replace(r#"pair = "=""#, r#"pair = ",=""#),
        t,
        Some("is empty, or a separator stands in it"),
    );
    check(
        &stripe.replace(r#"item = "v1", "#, ""),
        t,
        Some("needs an `item`"),
    );
    check(stripe, &t.replace("\"t\"", "\"v1\""), Some("own `item`"));
    check(
        &stripe.replace("list = {", r#"list = { sets = " ","#),
        t,
        None,
    );
    for sets in [",", "="] {
        check(
            &stripe.replace("list = {", &format!("list = {{ sets = {sets:?},")),
            t,
            Some(if sets == "," {
                "`sets` stand"
            } else {
                "stands in it"
            }),
        );
    }
    // What a signature or a time is written with separates neither.
    let open = "can stand in a value too";
    let with = |items: &str, encoding: &str| {
        stripe
            .replace(r#"items = ",""#, &format!("items = {items:?}"))
            .replace("hex", encoding)
    };
    let beside = r#"at = { header = "x-time" }, unit = "unix-seconds""#;
    for (items, encoding, told) in [
        ("a", "hex", Some(open)),
        ("g", "hex", None),
        ("A", "hex", None),
        ("A", "hex-upper", Some(open)),
        ("a", "hex-upper", None),
        ("A", "hex-any-case", Some(open)),
        ("g", "base64", Some(open)),
        ("/+", "base64", Some(open)),
        ("-", "base64", None),
        ("-", "base64-url", Some(open)),
        ("+", "base64-url", None),
        ("_-", "base64-url-padded", Some(open)),
        ("a;", "base64", None),
    ] {
        check(&with(items, encoding), beside, told);
    }
    for (items, unit, told) in [
        ("0", "unix-seconds", Some(open)),
        ("-", "unix-seconds", None),
        ("-", "rfc3339", Some(open)),
        ("Z", "rfc3339", Some(open)),
        ("_", "rfc3339", None),
        (" ", "rfc2822", Some(open)),
        ("G", "rfc2822", Some(open)),
        ("_", "rfc2822", None),
    ] {
        let time = t.replace("unix-seconds", unit);
        check(&with(items, "hex"), &time, told);
    }
    let prefixed = format!(r#"{stripe}, prefix = "a,b""#);
    check(&prefixed, t, Some(open));
    check(&prefixed.replace("a,b", "a=b"), t, None);
}

/// The codes in the linter's own text, so that one without a case here is seen.
#[test]
fn every_code_of_the_linter_is_in_the_table() {
    let mut in_source = BTreeSet::new();
    for source in [
        include_str!("../../../src/scheme/lint/mod.rs"),
        include_str!("../../../src/scheme/lint/answers.rs"),
        include_str!("../../../src/scheme/lint/content.rs"),
        include_str!("../../../src/scheme/lint/coverage.rs"),
        include_str!("../../../src/scheme/lint/handshake.rs"),
        include_str!("../../../src/scheme/lint/list.rs"),
        include_str!("../../../src/scheme/lint/signature.rs"),
        include_str!("../../../src/scheme/lint/urls.rs"),
    ] {
        for call in ["self.error(", "self.warn("] {
            for rest in source.split(call).skip(1) {
                let code = rest.trim_start().strip_prefix('"').unwrap();
                in_source.insert(&code[..code.find('"').unwrap()]);
            }
        }
    }
    let mut tried: BTreeSet<_> = FINDINGS.iter().map(|(code, ..)| *code).collect();
    tried.insert("shapes");
    // With every feature there is no algorithm that needs one.
    tried.insert("needs-feature");
    assert_eq!(in_source, tried);
}

#[test]
fn every_finding_says_what_would_be_right() {
    for (_, _, start, rest) in FINDINGS {
        for finding in read(&format!("{start}\n{rest}")).lint() {
            let (code, message) = (finding.code(), finding.message());
            assert!(message.len() >= 20, "{code}: {message}");
            assert!(!message.ends_with('.'), "{code}: {message}");
            assert!(!message.contains("  "), "{code}: {message}");
            assert_eq!(finding.to_string(), format!("{code}: {message}"));
        }
    }
}

#[test]
fn each_algorithm_that_is_not_in_this_build_names_its_feature() {
    let ed25519 = cfg!(feature = "ed25519");
    let public_key = cfg!(feature = "public-key");
    for (algorithm, secret, feature, is_on) in [
        ("keccak256", "text", "keccak", cfg!(feature = "keccak")),
        ("ed25519", "public-key", "ed25519", ed25519),
        ("ecdsa-p256-sha256", "public-key", "public-key", public_key),
        ("rsa-pkcs1-sha1", "public-key", "public-key", public_key),
        ("rsa-pkcs1-sha256", "public-key", "public-key", public_key),
        ("rsa-pkcs1-sha512", "public-key", "public-key", public_key),
        ("rsa-pss-sha256", "public-key", "public-key", public_key),
        ("jwt-rs256", "public-key", "public-key", public_key),
        ("jwt-rs512", "public-key", "public-key", public_key),
        ("jwt-ps256", "public-key", "public-key", public_key),
        ("jwt-es256", "public-key", "public-key", public_key),
        ("jwt-eddsa", "public-key", "ed25519", ed25519),
        ("jwt-hs256", "text", "jwt", true),
        ("jwt-hs384", "text", "jwt", true),
        ("jwt-hs512", "text", "jwt", true),
    ] {
        // Without `jwt`, no token can be read, whatever signs it.
        let is_token = algorithm.starts_with("jwt-");
        let (feature, is_on) = if is_token && !cfg!(feature = "jwt") {
            ("jwt", false)
        } else {
            (feature, is_on)
        };
        let encoding = if is_token { "text" } else { "base64" };
        let scheme = read(&format!(
            r#"
            algorithm = "{algorithm}"
            secret = "{secret}"
            content = "{{body}}{tail}"
            signature = {{ at = {{ header = "x-sig" }}, encoding = "{encoding}" }}
            "#,
            tail = if algorithm == "keccak256" {
                "{secret}"
            } else {
                ""
            },
        ));
        assert_eq!(scheme.algorithm.needs_feature().is_none(), is_on);
        if is_on {
            assert_eq!(scheme.validate(), Ok(()), "{algorithm}");
            continue;
        }
        let error = scheme.validate().expect_err(algorithm);
        let [finding] = error.findings() else {
            panic!("{algorithm}: something else is said: {error}");
        };
        assert_eq!(finding.code(), "needs-feature");
        let message = finding.message();
        assert!(message.contains(&format!("{algorithm:?}")), "{message}");
        assert!(
            message.contains(&format!("feature {feature:?}")),
            "{message}"
        );
    }
}

#[test]
fn t_e6_a_scheme_that_covers_neither_the_body_nor_its_hash_is_refused() {
    for content in [
        "{timestamp}",
        "{id}",
        "{id}.{timestamp}",
        "{url}",
        "{method}{path}{query}",
        "{a}",
        "{body|first}",
        "{body|crc32}",
        "static",
    ] {
        let toml = format!(
            r#"
            algorithm = "hmac-sha256"
            content = "{content}"
            signature = {{ at = {{ header = "x-sig" }}, encoding = "hex" }}
            timestamp = {{ at = {{ header = "x-time" }}, unit = "unix-seconds" }}
            event_id = {{ header = "x-id" }}
            "#
        );
        let mut scheme = read(&toml);
        if content.contains("{a}") {
            let at = axum_webhook::scheme::Locate::json("/a");
            let field = axum_webhook::scheme::Field::required("a", at);
            scheme.shapes[0].fields.push(field);
        }
        let error = scheme.validate().expect_err(content);
        assert_eq!(error.findings()[0].code(), "body-not-covered", "{content}");
        let text = error.to_string();
        assert!(text.contains("neither the body nor its hash"), "{text}");
    }
}

#[test]
fn t_r2_only_a_signed_id_may_tell_events_apart() {
    for (signed, content, id, rest) in [
        (true, "{id}.{body}", "{ header = \"x-id\" }", ""),
        (false, "{body}", "{ header = \"x-id\" }", ""),
        (false, "{url}{body}", "{ header = \"x-id\" }", ""),
        (false, "{path}\n{body}", "{ query = \"id\" }", ""),
        (true, "{url}{body}", "{ query = \"id\" }", ""),
        (true, "{query}\n{body}", "{ query = \"id\" }", ""),
        (false, "{query}\n{body}", "\"bearer\"", ""),
        (true, "{body}", "{ json = \"/id\" }", ""),
        (true, "{body|sha256}", "{ json = \"/id\" }", ""),
        (
            true,
            "{form}",
            "{ form = \"id\" }",
            "when = { content_type = \"form\" }",
        ),
        (
            false,
            "{a}",
            "{ json = \"/id\" }",
            "coverage = \"fields\"\nfields = [{ name = \"a\", at = { json = \"/a\" } }]",
        ),
        (
            true,
            "{a}",
            "{ json = \"/a\" }",
            "coverage = \"fields\"\nfields = [{ name = \"a\", at = { json = \"/a\" } }]",
        ),
        (
            true,
            "{a}.{body}",
            "{ header = \"x-a\" }",
            "fields = [{ name = \"a\", at = { header = \"x-a\" } }]",
        ),
        (
            false,
            "{a}.{body}",
            "{ header = \"x-id\" }",
            "fields = [{ name = \"a\", at = { header = \"x-a\" } }]",
        ),
        (
            true,
            "{signed_headers}\n{body}",
            "{ header = \"x-id\" }",
            "signed_headers = { names = { header = \"x-n\" }, separator = \",\", form = \"sorted-pairs\", join = \";\", required = [\"x-id\"] }",
        ),
        (
            false,
            "{signed_headers}\n{body}",
            "{ header = \"x-id\" }",
            "signed_headers = { names = { header = \"x-n\" }, separator = \",\", form = \"values\", join = \";\", required = [\"x-id\"] }",
        ),
        (
            false,
            "{signed_headers}\n{body}",
            "{ header = \"x-id\" }",
            "signed_headers = { names = { header = \"x-n\" }, separator = \",\", form = \"sorted-pairs\", join = \";\", required = [\"x-time\"] }",
        ),
        (
            true,
            "{signed_headers}\n{body}",
            "\"bearer\"",
            "signed_headers = { names = { header = \"x-n\" }, separator = \",\", form = \"sorted-pairs\", join = \";\", required = [\"authorization\"] }",
        ),
        // What AWS SNS signs is signed where `sns` says so.
        (
            true,
            "{body|sns}",
            "{ json = \"/MessageId\" }",
            "coverage = \"fields\"",
        ),
        (
            false,
            "{body|first}",
            "{ json = \"/MessageId\" }",
            "coverage = \"fields\"",
        ),
    ] {
        let toml =
            format!("{SIGNED}\ncontent = {content:?}\nevent_id = {id}\ndedupe = \"id\"\n{rest}");
        let refused = codes(&read(&toml)).contains(&("dedupe-unsigned-id", Error));
        assert_eq!(refused, !signed, "{toml}");
    }
    // Whoever knows a credential can write any id, so there it counts.
    let toml = format!("{TOKEN}\nevent_id = {{ json = \"/id\" }}\ndedupe = \"id\"");
    assert_eq!(codes(&read(&toml)), []);
}

#[test]
fn a_value_that_stands_nowhere_is_told_its_place() {
    for (content, want) in [
        ("{timestamp}.{body}", "`{timestamp}` needs `timestamp`"),
        ("{id}.{body}", "`{id}` needs `event_id`"),
        ("{secret}.{body}", "`{secret}` is for keyed hashes only"),
        ("{secret.salt}.{body}", r#"needs "salt" in `secret_parts`"#),
        ("{signed_headers}.{body}", "needs `signed_headers`"),
        ("{form}", r#"needs when = { content_type = "form" }"#),
        ("{challenge}.{body}", "is for a handshake's answer"),
        ("{nonce}.{body}", "needs an entry of that name in `fields`"),
    ] {
        let findings = read(&format!("{SIGNED}\ncontent = {content:?}")).lint();
        let said = findings
            .iter()
            .any(|finding| finding.message().contains(want));
        assert!(said, "{content}: {findings:?}");
    }
}

#[test]
fn an_algorithm_is_called_as_in_a_file() {
    for name in [
        "hmac-sha1",
        "hmac-sha224",
        "hmac-sha256",
        "hmac-sha384",
        "hmac-sha512",
        "sha1",
        "sha256",
        "sha512",
        "keccak256",
        "shared-token",
        "basic-auth",
        "ed25519",
        "ecdsa-p256-sha256",
        "ecdsa-p256-sha256-fixed",
        "rsa-pkcs1-sha1",
        "rsa-pkcs1-sha256",
        "rsa-pkcs1-sha512",
        "rsa-pss-sha256",
        "jwt-hs256",
        "jwt-hs384",
        "jwt-hs512",
        "jwt-rs256",
        "jwt-rs512",
        "jwt-ps256",
        "jwt-es256",
        "jwt-eddsa",
    ] {
        let rest = r#"signature = { at = { header = "x-sig" }, encoding = "hex" }"#;
        let scheme = read(&format!("algorithm = {name:?}\n{rest}"));
        assert_eq!(scheme.algorithm.to_string(), name);
    }
}

#[test]
fn the_longest_times_are_allowed() {
    let scheme = read(&format!(
        r#"
        {SIGNED}
        content = "{{timestamp}}.{{body}}"
        timestamp = {{ at = {{ header = "x-time" }}, unit = "unix-seconds" }}
        tolerance = {{ past = "{max}", future = "{max}" }}
        retry_horizon = "60d"
        "#,
        max = Tolerance::MAX,
    ));
    assert_eq!(codes(&scheme), []);
}

/// What can't stand in a URL says where it ends.
#[test]
fn a_separator_that_no_url_has_is_none_to_warn_of() {
    for content in [
        "{url}\\n{body}",
        "{method} {path}?{query} {body}",
        "{path}#{body}",
        "{url}|{timestamp}|{body|sha256}",
        "{id}.{url}",
        "{url}{body|json}",
        "{a}.{url}",
        "{body}.{free}",
    ] {
        let scheme = read(&format!(
            r#"
            {SIGNED}
            content = "{content}"
            timestamp = {{ at = {{ header = "x-time" }}, unit = "unix-seconds" }}
            event_id = {{ header = "x-id" }}
            fields = [
                {{ name = "a", at = {{ header = "x-a" }} }},
                {{ name = "free", at = {{ header = "x-free" }}, free = true }},
            ]
            "#
        ));
        let codes = codes(&scheme);
        let has = |code: &str| codes.iter().any(|(found, _)| *found == code);
        assert!(
            !has("url-separator") && !has("url-body"),
            "{content}: {codes:?}"
        );
    }
}

/// What has one width can't give bytes to its neighbour.
#[test]
fn a_value_of_one_width_needs_no_separator() {
    for (warned, content) in [
        (false, "{fixed}{body}"),
        (false, "{timestamp}{body}"),
        (false, "{method}{body}"),
        (true, "{bounded}{body}"),
        (true, "{open}{body}"),
        (true, "{path}{body}"),
    ] {
        let scheme = read(&format!(
            r#"
            {SIGNED}
            content = "{content}"
            timestamp = {{ at = {{ header = "x-time" }}, unit = "unix-seconds" }}
            fields = [
                {{ name = "fixed", at = {{ header = "x-a" }}, width = {{ charset = "hex", min = 4, max = 4 }} }},
                {{ name = "bounded", at = {{ header = "x-b" }}, width = {{ charset = "hex", min = 4, max = 5 }} }},
                {{ name = "open", at = {{ header = "x-c" }} }},
            ]
            "#
        ));
        let is_said = codes(&scheme).contains(&("no-separator", Warning));
        assert_eq!(is_said, warned, "{content}");
    }
    for (warned, unit) in [
        (false, "unix-seconds"),
        (false, "unix-millis"),
        (false, "unix-micros"),
        (true, "unix-seconds-or-millis"),
        (true, "rfc3339"),
        (true, "rfc2822"),
    ] {
        let scheme = read(&format!(
            r#"
            {SIGNED}
            content = "{{timestamp}}{{body}}"
            timestamp = {{ at = {{ header = "x-time" }}, unit = "{unit}" }}
            "#
        ));
        let is_said = codes(&scheme).contains(&("no-separator", Warning));
        assert_eq!(is_said, warned, "{unit}");
    }
}

#[test]
#[cfg(feature = "jwt")]
fn a_token_is_warned_of_where_nothing_ends_it() {
    let hash = r#"{ at = "/hash", is = ["{body|sha256|hex}"] }"#;
    let timestamp = r#"timestamp = { at = { claim = "/iat" }, unit = "unix-seconds" }"#;
    let tolerance = r#"tolerance = { past = "5m", future = "5m" }"#;
    for (warned, rest) in [
        (true, format!("claims = [{hash}]")),
        (true, format!("claims = [{hash}]\n{timestamp}")),
        (true, format!("claims = [{hash}]\n{tolerance}")),
        (
            false,
            format!("claims = [{hash}]\n{timestamp}\n{tolerance}"),
        ),
        (false, format!("claims = [{hash}, {{ at = \"/exp\" }}]")),
        // What is signed beside the token is like what any signature covers.
        (false, "content = \"{body}\"".to_owned()),
    ] {
        let scheme = read(&format!(
            "algorithm = \"jwt-hs256\"\nsignature = {{ at = \"bearer\", encoding = \"text\" }}\n{rest}"
        ));
        let is_said = codes(&scheme).contains(&("token-never-expires", Warning));
        assert_eq!(is_said, warned, "{rest}");
    }
}

/// A token may have nothing to tell events apart by; the content beside it has.
#[test]
#[cfg(feature = "jwt")]
fn what_is_signed_beside_a_token_may_tell_events_apart() {
    let scheme = read(
        r#"
        algorithm = "jwt-hs256"
        signature = { at = "bearer", encoding = "text" }
        content = "{body}"
        dedupe = "content"
        "#,
    );
    assert_eq!(codes(&scheme), []);
}

/// A challenge may be answered with its MAC where no delivery can be that challenge.
#[test]
fn a_mac_of_a_challenge_is_no_oracle_where_no_delivery_is_one() {
    for (content, rest) in [
        ("{body|json}", ""),
        ("v0:{body}", ""),
        ("{method} {body}", ""),
        (
            "more-characters-than-the-longest-challenge-of-these-questions-has{body}",
            "",
        ),
        (
            "{a}",
            "coverage = \"fields\"\nfields = [{ name = \"a\", at = { json = \"/a\" }, width = { charset = \"token\", min = 65, max = 99 } }]",
        ),
    ] {
        let scheme = read(&format!(
            r#"
            {SIGNED}
            content = "{content}"
            {rest}

            [[handshake]]
            method = "GET"
            signed = false
            challenge = {{ at = {{ query = "c" }}, charset = "token", min = 1, max = 64 }}
            answer = {{ status = 200, content_type = "text/plain", body = "{{challenge|hmac|hex}}" }}
            "#
        ));
        assert_eq!(scheme.validate(), Ok(()), "{content}");
    }
}

#[test]
fn one_bad_shape_of_several_is_enough() {
    let scheme = read(
        r#"
        algorithm = "hmac-sha256"

        [[shape]]
        when = { content_type = "json" }
        content = "{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }

        [[shape]]
        content = "{path}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        "#,
    );
    assert_eq!(codes(&scheme), [("body-not-covered", Error)]);
}

/// A TOML text that is no scheme, and what its error must name.
#[track_caller]
fn check_unreadable(toml: &str, names: &[&str]) {
    let error = toml::from_str::<Scheme>(toml).expect_err(toml);
    let message = error.to_string();
    for name in names {
        assert!(message.contains(name), "{name:?} is not in: {message}");
    }
}

#[test]
fn an_unknown_key_is_refused_by_name() {
    for (toml, key) in [
        (format!("{FINE}\nsignatures = 1"), "signatures"),
        (format!("{FINE}\ntollerance = {{}}"), "tollerance"),
        (format!("{FINE}\nskip_verification = true"), "skip_verification"),
        (format!("{FINE}\nallow_unsigned = true"), "allow_unsigned"),
        (FINE.replace("encoding", "enc"), "enc"),
        (FINE.replace("{ header =", "{ head ="), "head"),
        (
            format!("{FINE}\ntimestamp = {{ at = {{ header = \"x\" }}, unit = \"rfc3339\", zone = 1 }}"),
            "zone",
        ),
        (
            format!("{FINE}\ntolerance = {{ past = \"5m\", future = \"1m\", either = \"1m\" }}"),
            "either",
        ),
        (
            format!("{FINE}\nfields = [{{ name = \"a\", at = {{ header = \"x\" }}, missing_ok = true }}]"),
            "missing_ok",
        ),
        (
            format!("{FINE}\nbody_hash = {{ at = {{ header = \"x\" }}, encoding = \"hex\", algorithm = \"md5\" }}"),
            "algorithm",
        ),
        (format!("{FINE}\nwhen = {{ path = \"/x\" }}"), "path"),
        (format!("{FINE}\nanswers = {{ failed = {{ status = 1 }} }}"), "failed"),
        (
            format!("{FINE}\nanswers = {{ refused = {{ status = 401, json = 1 }} }}"),
            "json",
        ),
        (
            FINE.replace("encoding = \"hex\"", "encoding = \"hex\", list = { items = \",\", trim = true }"),
            "trim",
        ),
        (
            format!("{FINE}\neach = {{ array = \"/a\", item = \"\", optional = true }}"),
            "optional",
        ),
        (
            format!("{FINE}\n[[handshake]]\nmethod = \"GET\"\nsigned = false\nredirect = \"/\"\nanswer = {{ status = 200, body = \"\" }}"),
            "redirect",
        ),
        (
            "algorithm = \"hmac-sha256\"\n[[shape]]\ncontents = \"{body}\"\nsignature = { at = { header = \"x\" }, encoding = \"hex\" }".to_owned(),
            "contents",
        ),
    ] {
        check_unreadable(&toml, &[key]);
    }
}

#[test]
fn a_wrong_value_is_refused_with_what_would_be_right() {
    for (toml, names) in [
        (FINE.replace("hmac-sha256", "hmac-md5"), &["hmac-md5", "hmac-sha256"][..]),
        (FINE.replace("hmac-sha256", "none"), &["none"]),
        (FINE.replace("hmac-sha256", "HMAC-SHA256"), &["HMAC-SHA256"]),
        (FINE.replace("\"hex\"", "\"HEX\""), &["HEX", "hex-upper"]),
        (FINE.replace("{body}", "{body"), &["never closed"]),
        (FINE.replace("{body}", "{body|md5}"), &["unknown filter"]),
        (FINE.replace("{body}", "{}"), &["template"]),
        (FINE.replace("x-sig", "x sig"), &["x sig", "header"]),
        (FINE.replace("x-sig", ""), &["header"]),
        (format!("{FINE}\nmethods = [\"FETCH\"]"), &["FETCH", "POST"]),
        (format!("{FINE}\nmethods = [\"post\"]"), &["post", "POST"]),
        (format!("{FINE}\nretry_horizon = \"3 weeks\""), &["3 weeks", "5m"]),
        (format!("{FINE}\nretry_horizon = 3"), &["string"]),
        (format!("{FINE}\nbody_limit = \"1MB\""), &["1MB", "MiB"]),
        (format!("{FINE}\nevent_id = {{ json = \"id\" }}"), &["\"id\"", "/data/id"]),
        (format!("{FINE}\nevent_id = \"id\""), &["id"]),
        (format!("{FINE}\nsecret = \"base32\""), &["base32", "base64"]),
        (format!("{FINE}\ncoverage = \"none\""), &["none", "credential"]),
        (format!("{FINE}\ndedupe = true"), &["dedupe"]),
        (
            format!("{FINE}\ntolerance = {{ past = \"-5m\", future = \"0s\" }}"),
            &["-5m"],
        ),
        (format!("{FINE}\ntolerance = {{ past = \"5m\" }}"), &["future"]),
        (SIGNED.replace("algorithm", "#"), &["algorithm"]),
        (
            "algorithm = \"hmac-sha256\"\ncontent = \"{body}\"".to_owned(),
            &["signature"],
        ),
        (
            format!("{FINE}\n[[shape]]\ncontent = \"{{body}}\"\nsignature = {{ at = {{ header = \"x\" }}, encoding = \"hex\" }}"),
            &["signature", "shape"],
        ),
        (
            "algorithm = \"hmac-sha256\"\ncontent = \"{body}\"\n[[shape]]\nsignature = { at = { header = \"x\" }, encoding = \"hex\" }".to_owned(),
            &["shape"],
        ),
        (format!("{FINE}\nalgorithm = \"hmac-sha1\""), &["algorithm"]),
        (FINE.replace("{body}", "{bödy}"), &["a role is letters"]),
    ] {
        check_unreadable(&toml, names);
    }
}

#[test]
fn what_belongs_to_a_shape_stands_inside_it_where_there_are_several() {
    for key in [
        "content = \"{body}\"",
        "timestamp = { at = { header = \"x\" }, unit = \"rfc3339\" }",
        "event_id = { header = \"x\" }",
        "event_type = { header = \"x\" }",
        "fields = [{ name = \"a\", at = { header = \"x\" } }]",
        "body_hash = { at = { header = \"x\" }, encoding = \"hex\" }",
        "signed_headers = { names = { header = \"x\" }, separator = \",\", form = \"values\", join = \"\", required = [] }",
        "each = { array = \"/a\", item = \"\" }",
        "when = { content_type = \"json\" }",
    ] {
        let toml = format!(
            "algorithm = \"hmac-sha256\"\n{key}\n[[shape]]\ncontent = \"{{body}}\"\n\
             signature = {{ at = {{ header = \"x\" }}, encoding = \"hex\" }}"
        );
        check_unreadable(&toml, &["what belongs to a shape stands inside it"]);
    }
}

#[test]
fn what_is_as_usual_is_not_written_and_counts_as_said() {
    let scheme = read(FINE);
    assert_eq!(scheme.id, "custom");
    assert_eq!(scheme.retry_horizon, Span::days(3));
    let text = toml::to_string(&scheme).unwrap();
    for key in [
        "methods",
        "answers",
        "dedupe",
        "handshake",
        "fields",
        "when",
    ] {
        assert!(!text.contains(key), "{key}: {text}");
    }
}
