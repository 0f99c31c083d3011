//! What a configuration says, and what the layer that is built from it then does.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, routing::post};
use axum_webhook::{
    Secret, VerifiedWebhook, WebhookLayer,
    config::Config,
    providers,
    sign::Draft,
    testing::{FailingStore, FixedClock},
};
use tokio::time::{sleep, timeout};
use tower::Layer as _;

use super::support::{Answer, Counter, HANDLED, counting, handler, now, ok, request, send, status};

const SECRET: &str = "the secret of the configuration";
const NEXT: &str = "the secret that comes after it";

/// A layer with one endpoint, with these lines in its `[server]` and its `[[endpoint]]`.
fn configured(server: &str, endpoint: &str) -> WebhookLayer {
    let secrets = format!("secrets = [\"plain:{SECRET}\"]");
    configured_with(server, &format!("{secrets}\n{endpoint}"))
}

fn configured_with(server: &str, endpoint: &str) -> WebhookLayer {
    let text = format!(
        "[server]\n{server}\n[[endpoint]]\nname = \"payments\"\npath = \"/webhook\"\nprovider = \"stripe\"\n{endpoint}\n"
    );
    let layer = Config::from_toml(&text).unwrap().layer().unwrap();
    layer.with_clock(FixedClock::new(now()))
}

fn signed_with(secret: &str) -> axum_webhook::sign::Signed {
    Draft::new(r#"{"id":"evt_1"}"#)
        .with_timestamp(now())
        .sign(&providers::stripe(), Secret::new(secret).unwrap())
        .unwrap()
}

#[tokio::test]
async fn outcome_says_which_answers_end_an_event() {
    for (outcome, code, wanted_runs) in [
        ("", 409, 1),
        ("outcome = { retry = [409] }", 409, 2),
        ("outcome = { retry = [409] }", 410, 1),
        ("outcome = { retry = [\"4xx\"], done = [410] }", 410, 1),
        ("outcome = { retry = [\"4xx\"], done = [410] }", 411, 2),
        ("outcome = { retry = [410], done = [410] }", 410, 2),
        ("", 503, 2),
        ("outcome = { done = [\"5xx\"] }", 503, 1),
    ] {
        let runs = Counter::default();
        let count = runs.clone();
        let service = configured("", outcome).layer(handler(move |_| {
            count.add();
            async move { status(code) }
        }));
        for _ in 0..2 {
            send(&service, request(&signed_with(SECRET))).await;
        }
        assert_eq!(runs.count(), wanted_runs, "{outcome:?} {code}");
    }
}

#[tokio::test(start_paused = true)]
async fn renewal_says_how_long_a_lease_is_renewed() {
    for (renewal, wanted_runs) in [("", 1), ("renewal = \"0s\"", 2)] {
        let runs = Counter::default();
        let count = runs.clone();
        let layer = configured("", &format!("lease = \"10s\"\n{renewal}"));
        let service = layer.layer(handler(move |_| {
            count.add();
            async {
                sleep(Duration::from_secs(30)).await;
                ok()
            }
        }));
        let copy = async {
            sleep(Duration::from_secs(15)).await;
            send(&service, request(&signed_with(SECRET))).await
        };
        tokio::join!(send(&service, request(&signed_with(SECRET))), copy);
        assert_eq!(runs.count(), wanted_runs, "{renewal:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn run_to_the_end_keeps_a_handler_whose_client_went_away() {
    for (server, wanted_ends) in [("", 0), ("run_to_the_end = true", 1)] {
        let ends = Counter::default();
        let count = ends.clone();
        let service = configured(server, "").layer(handler(move |_| {
            let count = count.clone();
            async move {
                sleep(Duration::from_secs(10)).await;
                count.add();
                ok()
            }
        }));
        let leaving = send(&service, request(&signed_with(SECRET)));
        timeout(Duration::from_secs(1), leaving).await.unwrap_err();
        sleep(Duration::from_secs(20)).await;
        assert_eq!(ends.count(), wanted_ends, "{server:?}");
    }
}

#[tokio::test]
async fn dangerous_fail_open_handles_deliveries_while_the_store_is_away() {
    for (knob, is_handled) in [
        ("", false),
        ("dangerous_fail_open = false", false),
        ("dangerous_fail_open = true", true),
    ] {
        let runs = Counter::default();
        let layer = configured("", knob).with_replay_store(FailingStore::new());
        let answer = send(&layer.layer(counting(&runs)), request(&signed_with(SECRET))).await;
        if is_handled {
            answer.assert_handled(knob);
        } else {
            answer.assert_try_again(knob, "store-unavailable");
        }
        assert_eq!(runs.count(), usize::from(is_handled), "{knob:?}");
    }
}

#[test]
fn what_these_keys_can_not_be_is_said() {
    for (server, endpoint, key, text) in [
        (
            "",
            "outcome = { done = [\"6xx\"] }",
            "endpoint[0].outcome.done[0]",
            "such as 409",
        ),
        (
            "",
            "outcome = { retry = [42] }",
            "endpoint[0].outcome.retry[0]",
            "such as 409",
        ),
        (
            "",
            "outcome = { undone = [409] }",
            "endpoint[0].outcome.undone",
            "unknown field",
        ),
        (
            "",
            "renewal = \"soon\"",
            "endpoint[0].renewal",
            "such as \"5m\"",
        ),
        (
            "",
            "dangerous_fail_open = \"yes\"",
            "endpoint[0].dangerous_fail_open",
            "boolean",
        ),
        (
            "",
            "fail_open = true",
            "endpoint[0].fail_open",
            "unknown field",
        ),
        ("run_to_the_end = 1", "", "server.run_to_the_end", "boolean"),
        ("reread = \"never\"", "", "server.reread", "\"off\""),
    ] {
        let text_of_config = format!(
            "[server]\n{server}\n[[endpoint]]\nname = \"a\"\nprovider = \"stripe\"\nsecrets = [\"plain:{SECRET}\"]\n{endpoint}\n"
        );
        let error = Config::from_toml(&text_of_config).unwrap_err();
        assert_eq!(error.key(), key, "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

// --- Secrets in files.

/// A file with a secret, gone with the test.
struct SecretFile(PathBuf);

impl SecretFile {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("axum-webhook-configured-{}-{name}", std::process::id());
        let file = Self(std::env::temp_dir().join(name));
        file.write(text);
        file
    }

    fn write(&self, text: &str) {
        fs::write(&self.0, text).unwrap();
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        // A file that is gone already is as good.
        let _ = fs::remove_file(&self.0);
    }
}

/// Deliveries to the layer, and the ids of the keys that matched.
fn with_ids(layer: WebhookLayer) -> (impl AsyncFn(&str) -> Answer, Arc<Mutex<Vec<String>>>) {
    let ids = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ids);
    let app: Router = Router::new()
        .route(
            "/webhook",
            post(async move |hook: VerifiedWebhook| {
                seen.lock().unwrap().push(hook.key_id().to_owned());
                HANDLED
            }),
        )
        .layer(layer);
    let deliver = async move |secret: &str| send(&app, request(&signed_with(secret))).await;
    (deliver, ids)
}

#[tokio::test(start_paused = true)]
async fn a_file_is_reread_and_keeps_its_id_beside_other_secrets() {
    let file = SecretFile::new("reread", SECRET);
    let layer = configured_with(
        "replay = \"off\"",
        &format!(
            "secrets = [{{ value = \"file:{}\", id = \"mounted\" }}, {{ value = \"plain:it stays\", id = \"beside\" }}]",
            file.0.display()
        ),
    );
    let (deliver, ids) = with_ids(layer.clone());
    deliver(SECRET).await.assert_handled("before");
    file.write(NEXT);
    deliver(NEXT).await.assert_handled("at once");
    deliver(SECRET)
        .await
        .assert_refused("the old one", "mismatch");
    deliver("it stays").await.assert_handled("beside");
    assert_eq!(*ids.lock().unwrap(), ["mounted", "mounted", "beside"]);
    let error = layer
        .handle()
        .rotate("payments", Secret::new(NEXT).unwrap());
    assert!(error.unwrap_err().to_string().contains("such as files"));
}

#[tokio::test(start_paused = true)]
async fn reread_says_how_long_a_file_is_not_looked_at() {
    let file = SecretFile::new("interval", SECRET);
    for (server, seconds, is_handled) in [
        ("", 4, true),
        ("", 5, false),
        ("reread = \"1m\"", 59, true),
        ("reread = \"1m\"", 60, false),
        ("reread = \"off\"", 1000, true),
    ] {
        file.write(SECRET);
        let secrets = format!("secrets = [\"file:{}\"]", file.0.display());
        let (deliver, _) = with_ids(configured_with(
            &format!("replay = \"off\"\n{server}"),
            &secrets,
        ));
        file.write(NEXT);
        sleep(Duration::from_secs(seconds)).await;
        let answer = deliver(SECRET).await;
        if is_handled {
            answer.assert_handled(&format!("{server} {seconds}"));
        } else {
            answer.assert_refused(&format!("{server} {seconds}"), "mismatch");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn with_reread_off_a_file_is_read_once_and_rotated_by_name() {
    let file = SecretFile::new("once", SECRET);
    let secrets = format!("secrets = [\"file:{}\"]", file.0.display());
    let layer = configured_with("replay = \"off\"\nreread = \"off\"", &secrets);
    let (deliver, _) = with_ids(layer.clone());
    file.write(NEXT);
    deliver(NEXT).await.assert_refused("not reread", "mismatch");
    layer
        .handle()
        .rotate("payments", Secret::new(NEXT).unwrap())
        .unwrap();
    deliver(NEXT).await.assert_handled("rotated");
}
