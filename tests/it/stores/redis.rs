//! The store in Redis, on a real server.

use std::time::Duration;

use axum_webhook::{
    Secret, WebhookLayer, providers,
    replay::{Claim, RedisReplayStore, ReplayStore as _},
    testing::contract::fresh_key,
};

use super::{
    redis_url,
    wire::{Line, new, survives_lost_answers, survives_silence},
};

const MINUTE: Duration = Duration::from_mins(1);

fn store() -> RedisReplayStore {
    RedisReplayStore::new(&redis_url()).unwrap()
}

/// A server as Redis was before 7.0: it does not know the one command, nor `SET … NX GET`.
async fn old_server() -> (RedisReplayStore, Line) {
    let line = Line::to_one_without("PEXPIRETIME", &redis_url()).await;
    let url = format!("redis://{}", line.address);
    (RedisReplayStore::new(&url).unwrap(), line)
}

async fn behind_a_line() -> (RedisReplayStore, Line) {
    let line = Line::to(&redis_url()).await;
    let url = format!("redis://{}", line.address);
    (RedisReplayStore::new(&url).unwrap(), line)
}

mod t_r11_the_contract {
    use super::store;

    axum_webhook::store_contract!(
        #[tokio::test]
        store()
    );
}

mod t_r11_the_contract_on_an_old_server {
    use super::old_server;

    axum_webhook::store_contract!(
        #[tokio::test]
        old_server().await.0
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
async fn applications_with_prefixes_share_nothing() {
    let (one, other) = (store().with_prefix("one:"), store().with_prefix("other:"));
    let key = fresh_key();
    let (token, _) = new(one.claim(&key, MINUTE).await.unwrap());
    new(other.claim(&key, MINUTE).await.unwrap());
    assert!(one.commit(&key, token, MINUTE).await.unwrap());
    assert!(!other.release(&key, token).await.unwrap());
}

/// A reply that is lost after a successful `SET` must not read as a duplicate for the same attempt.
#[tokio::test]
async fn an_answer_that_is_lost_is_no_duplicate() {
    let (store, line) = behind_a_line().await;
    survives_lost_answers(&store, &line).await;
}

#[tokio::test]
async fn an_answer_of_an_old_server_that_is_lost_is_no_duplicate() {
    let (store, line) = old_server().await;
    survives_lost_answers(&store, &line).await;
}

/// Nobody renews a lease while its claim's answer is on its way: what comes out of it has to run.
#[tokio::test]
async fn a_claim_that_lapses_while_its_answer_is_lost_is_made_anew() {
    let (store, line) = behind_a_line().await;
    new(store.claim(&fresh_key(), MINUTE).await.unwrap());
    // Shorter than the pause before the second attempt, and longer than its question.
    let lease = Duration::from_millis(20);
    let mut runs = false;
    // On a busy machine it may lapse once more before it is renewed.
    for _ in 0..20 {
        let key = fresh_key();
        line.lose_next_answer();
        let (token, _) = new(store.claim(&key, lease).await.unwrap());
        line.assert_lost();
        runs |= store.renew(&key, token, MINUTE).await.unwrap();
    }
    assert!(runs);
}

/// As a proxy does that knows scripts, and no transactions: twemproxy.
#[tokio::test]
async fn a_proxy_that_hangs_up_on_a_transaction_is_asked_by_scripts() {
    let line = Line::to_one_that_hangs_up_on("MULTI", &redis_url()).await;
    let store = RedisReplayStore::new(&format!("redis://{}", line.address)).unwrap();
    let key = fresh_key();
    let (token, _) = new(store.claim(&key, MINUTE).await.unwrap());
    let before = line.questions();
    for _ in 0..20 {
        new(store.claim(&fresh_key(), MINUTE).await.unwrap());
    }
    assert_eq!(line.questions() - before, 20);
    assert!(store.commit(&key, token, MINUTE).await.unwrap());
}

#[tokio::test]
async fn t_r10_a_server_that_does_not_answer_is_an_error_until_it_does() {
    let (store, line) = behind_a_line().await;
    survives_silence(&store, &line).await;
}

#[tokio::test]
async fn a_claim_is_one_question() {
    let (store, line) = behind_a_line().await;
    claims_with_one_question_each(&store, &line).await;
}

/// What it can't do is found out once.
#[tokio::test]
async fn a_claim_on_an_old_server_is_one_question() {
    let (store, line) = old_server().await;
    claims_with_one_question_each(&store, &line).await;
}

async fn claims_with_one_question_each(store: &RedisReplayStore, line: &Line) {
    new(store.claim(&fresh_key(), MINUTE).await.unwrap());
    let before = line.questions();
    for _ in 0..20 {
        new(store.claim(&fresh_key(), MINUTE).await.unwrap());
    }
    assert_eq!(line.questions() - before, 20);
}

#[tokio::test]
async fn a_repeat_of_what_is_done_is_one_question() {
    let (store, line) = behind_a_line().await;
    let key = fresh_key();
    let (token, _) = new(store.claim(&key, MINUTE).await.unwrap());
    assert!(store.commit(&key, token, MINUTE).await.unwrap());
    let before = line.questions();
    assert_eq!(store.claim(&key, MINUTE).await.unwrap(), Claim::Done);
    assert_eq!(line.questions() - before, 1);
}

/// A refusal of the moment, such as a server without memory, does not make a store slow for good.
#[tokio::test]
async fn a_claim_that_a_script_can_not_make_either_is_no_reason_for_scripts() {
    let prefix = format!("test-{:?}:", fresh_key());
    let (store, line) = behind_a_line().await;
    let store = store.with_prefix(&prefix);
    let key = fresh_key();
    new(store.claim(&key, MINUTE).await.unwrap());
    // From here on the server knows the script.
    let claim = store.claim(&key, MINUTE).await.unwrap();
    assert!(matches!(claim, Claim::InFlight { .. }), "{claim:?}");
    let client = redis::Client::open(redis_url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys = keys(&mut connection, &prefix).await;
    let list: Vec<redis::Value> = redis::pipe()
        .cmd("DEL")
        .arg(&keys[0])
        .cmd("LPUSH")
        .arg(&keys[0])
        .arg("somebody else's")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(list.len(), 2);
    let before = line.questions();
    store.claim(&key, MINUTE).await.unwrap_err();
    // A transaction and a script: what a server refuses it is not asked for again.
    assert_eq!(line.questions() - before, 2);
    assert_claims_by_transactions(&store).await;
}

/// That the next claims need no script: the fence of a transaction is in whole milliseconds.
async fn assert_claims_by_transactions(store: &RedisReplayStore) {
    for _ in 0..3 {
        let (_, fence) = new(store.claim(&fresh_key(), MINUTE).await.unwrap());
        assert_eq!(fence % 1000, 0);
    }
}

/// It has answered one before, so it was not the transaction on which the connection broke.
#[tokio::test]
async fn an_answer_that_is_lost_is_no_reason_for_scripts() {
    let (store, line) = behind_a_line().await;
    new(store.claim(&fresh_key(), MINUTE).await.unwrap());
    line.lose_next_answer();
    new(store.claim(&fresh_key(), MINUTE).await.unwrap());
    line.assert_lost();
    assert_claims_by_transactions(&store).await;
}

/// What it met first was the claim of another delivery, which a script has to look at.
#[tokio::test]
async fn a_claim_of_somebody_else_is_no_reason_for_scripts() {
    let (here, there) = (store(), store());
    let key = fresh_key();
    new(here.claim(&key, MINUTE).await.unwrap());
    let claim = there.claim(&key, MINUTE).await.unwrap();
    assert!(matches!(claim, Claim::InFlight { .. }), "{claim:?}");
    assert_claims_by_transactions(&there).await;
}

/// A claim that was made by a transaction is to the scripts what one of theirs is.
#[tokio::test]
async fn a_claim_of_a_new_server_counts_for_scripts() {
    let (fast, (scripts, _line)) = (store(), old_server().await);
    let key = fresh_key();
    // From here on it uses scripts alone.
    new(scripts.claim(&fresh_key(), MINUTE).await.unwrap());
    let (token, first) = new(fast.claim(&key, MINUTE).await.unwrap());
    let claim = scripts.claim(&key, MINUTE).await.unwrap();
    let Claim::InFlight { remaining } = claim else {
        panic!("{claim:?}");
    };
    assert!(
        remaining <= MINUTE && remaining > MINUTE / 2,
        "{remaining:?}"
    );
    assert!(scripts.release(&key, token).await.unwrap());
    let (token, second) = new(scripts.claim(&key, MINUTE).await.unwrap());
    assert!(first < second, "{first} {second}");
    assert!(fast.commit(&key, token, MINUTE).await.unwrap());
    assert_eq!(scripts.claim(&key, MINUTE).await.unwrap(), Claim::Done);
    // One that lapses.
    let key = fresh_key();
    let short = Duration::from_millis(50);
    let (stale, first) = new(fast.claim(&key, short).await.unwrap());
    tokio::time::sleep(2 * short).await;
    assert!(!scripts.renew(&key, stale, MINUTE).await.unwrap());
    let (_, second) = new(scripts.claim(&key, MINUTE).await.unwrap());
    assert!(first < second, "{first} {second}");
}

/// What the client was told is what the server finds in the value later, to the last digit.
#[tokio::test]
async fn the_fence_of_a_claim_stays_the_same() {
    let prefix = format!("test-{:?}:", fresh_key());
    let store = store().with_prefix(&prefix);
    let client = redis::Client::open(redis_url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let key = fresh_key();
    let (token, fence) = new(store.claim(&key, MINUTE).await.unwrap());
    let keys = keys(&mut connection, &prefix).await;
    let script = redis::Script::new(include_str!("../../../src/replay/redis/claim.lua"));
    let again: (String, u64) = script
        .key(&keys[0])
        .arg(format!("{:032x}", token.get()))
        .arg(60_000)
        .arg(3_600_000)
        .invoke_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(again, ("new".to_owned(), fence));
    assert!(store.renew(&key, token, MINUTE).await.unwrap());
    let value: String = redis::cmd("GET")
        .arg(&keys[0])
        .query_async(&mut connection)
        .await
        .unwrap();
    let kept = value.split(' ').nth(2).unwrap();
    assert_eq!(kept, fence.to_string());
}

/// Whatever happens to a claim, the server forgets it by itself.
#[tokio::test]
async fn every_key_expires() {
    let prefix = format!("test-{:?}:", fresh_key());
    let store = store().with_prefix(&prefix);
    let client = redis::Client::open(redis_url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let (claimed, released, done, lasting) = (fresh_key(), fresh_key(), fresh_key(), fresh_key());
    new(store.claim(&claimed, MINUTE).await.unwrap());
    let (token, _) = new(store.claim(&released, MINUTE).await.unwrap());
    assert!(store.release(&released, token).await.unwrap());
    for (key, ttl) in [(done, MINUTE), (lasting, Duration::MAX)] {
        let (token, _) = new(store.claim(&key, MINUTE).await.unwrap());
        assert!(store.commit(&key, token, ttl).await.unwrap());
    }
    let keys = keys(&mut connection, &prefix).await;
    assert_eq!(keys.len(), 4);
    let mut minutes = Vec::new();
    for key in keys {
        let left: i64 = redis::cmd("PTTL")
            .arg(key)
            .query_async(&mut connection)
            .await
            .unwrap();
        assert!(left > 0);
        minutes.push((left + 30_000).div_euclid(60_000));
    }
    minutes.sort_unstable();
    assert_eq!(minutes[..3], [1, 60, 61]);
    assert!(minutes[3] > 60 * 24 * 365, "{minutes:?}");
}

#[tokio::test]
async fn a_value_of_somebody_else_is_an_error_and_stays() {
    let prefix = format!("test-{:?}:", fresh_key());
    let store = store().with_prefix(&prefix);
    let client = redis::Client::open(redis_url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let key = fresh_key();
    let (token, _) = new(store.claim(&key, MINUTE).await.unwrap());
    let keys = keys(&mut connection, &prefix).await;
    let _: () = redis::cmd("SET")
        .arg(&keys[0])
        .arg("somebody else's")
        .query_async(&mut connection)
        .await
        .unwrap();
    let error = store.claim(&key, MINUTE).await.unwrap_err();
    assert!(error.to_string().contains("axum-webhook"), "{error}");
    assert!(!store.commit(&key, token, MINUTE).await.unwrap());
}

async fn keys(connection: &mut redis::aio::MultiplexedConnection, prefix: &str) -> Vec<String> {
    redis::cmd("KEYS")
        .arg(format!("{}*", prefix.replace(['[', ']', '('], "?")))
        .query_async(connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn nobody_there_is_told_at_once() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let store = RedisReplayStore::new(&format!("redis://{address}")).unwrap();
    for _ in 0..3 {
        let start = std::time::Instant::now();
        let error = store.claim(&fresh_key(), MINUTE).await.unwrap_err();
        assert!(
            error.to_string().starts_with("Redis can't answer"),
            "{error}"
        );
        assert!(start.elapsed() < Duration::from_secs(1));
    }
}

#[test]
fn no_error_repeats_the_password() {
    for url in [
        "http://user:hunter2@localhost",
        "redis://user:hunter2@local host",
        "redis://user:hunter2@localhost/no-number",
        "rediss://user:hunter2@localhost",
        "hunter2",
    ] {
        let error = RedisReplayStore::new(url).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let store = RedisReplayStore::new("redis://user:hunter2@localhost").unwrap();
    assert!(!format!("{store:?}").contains("hunter2"), "{store:?}");
}

#[tokio::test]
async fn the_check_says_whether_a_server_answers() {
    store().check().await.unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = taken.local_addr().unwrap();
    drop(taken);
    let store = RedisReplayStore::new(&format!("redis://{nobody}")).unwrap();
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
    let store = RedisReplayStore::new("redis://:hunter2@127.0.0.1/").unwrap();
    let shown = format!("{store:?}");
    assert!(shown.starts_with("RedisReplayStore { prefix: "), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}
