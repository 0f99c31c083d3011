//! "Done" in the handler's own transaction: an effect happens once, or not at all.

use std::{
    error::Error as _,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Request, StatusCode},
    response::Response,
    routing::post,
};
use axum_webhook::{
    Endpoint, Secret, Timestamp, VerifiedWebhook, WebhookLayer, providers,
    replay::{
        MemoryReplayStore, PostgresReplayStore, ReplayStore, StoreError,
        sqlx_0_9::{DoneIn as _, NotDone},
    },
    sign::Draft,
    testing,
};
use sqlx::PgPool;
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;

use super::postgres::schema;

/// What a handler does after it has written a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Commit,
    /// Drops the transaction after the mark, and answers this.
    RollBack(u16),
    /// Commits, and answers this.
    CommitAndAnswer(u16),
    /// Waits without end: before the mark, after it, or after the transaction.
    HangBefore,
    HangIn,
    HangAfter,
    /// Takes longer than its lease.
    Stall,
}

struct Shop {
    pool: PgPool,
    /// What the handler does at its runs, one after the other; after that, it commits.
    script: Vec<Then>,
    runs: AtomicUsize,
}

async fn on_payment(State(shop): State<Arc<Shop>>, hook: VerifiedWebhook) -> StatusCode {
    let run = shop.runs.fetch_add(1, Ordering::SeqCst);
    let then = shop.script.get(run).copied().unwrap_or(Then::Commit);
    let answer = match then {
        Then::RollBack(answer) | Then::CommitAndAnswer(answer) => answer,
        _ => 200,
    };
    match pay(&shop.pool, &hook, then).await {
        Ok(()) => StatusCode::from_u16(answer).unwrap(),
        Err(NotDone::Lost) => StatusCode::CONFLICT,
        Err(error) => panic!("{error}"),
    }
}

async fn pay(pool: &PgPool, hook: &VerifiedWebhook, then: Then) -> Result<(), NotDone> {
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("INSERT INTO payments (event) VALUES ($1)")
        .bind(hook.event_id())
        .execute(&mut *transaction)
        .await
        .unwrap();
    match then {
        Then::HangBefore => pending().await,
        Then::Stall => sleep(Duration::from_millis(700)).await,
        _ => {}
    }
    hook.done_in(&mut transaction).await?;
    match then {
        Then::HangIn => pending().await,
        Then::RollBack(_) => return Ok(()),
        _ => transaction.commit().await.unwrap(),
    }
    if then == Then::HangAfter {
        pending::<()>().await;
    }
    Ok(())
}

struct Fixture {
    app: Router,
    shop: Arc<Shop>,
}

impl Fixture {
    async fn new(script: &[Then]) -> Self {
        Self::with(script, |endpoint| endpoint).await
    }

    async fn with(script: &[Then], change: impl FnOnce(Endpoint) -> Endpoint) -> Self {
        let (pool, url) = schema().await;
        let store = PostgresReplayStore::new(&url)
            .unwrap()
            .with_max_connections(3);
        store.migrate().await.unwrap();
        sqlx::raw_sql("CREATE TABLE payments (event text NOT NULL)")
            .execute(&pool)
            .await
            .unwrap();
        Self::on(pool, store, script, change)
    }

    fn on(
        pool: PgPool,
        store: impl ReplayStore,
        script: &[Then],
        change: impl FnOnce(Endpoint) -> Endpoint,
    ) -> Self {
        let shop = Arc::new(Shop {
            pool,
            script: script.to_vec(),
            runs: AtomicUsize::new(0),
        });
        let endpoint = Endpoint::new(providers::stripe(), secret()).unwrap();
        let layer = WebhookLayer::for_endpoint(change(endpoint)).unwrap();
        let app = Router::new()
            .route("/webhook", post(on_payment))
            .with_state(Arc::clone(&shop))
            .layer(layer.with_replay_store(store));
        Self { app, shop }
    }

    async fn deliver(&self) -> u16 {
        let answer: Response = self.app.clone().oneshot(event()).await.unwrap();
        answer.status().as_u16()
    }

    /// Delivers, and leaves before there is an answer.
    async fn deliver_and_leave(&self) {
        let answer = timeout(Duration::from_millis(300), self.deliver()).await;
        assert!(answer.is_err(), "{answer:?}");
    }

    /// Delivers as often as it takes until the answer is a success.
    async fn retry(&self) {
        for _ in 0..40 {
            if self.deliver().await == 200 {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("it is never handled");
    }

    async fn assert(&self, payments: i64, runs: usize) {
        let found: i64 = sqlx::query_scalar("SELECT count(*) FROM payments")
            .fetch_one(&self.shop.pool)
            .await
            .unwrap();
        assert_eq!(
            (found, self.shop.runs.load(Ordering::SeqCst)),
            (payments, runs)
        );
    }
}

fn secret() -> Secret {
    Secret::new("whsec_only_for_tests").unwrap()
}

fn event() -> Request<Body> {
    let signed = Draft::new(r#"{"id":"evt_1","type":"payment_intent.succeeded"}"#)
        .with_timestamp(Timestamp::now())
        .sign(&providers::stripe(), secret())
        .unwrap();
    testing::request(&signed).unwrap()
}

#[tokio::test]
async fn an_event_whose_transaction_is_committed_is_done() {
    let shop = Fixture::new(&[]).await;
    for _ in 0..3 {
        assert_eq!(shop.deliver().await, 200);
    }
    shop.assert(1, 1).await;
}

/// The transaction has the last word, whatever the handler answers.
#[tokio::test]
async fn an_answer_does_not_undo_what_was_committed() {
    let shop = Fixture::new(&[Then::CommitAndAnswer(500)]).await;
    assert_eq!(shop.deliver().await, 500);
    assert_eq!(shop.deliver().await, 200);
    shop.assert(1, 1).await;
}

#[tokio::test]
async fn an_event_whose_transaction_is_rolled_back_is_handled_again() {
    for (answer, heard) in [(200, 503), (400, 503), (500, 500)] {
        let shop = Fixture::new(&[Then::RollBack(answer)]).await;
        assert_eq!(shop.deliver().await, heard);
        shop.assert(0, 1).await;
        assert_eq!(shop.deliver().await, 200);
        shop.assert(1, 2).await;
    }
}

#[tokio::test]
async fn a_handler_that_is_dropped_has_paid_once_or_not_at_all() {
    for (then, runs) in [
        (Then::HangBefore, 2),
        (Then::HangIn, 2),
        (Then::HangAfter, 1),
    ] {
        let shop = Fixture::new(&[then]).await;
        shop.deliver_and_leave().await;
        shop.retry().await;
        shop.assert(1, runs).await;
    }
}

/// Copies that come while the transaction is open wait for it, and pay nothing.
#[tokio::test]
async fn t_r8_of_many_copies_at_once_one_pays() {
    let shop = Fixture::new(&[]).await;
    let copies = (0..32).map(|_| shop.deliver());
    let answers = futures_util::future::join_all(copies).await;
    for answer in answers {
        assert!(answer == 200 || answer == 503, "{answer}");
    }
    assert_eq!(shop.deliver().await, 200);
    shop.assert(1, 1).await;
}

#[tokio::test]
async fn t_r6_a_handler_that_has_lost_its_lease_can_not_pay() {
    let shop = Fixture::with(&[Then::Stall], |endpoint| {
        endpoint
            .with_lease(Duration::from_millis(400))
            .with_renewal(Duration::ZERO)
    })
    .await;
    let next = async {
        sleep(Duration::from_millis(500)).await;
        shop.deliver().await
    };
    let (late, next) = tokio::join!(shop.deliver(), next);
    assert_eq!((late, next), (409, 200));
    shop.assert(1, 2).await;
    assert_eq!(shop.deliver().await, 200);
    shop.assert(1, 2).await;
}

async fn done_in(layer: WebhookLayer) -> String {
    let (pool, _) = schema().await;
    let app = Router::new()
        .route(
            "/webhook",
            post(async move |hook: VerifiedWebhook| {
                let mut transaction = pool.begin().await.unwrap();
                format!("{:?}", hook.done_in(&mut transaction).await)
            }),
        )
        .layer(layer);
    let answer = app.oneshot(event()).await.unwrap();
    let body = axum::body::to_bytes(answer.into_body(), 1000)
        .await
        .unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn without_a_claim_in_postgres_nothing_is_marked() {
    let layer = || WebhookLayer::new(providers::stripe(), secret()).unwrap();
    assert_eq!(done_in(layer()).await, "Err(Unguarded)");
    let in_memory = layer().with_replay_store(MemoryReplayStore::new());
    assert_eq!(done_in(in_memory).await, "Err(OtherStore)");
}

#[test]
fn why_an_event_was_not_marked_is_said() {
    for (why, want) in [
        (NotDone::Lost, "the handler has lost its lease on the event"),
        (NotDone::Unguarded, "nothing guards this event"),
        (
            NotDone::OtherStore,
            "the layer's replay store is not in Postgres",
        ),
        (
            NotDone::Settled,
            "the handler has settled the event already",
        ),
    ] {
        assert_eq!(why.to_string(), want);
        assert!(why.source().is_none(), "{want}");
    }
    let store = NotDone::Store(StoreError::new("the disk is full"));
    assert_eq!(store.to_string(), "the disk is full");
    assert_eq!(
        store.source().map(ToString::to_string),
        Some(store.to_string())
    );
}

/// Whoever has the row has claimed the event: its lease had run out.
#[tokio::test]
async fn an_event_whose_row_is_not_to_be_had_is_lost() {
    let (pool, url) = schema().await;
    let store = PostgresReplayStore::new(&url).unwrap();
    store.migrate().await.unwrap();
    let layer = WebhookLayer::new(providers::stripe(), secret()).unwrap();
    let app = Router::new()
        .route(
            "/webhook",
            post(async move |hook: VerifiedWebhook| {
                let mut other = pool.begin().await.unwrap();
                let lock = "SELECT key FROM axum_webhook_replay FOR UPDATE";
                sqlx::query(lock).execute(&mut *other).await.unwrap();
                let mut transaction = pool.begin().await.unwrap();
                let patience = "SET LOCAL lock_timeout = 100";
                sqlx::query(patience)
                    .execute(&mut *transaction)
                    .await
                    .unwrap();
                let error = hook.done_in(&mut transaction).await.unwrap_err();
                assert!(matches!(error, NotDone::Lost), "{error:?}");
                other.rollback().await.unwrap();
            }),
        )
        .layer(layer.with_replay_store(store));
    let answer = app.oneshot(event()).await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// Nothing is marked in a transaction that has failed, so the handler decides by its answer again.
#[tokio::test]
async fn a_transaction_that_can_not_mark_the_event_leaves_it_to_the_handler() {
    let (pool, url) = schema().await;
    let store = PostgresReplayStore::new(&url).unwrap();
    store.migrate().await.unwrap();
    let layer = WebhookLayer::new(providers::stripe(), secret()).unwrap();
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    let app = Router::new()
        .route(
            "/webhook",
            post(async move |hook: VerifiedWebhook| {
                count.fetch_add(1, Ordering::SeqCst);
                let mut transaction = pool.begin().await.unwrap();
                let failed = sqlx::query("SELECT 1 / 0").execute(&mut *transaction).await;
                assert!(failed.is_err());
                let error = hook.done_in(&mut transaction).await.unwrap_err();
                assert!(matches!(error, NotDone::Store(_)), "{error:?}");
            }),
        )
        .layer(layer.with_replay_store(store));
    for _ in 0..2 {
        let answer = app.clone().oneshot(event()).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}
