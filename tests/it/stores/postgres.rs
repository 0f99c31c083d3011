//! The store in Postgres, on a real server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum_webhook::{
    Secret, WebhookLayer, providers,
    replay::{Claim, PostgresReplayStore, ReplayStore as _},
    testing::contract::fresh_key,
};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinSet,
    time::sleep,
};

use super::{
    postgres_url,
    wire::{Line, new, survives_lost_answers, survives_silence},
};

const MINUTE: Duration = Duration::from_mins(1);

fn at(url: &str) -> PostgresReplayStore {
    // The tests run side by side, and the server has a hundred connections.
    PostgresReplayStore::new(url)
        .unwrap()
        .with_max_connections(3)
        .with_migration()
}

fn store() -> PostgresReplayStore {
    at(&postgres_url())
}

async fn behind_a_line() -> (PostgresReplayStore, Line) {
    let url = postgres_url();
    let line = Line::to(&url).await;
    let (user, rest) = url.split_once('@').unwrap();
    let database = rest.split_once('/').unwrap().1;
    (at(&format!("{user}@{}/{database}", line.address)), line)
}

/// A pool, and a URL, for a schema that no other test uses.
pub(super) async fn schema() -> (PgPool, String) {
    let name = format!("test_{}", u128::from(fastish_random()));
    let pool = PgPoolOptions::new()
        .max_connections(3)
        .connect(&postgres_url())
        .await
        .unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE SCHEMA {name}")))
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let url = format!("{}?options=-csearch_path%3D{name}", postgres_url());
    let pool = PgPoolOptions::new()
        .max_connections(3)
        .connect(&url)
        .await
        .unwrap();
    (pool, url)
}

fn fastish_random() -> u64 {
    let key = fresh_key();
    u64::from_be_bytes(key.as_bytes()[..8].try_into().unwrap())
}

mod t_r11_the_contract {
    use super::store;

    axum_webhook::store_contract!(
        #[tokio::test]
        store()
    );
}

#[tokio::test]
async fn instances_share_their_events() {
    let (here, there) = (store(), store());
    let key = fresh_key();
    let (token, _) = new(here.claim(&key, MINUTE).await.unwrap());
    let claim = there.claim(&key, MINUTE).await.unwrap();
    assert!(matches!(claim, Claim::InFlight { .. }), "{claim:?}");
    assert!(here.commit(&key, token, MINUTE).await.unwrap());
    assert_eq!(there.claim(&key, MINUTE).await.unwrap(), Claim::Done);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_no_duplicate() {
    let (store, line) = behind_a_line().await;
    let store = store.with_max_connections(1);
    survives_lost_answers(&store, &line).await;
}

#[tokio::test]
async fn t_r10_a_server_that_does_not_answer_is_an_error_until_it_does() {
    let (store, line) = behind_a_line().await;
    survives_silence(&store, &line).await;
}

/// A server that answers every connection with an error, and how many there were.
async fn failing(code: &str) -> (PostgresReplayStore, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "postgres://app@{}/app?sslmode=disable",
        listener.local_addr().unwrap()
    );
    let fields = format!("SFATAL\0VFATAL\0C{code}\0Ma test\0\0");
    let length = u32::try_from(fields.len() + 4).unwrap();
    let answer = [b"E", &length.to_be_bytes()[..], fields.as_bytes()].concat();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut start = [0; 1000];
            assert!(client.read(&mut start).await.unwrap() > 0);
            client.write_all(&answer).await.unwrap();
        }
    });
    (PostgresReplayStore::new(&url).unwrap(), connections)
}

/// Another connection is tried where this one broke, and only there.
#[tokio::test]
async fn a_question_is_asked_three_times_at_most() {
    for (code, times) in [
        // Its server is shut down, by its administrator or by a crash; a pooler has lost it.
        ("57P01", 3),
        ("57P02", 3),
        ("08006", 3),
        // The password is wrong; there is no such database.
        ("28P01", 1),
        ("3D000", 1),
    ] {
        let (store, connections) = failing(code).await;
        let error = store.claim(&fresh_key(), MINUTE).await.unwrap_err();
        assert!(error.to_string().contains("a test"), "{code}: {error}");
        assert_eq!(connections.load(Ordering::SeqCst), times, "{code}");
    }
}

/// The transaction of a handler that is about to end has it.
#[tokio::test]
async fn an_event_whose_row_is_not_to_be_had_is_in_flight() {
    let (pool, url) = schema().await;
    let impatient = PgPool::connect(&format!("{url}%20-clock_timeout%3D100"))
        .await
        .unwrap();
    let store = PostgresReplayStore::from(impatient);
    store.migrate().await.unwrap();
    let key = fresh_key();
    let (token, _) = new(store.claim(&key, MINUTE).await.unwrap());
    let mut handler = pool.begin().await.unwrap();
    sqlx::query("SELECT key FROM axum_webhook_replay FOR UPDATE")
        .execute(&mut *handler)
        .await
        .unwrap();
    let claim = store.claim(&key, MINUTE).await.unwrap();
    let remaining = Duration::from_secs(1);
    assert_eq!(claim, Claim::InFlight { remaining });
    handler.rollback().await.unwrap();
    assert!(store.commit(&key, token, MINUTE).await.unwrap());
}

/// Others have it each time, and it is gone each time that one looks for theirs.
#[tokio::test]
async fn an_event_that_is_snatched_away_three_times_is_in_flight() {
    let (pool, url) = schema().await;
    let store = at(&url);
    store.migrate().await.unwrap();
    sqlx::raw_sql(
        "CREATE SEQUENCE snatched;
        CREATE FUNCTION snatch() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM nextval('snatched'); RETURN NULL; END $$;
        CREATE TRIGGER snatch BEFORE INSERT ON axum_webhook_replay FOR EACH ROW EXECUTE FUNCTION snatch()",
    )
    .execute(&pool)
    .await
    .unwrap();
    let claim = store.claim(&fresh_key(), MINUTE).await.unwrap();
    let remaining = Duration::from_secs(1);
    assert_eq!(claim, Claim::InFlight { remaining });
    let times: i64 = sqlx::query_scalar("SELECT last_value FROM snatched")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(times, 3);
}

#[tokio::test]
async fn connections_that_the_server_ends_are_replaced() {
    let store = at(&format!("{}?application_name=ended", postgres_url()));
    let admin = PgPool::connect(&postgres_url()).await.unwrap();
    let key = fresh_key();
    let (token, _) = new(store.claim(&key, MINUTE).await.unwrap());
    let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE application_name = 'ended'";
    sqlx::query(ended).execute(&admin).await.unwrap();
    assert!(store.commit(&key, token, MINUTE).await.unwrap());
    sqlx::query(ended).execute(&admin).await.unwrap();
    assert_eq!(store.claim(&key, MINUTE).await.unwrap(), Claim::Done);
}

#[tokio::test]
async fn instances_that_start_at_once_create_one_table() {
    let (pool, url) = schema().await;
    let mut starts = JoinSet::new();
    for _ in 0..8 {
        let store = at(&url).with_max_connections(1);
        starts.spawn(async move { store.migrate().await.map_err(|error| error.to_string()) });
    }
    for started in starts.join_all().await {
        started.unwrap();
    }
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM axum_webhook_replay")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn without_its_table_it_says_so() {
    let (_, url) = schema().await;
    let store = PostgresReplayStore::new(&url).unwrap();
    let error = store.claim(&fresh_key(), MINUTE).await.unwrap_err();
    assert!(error.to_string().contains("axum_webhook_replay"), "{error}");
}

#[tokio::test]
async fn what_has_expired_is_removed_and_nothing_else() {
    let (pool, url) = schema().await;
    let store = Arc::new(at(&url));
    let (claimed, done) = (fresh_key(), fresh_key());
    new(store.claim(&claimed, MINUTE).await.unwrap());
    let (token, _) = new(store.claim(&done, MINUTE).await.unwrap());
    assert!(store.commit(&done, token, MINUTE).await.unwrap());
    let expired = |age: &'static str, many: i64| {
        let rows = "INSERT INTO axum_webhook_replay \
             SELECT sha256(convert_to($1::text || n::text, 'UTF8')), decode(md5(''), 'hex'), n, n % 2 = 0, \
                    clock_timestamp() - $1::text::interval FROM generate_series(1, $2) AS n";
        sqlx::query(rows).bind(age).bind(many).execute(&pool)
    };
    expired("2 hours", 2500).await.unwrap();
    expired("30 minutes", 10).await.unwrap();
    assert_eq!(store.clean_up().await.unwrap(), 2500);
    assert_eq!(store.clean_up().await.unwrap(), 0);
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM axum_webhook_replay")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(rows, 12);
    let claim = store.claim(&claimed, MINUTE).await.unwrap();
    assert!(matches!(claim, Claim::InFlight { .. }), "{claim:?}");
    assert_eq!(store.claim(&done, MINUTE).await.unwrap(), Claim::Done);

    // Another instance removes a batch by itself, with its first claim.
    expired("3 hours", 1500).await.unwrap();
    let other = at(&url);
    new(other.claim(&fresh_key(), MINUTE).await.unwrap());
    let mut left = 0;
    for _ in 0..100 {
        left = sqlx::query_scalar("SELECT count(*) FROM axum_webhook_replay")
            .fetch_one(&pool)
            .await
            .unwrap();
        if left < 1513_i64 {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(left, 513);
}

#[test]
fn no_error_repeats_the_password() {
    for url in [
        "http//user:hunter2@localhost",
        "postgres://user:hunter2@local host/",
        "postgres://user:hunter2@localhost:port/",
        "hunter2",
        "mysql://user:hunter2@localhost/app",
        "redis://user:hunter2@localhost",
    ] {
        let error = PostgresReplayStore::new(url).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let store = PostgresReplayStore::new("postgres://user:hunter2@localhost/").unwrap();
    assert!(!format!("{store:?}").contains("hunter2"), "{store:?}");
}

#[tokio::test]
async fn the_check_says_whether_a_server_answers() {
    store().check().await.unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = taken.local_addr().unwrap();
    drop(taken);
    let store = PostgresReplayStore::new(&format!("postgres://{nobody}")).unwrap();
    let error = store.check().await.unwrap_err().to_string();
    assert!(!error.is_empty());
    let secret = Secret::new("It's a Secret to Everybody").unwrap();
    let layer = WebhookLayer::new(providers::github(), secret).unwrap();
    layer.check_store().await.unwrap();
    layer
        .with_replay_store(store)
        .check_store()
        .await
        .unwrap_err();
}

#[tokio::test]
async fn t_j1_it_does_not_show_the_password_of_its_server() {
    let store = PostgresReplayStore::new("postgres://webhook:hunter2@127.0.0.1/webhooks").unwrap();
    assert_eq!(format!("{store:?}"), "PostgresReplayStore { .. }");
}
