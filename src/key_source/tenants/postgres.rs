//! Secrets of tenants in Postgres.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use sqlx::{
    AssertSqlSafe, PgPool, Row as _,
    postgres::{PgConnectOptions, PgPoolOptions, PgRow},
};

use super::{KeySourceError, TenantKeys};
use crate::{
    keys::{Secret, Secrets},
    scheme::Scheme,
    tenant::Tenant,
};

/// How long a lookup waits for a connection: less than it has in all.
const CONNECT: Duration = Duration::from_secs(2);
/// How many connections are opened at most: a lookup needs one for a millisecond.
const CONNECTIONS: u32 = 5;

impl TenantKeys {
    /// Creates the keys of tenants whose secrets `query` finds in the database at `url`, which is
    /// `postgres://user[:password]@host[:port]/database`.
    ///
    /// The query has the tenant's name as `$1`, a text. Each row of its answer is a live secret, the current one
    /// first: a text, and perhaps the key's id in a second column. No row is no tenant. It runs in a
    /// transaction that can only read, with 2 seconds for it, on 5 connections at most, the first of which is opened for the first lookup.
    ///
    /// ```
    /// use axum_webhook::{TenantKeys, providers};
    ///
    /// let keys = TenantKeys::from_postgres(
    ///     &providers::stripe(),
    ///     "postgres://app@localhost/app",
    ///     "SELECT secret, id FROM webhook_secrets WHERE tenant = $1 ORDER BY created_at DESC",
    /// )?;
    /// # Ok::<(), axum_webhook::KeySourceError>(())
    /// ```
    ///
    /// With a pool of your own, ask it in the function of [`new`](Self::new).
    ///
    /// # Errors
    ///
    /// If the URL is none of Postgres, or the query does not use `$1`. The error does not repeat the URL, since it may have a password in it.
    pub fn from_postgres(
        scheme: &Scheme,
        url: &str,
        query: impl Into<String>,
    ) -> Result<Self, KeySourceError> {
        let query: Arc<str> = query.into().into();
        if !query.contains("$1") {
            return Err(KeySourceError::unavailable(format!(
                "the query {query:?} should have the tenant as $1"
            )));
        }
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        let options: PgConnectOptions = match url.parse() {
            Ok(options) if is_postgres => options,
            _ => {
                return Err(KeySourceError::unavailable(
                    "the URL of the tenants' secrets should be one of Postgres",
                ));
            }
        };
        let options = options.options([
            ("default_transaction_read_only", "on"),
            ("statement_timeout", "2000"),
        ]);
        // A pool belongs to the runtime that it is opened in.
        let pool: Arc<OnceLock<PgPool>> = Arc::default();
        Ok(Self::new(scheme, move |tenant| {
            let pool = pool.get_or_init(|| {
                PgPoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .acquire_timeout(CONNECT)
                    .connect_lazy_with(options.clone())
            });
            look_up(pool.clone(), Arc::clone(&query), tenant)
        }))
    }
}

async fn look_up(pool: PgPool, query: Arc<str>, tenant: Tenant) -> Result<Option<Secrets>, String> {
    // What is in the query was written by the operator.
    let rows = sqlx::query(AssertSqlSafe(query))
        .bind(tenant.as_str())
        .fetch_all(&pool)
        .await
        .map_err(|error| format!("Postgres can't answer: {error}"))?;
    if rows.is_empty() {
        return Ok(None);
    }
    let secrets = rows.iter().map(secret).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(secrets.into()))
}

fn secret(row: &PgRow) -> Result<Secret, String> {
    let text: String = column(row, 0)?.ok_or("the first column of the query is NULL")?;
    let secret = Secret::new(text).map_err(|error| error.to_string())?;
    if row.len() < 2 {
        return Ok(secret);
    }
    let id: Option<String> = column(row, 1)?;
    Ok(match id {
        Some(id) => secret.with_id(id),
        None => secret,
    })
}

/// A column's value; sqlx's own error may repeat it.
fn column(row: &PgRow, index: usize) -> Result<Option<String>, String> {
    row.try_get(index)
        .map_err(|_| format!("column {} of the query should be a text", index + 1))
}
