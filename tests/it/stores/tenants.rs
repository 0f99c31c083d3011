//! Secrets of tenants in Postgres, on a real server.

use axum::{Router, body::Body, http::Request, routing::post};
use axum_webhook::{
    Endpoint, Secret, TenantFrom, TenantKeys, Timestamp, VerifiedWebhook, WebhookLayer,
    providers::stripe, sign::Draft, testing,
};
use tower::ServiceExt as _;

use super::postgres::schema;

const QUERY: &str =
    "SELECT secret, id FROM webhook_secrets WHERE tenant = $1 ORDER BY created DESC";

fn app(url: &str, query: &str) -> (Router, TenantKeys) {
    let keys = TenantKeys::from_postgres(&stripe(), url, query).unwrap();
    let endpoint = Endpoint::from_source(stripe(), keys.clone())
        .unwrap()
        .with_tenant(TenantFrom::path("/{tenant}").unwrap());
    let handler = async |hook: VerifiedWebhook| hook.key_id().to_owned();
    let app = Router::new().route("/{tenant}", post(handler));
    (
        app.layer(WebhookLayer::for_endpoint(endpoint).unwrap()),
        keys,
    )
}

fn request(tenant: &str, secret: &str) -> Request<Body> {
    let signed = Draft::new(r#"{"id":"evt_1"}"#)
        .with_url(format!("https://example.com/{tenant}"))
        .with_timestamp(Timestamp::now())
        .sign(&stripe(), Secret::new(secret).unwrap())
        .unwrap();
    testing::request(&signed).unwrap()
}

/// The status, and the id of the key that matched.
async fn send(app: &Router, tenant: &str, secret: &str) -> (u16, String) {
    let response = app.clone().oneshot(request(tenant, secret)).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 4096)
        .await
        .unwrap();
    let id = if status == 200 {
        body.to_vec()
    } else {
        Vec::new()
    };
    (status, String::from_utf8(id).unwrap())
}

#[tokio::test]
async fn every_row_of_a_tenant_is_a_live_secret() {
    let (pool, url) = schema().await;
    sqlx::raw_sql(
        "CREATE TABLE webhook_secrets (tenant text, secret text, id text, created serial); \
         INSERT INTO webhook_secrets (tenant, secret, id) VALUES \
         ('acme', 'acme-old', 'old'), ('acme', 'acme-new', NULL), ('umbrella', 'umbrella-1', 'u')",
    )
    .execute(&pool)
    .await
    .unwrap();
    let (app, keys) = app(&url, QUERY);
    for (tenant, secret, want) in [
        ("acme", "acme-new", (200, "key-1")),
        ("acme", "acme-old", (200, "old")),
        ("umbrella", "umbrella-1", (200, "u")),
        ("acme", "umbrella-1", (401, "")),
        ("nobody", "acme-new", (401, "")),
        ("acme'%20OR%20'1'='1", "acme-new", (401, "")),
        ("ACME", "acme-new", (401, "")),
    ] {
        let got = send(&app, tenant, secret).await;
        assert_eq!((got.0, got.1.as_str()), want, "{tenant} {secret}");
    }
    sqlx::query("DELETE FROM webhook_secrets WHERE id = 'old'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(send(&app, "acme", "acme-old").await.0, 200);
    keys.forget(&"acme".parse().unwrap());
    assert_eq!(send(&app, "acme", "acme-old").await.0, 401);
    assert_eq!(send(&app, "acme", "acme-new").await.0, 200);
}

#[tokio::test]
async fn a_query_that_fails_is_503_and_changes_nothing() {
    let (pool, url) = schema().await;
    sqlx::raw_sql("CREATE TABLE webhook_secrets (tenant text, secret text)")
        .execute(&pool)
        .await
        .unwrap();
    for query in [
        "SELECT secret FROM no_such_table WHERE tenant = $1",
        "INSERT INTO webhook_secrets (tenant, secret) VALUES ($1, 'x') RETURNING secret",
        "SELECT length($1)",
        "SELECT NULL::text WHERE $1 <> ''",
        "SELECT '' WHERE $1 <> ''",
        "SELECT pg_sleep(5)::text WHERE $1 <> ''",
    ] {
        let (app, _) = app(&url, query);
        assert_eq!(send(&app, "acme", "x").await.0, 503, "{query}");
    }
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM webhook_secrets")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(rows, 0);
    let (app, _) = app("postgres://nobody@127.0.0.1:1/none", QUERY);
    assert_eq!(send(&app, "acme", "x").await.0, 503);
}
