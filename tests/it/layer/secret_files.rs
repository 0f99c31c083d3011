//! Secrets in files that change while requests come.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use axum_webhook::{
    Endpoint, FileKeys, Secret, providers, scheme::Scheme, sign::Draft, testing::Delivery,
};
use futures_util::future::join_all;
use tokio::time::{Instant, advance};
use tower::Layer as _;

use super::support::{Answer, Counter, counting, layer_for, now, request, send};

const OLD: &str = "the secret that was there first";
const NEW: &str = "the secret that came after that";
const HALF: &str = "the secret that came";

/// A folder for the secrets of a test, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("axum-webhook-files-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn replace(&self, name: &str, text: &str) {
        let path = self.write("another", text);
        fs::rename(path, self.0.join(name)).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that is gone already is as good.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn watching(path: &Path) -> FileKeys {
    let secret = Secret::from_file(path).unwrap().with_id("mounted");
    FileKeys::new(&providers::stripe(), secret).unwrap()
}

/// Deliveries to an endpoint with these keys, signed with the secret that is named.
fn deliver(keys: &FileKeys) -> impl AsyncFn(&str) -> Answer {
    let endpoint = Endpoint::from_source(providers::stripe(), keys.clone()).unwrap();
    let service = layer_for(endpoint).layer(counting(&Counter::default()));
    async move |secret: &str| {
        let signed = Draft::new(r#"{"id":"evt_1","type":"x"}"#)
            .with_timestamp(now())
            .sign(&providers::stripe(), Secret::new(secret).unwrap())
            .unwrap();
        send(&service, request(&signed)).await
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_delivery_with_what_a_file_holds_now_is_accepted() {
    type Change = fn(&Folder);
    let cases: [(&str, Change); 3] = [
        ("written in place", |folder| {
            folder.write("secret", NEW);
        }),
        ("replaced", |folder| folder.replace("secret", NEW)),
        ("by an editor that adds a line end", |folder| {
            folder.write("secret", format!("{NEW}\r\n"));
        }),
    ];
    for (name, change) in cases {
        let folder = Folder::new();
        let keys = watching(&folder.write("secret", OLD));
        let deliver = deliver(&keys);
        deliver(OLD).await.assert_handled(name);
        change(&folder);
        deliver(NEW).await.assert_handled(name);
        deliver(OLD).await.assert_refused(name, "mismatch");
        assert_eq!(keys.keyring().ids().collect::<Vec<_>>(), ["mounted"]);
    }
}

/// A mount of Kubernetes: the files are links into `..data`, itself a link that is swapped.
#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_mount_of_kubernetes_is_followed() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new();
    let path = folder.0.join("secret");
    for (name, secret) in [("..1", OLD), ("..2", NEW)] {
        fs::create_dir(folder.0.join(name)).unwrap();
        folder.write(&format!("{name}/secret"), secret);
    }
    symlink("..1", folder.0.join("..data")).unwrap();
    symlink("..data/secret", &path).unwrap();
    let keys = watching(&path);
    let deliver = deliver(&keys);
    deliver(OLD).await.assert_handled("mounted");

    symlink("..2", folder.0.join("..data_tmp")).unwrap();
    fs::rename(folder.0.join("..data_tmp"), folder.0.join("..data")).unwrap();
    deliver(NEW).await.assert_handled("swapped");
    deliver(OLD).await.assert_refused("swapped", "mismatch");
}

/// Nobody signs with the new one yet, so that no signature makes the file be read.
#[tokio::test(start_paused = true)]
async fn a_secret_that_is_no_longer_in_its_file_counts_for_the_interval_at_most() {
    let folder = Folder::new();
    let keys = watching(&folder.write("secret", OLD));
    let deliver = deliver(&keys);
    folder.write("secret", NEW);
    advance(Duration::from_secs(4)).await;
    deliver(OLD).await.assert_handled("within the interval");
    advance(Duration::from_secs(1)).await;
    let answers = join_all((0..8).map(|_| deliver(OLD))).await;
    for answer in answers {
        answer.assert_refused("the first ones after it, all at once", "mismatch");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_with_no_usable_secret_changes_nothing_and_is_told_once() {
    let large = "x".repeat(70_000);
    let cases: [(&str, &[u8], &str); 6] = [
        ("empty", b"", "is empty"),
        ("a line end", b"\n", "is empty"),
        ("blank", b"  \n", "white space"),
        (
            "two line ends",
            b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n\n",
            "white space",
        ),
        ("no text", &[0xff, 0xfe], "can't be read"),
        ("large", large.as_bytes(), "more than 64 KiB"),
    ];
    let folder = Folder::new();
    for (name, text, reason) in cases {
        let path = folder.write("secret", OLD);
        check_kept(name, &path, reason, || fs::write(&path, text).unwrap()).await;
    }
    let path = folder.write("secret", OLD);
    check_kept("gone", &path, "can't be read", || {
        fs::remove_file(&path).unwrap();
    })
    .await;
    let path = folder.write("secret", OLD);
    check_kept("a folder", &path, "not a regular file", || {
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
    })
    .await;
}

async fn check_kept(name: &str, path: &Path, reason: &str, change: impl FnOnce()) {
    #[cfg(feature = "tracing")]
    let log = super::support::Log::capture();
    let keys = watching(path);
    let deliver = deliver(&keys);
    change();
    for _ in 0..3 {
        deliver("a guess").await.assert_refused(name, "mismatch");
        advance(Duration::from_secs(6)).await;
        deliver(OLD).await.assert_handled(name);
    }
    #[cfg(feature = "tracing")]
    {
        let log = log.text();
        let told: Vec<_> = log
            .lines()
            .filter(|line| line.contains("file of a secret"))
            .collect();
        assert_eq!(told.len(), 1, "{name}: {told:?}");
        assert!(
            told[0].contains("WARN") && told[0].contains(reason),
            "{name}: {told:?}"
        );
        assert!(
            !log.contains("whsec_") && !log.contains(OLD),
            "{name}: {log}"
        );
    }
    #[cfg(not(feature = "tracing"))]
    let _ = reason;
}

/// What decodes for nobody is kept out, and the operator hears when it is mended.
#[tokio::test(start_paused = true)]
async fn a_secret_of_another_form_than_the_schemes_is_not_taken() {
    let scheme = providers::standard_webhooks();
    let folder = Folder::new();
    let path = folder.write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let keys = FileKeys::new(&scheme, Secret::from_file(&path).unwrap()).unwrap();
    let endpoint = Endpoint::from_source(scheme.clone(), keys.clone()).unwrap();
    let service = layer_for(endpoint).layer(counting(&Counter::default()));
    let deliver = async |secret: &str| {
        let signed = Draft::new("{}")
            .with_timestamp(now())
            .with_id("evt_1")
            .sign(&scheme, Secret::new(secret).unwrap())
            .unwrap();
        send(&service, request(&signed)).await
    };
    let next = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    folder.write("secret", "sk_live_where_whsec_belongs");
    deliver(next).await.assert_refused("no base64", "mismatch");
    folder.write("secret", next);
    deliver(next).await.assert_handled("mended");
}

#[tokio::test]
async fn what_is_half_written_is_not_taken() {
    let folder = Folder::new();
    let path = folder.write("secret", OLD);
    let keys = watching(&path);
    let deliver = deliver(&keys);
    let writer = thread::spawn(move || {
        // As an editor does that does not replace the file.
        let mut file = File::create(&path).unwrap();
        for part in [HALF, " after", " that", "\n"] {
            file.write_all(part.as_bytes()).unwrap();
            thread::sleep(Duration::from_millis(20));
        }
    });
    for _ in 0..3 {
        deliver(HALF)
            .await
            .assert_refused("the half of it", "mismatch");
    }
    writer.join().unwrap();
    deliver(NEW).await.assert_handled("all of it");
}

#[tokio::test(start_paused = true)]
async fn forgeries_do_not_make_the_files_be_read_more_often() {
    let folder = Folder::new();
    let keys = watching(&folder.write("secret", OLD));
    let deliver = deliver(&keys);
    let start = Instant::now();
    for _ in 0..20 {
        deliver("a guess")
            .await
            .assert_refused("one by one", "mismatch");
    }
    assert!(
        start.elapsed() >= Duration::from_millis(1900),
        "each has waited for its look"
    );
    let start = Instant::now();
    for answer in join_all((0..100).map(|_| deliver("a guess"))).await {
        answer.assert_refused("all at once", "mismatch");
    }
    assert!(
        start.elapsed() < Duration::from_millis(250),
        "they share a look"
    );
    let start = Instant::now();
    deliver(OLD).await.assert_handled("a genuine one");
    assert_eq!(start.elapsed(), Duration::ZERO, "it waits for none");
}

/// A part is in a file of its own, beside that of another part and that of the secret.
#[tokio::test(start_paused = true)]
async fn a_part_in_a_file_is_followed_and_the_others_stay() {
    let text = r#"
        id = "acme"
        algorithm = "hmac-sha256"
        content = "{secret.salt}.{topic}.{body}"
        signature = { at = { header = "x-signature" }, encoding = "hex" }
        secret_parts = ["salt", "topic"]
        fields = [{ name = "topic", at = { header = "x-topic" }, is = "{secret.topic}" }]
        "#;
    let scheme: Scheme = toml::from_str(text).unwrap();
    let folder = Folder::new();
    let (path, topic) = (folder.write("secret", OLD), folder.write("topic", "orders"));
    let secret = Secret::from_file(&path).unwrap();
    let secret = secret.with_part("salt", "of the earth").unwrap();
    let secret = secret.with_part_from_file("topic", &topic).unwrap();
    let keys = FileKeys::new(&scheme, secret).unwrap();
    let endpoint = Endpoint::from_source(scheme.clone(), keys).unwrap();
    let service = layer_for(endpoint).layer(counting(&Counter::default()));
    let deliver = async |secret: &str, topic: &str| {
        let secret = Secret::new(secret).unwrap();
        let secret = secret.with_part("salt", "of the earth").unwrap();
        let secret = secret.with_part("topic", topic).unwrap();
        let signed = Draft::new("{}").sign(&scheme, secret).unwrap();
        send(&service, request(&signed)).await
    };
    deliver(OLD, "orders").await.assert_handled("as given");
    folder.write("topic", "refunds");
    advance(Duration::from_secs(6)).await;
    deliver(OLD, "refunds").await.assert_handled("a new topic");
    assert!(deliver(OLD, "orders").await.rejection.is_some());
    folder.write("secret", NEW);
    deliver(NEW, "refunds").await.assert_handled("a new secret");
}

#[cfg(feature = "tracing")]
#[tokio::test(start_paused = true)]
async fn files_that_are_as_they_were_are_not_told_of() {
    let folder = Folder::new();
    let (path, key) = (folder.write("secret", OLD), folder.write("key", "public"));
    let scheme = providers::braintree();
    let secret = Secret::from_file(&path).unwrap();
    let secret = secret.with_part_from_file("public_key", &key).unwrap();
    let log = super::support::Log::capture();
    let keys = FileKeys::new(&scheme, secret).unwrap();
    let endpoint = Endpoint::from_source(scheme.clone(), keys).unwrap();
    let service = layer_for(endpoint).layer(counting(&Counter::default()));
    let delivery = Delivery::new(
        &scheme,
        Secret::new("a guess")
            .unwrap()
            .with_part("public_key", "public")
            .unwrap(),
    );
    let answer = send(&service, delivery.with_time(now()).request().unwrap()).await;
    answer.assert_refused("a look at the files", "mismatch");
    assert!(!log.text().contains("file of a secret"), "{}", log.text());
}

/// What stands beside a file, and what the files were given with, stays.
#[tokio::test(start_paused = true)]
async fn ids_limits_and_other_secrets_stay() {
    let folder = Folder::new();
    let path = folder.write("secret", OLD);
    let over = folder.write("over", "the secret whose time is over");
    let beside = "the secret of the environment";
    let secrets = [
        Secret::from_file(&path).unwrap().with_id("mounted"),
        Secret::new(beside).unwrap().with_id("beside"),
        Secret::from_file(&over).unwrap().with_not_after(now()),
    ];
    let keys = FileKeys::new(&providers::stripe(), secrets).unwrap();
    let deliver = deliver(&keys);
    folder.write("secret", NEW);
    folder.write("over", "another one whose time is over");
    deliver(NEW).await.assert_handled("the new one");
    deliver(beside).await.assert_handled("beside it");
    let late = deliver("another one whose time is over").await;
    late.assert_refused("its time is over", "mismatch");
    assert_eq!(
        keys.keyring().ids().collect::<Vec<_>>(),
        ["mounted", "beside", "key-3"]
    );
}
