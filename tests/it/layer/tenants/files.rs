//! Secrets in files, one for each tenant.

use std::{
    fs,
    path::{Path, PathBuf},
};

use axum_webhook::{TenantKeys, providers};

use super::{
    super::support::{Answer, Counter, request, send},
    from_to, service_of,
};

/// A folder of its own for a test, which is removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("axum-webhook-{}-{name}", std::process::id()));
        fs::create_dir_all(path.join("stripe")).unwrap();
        Self(path)
    }

    /// Writes a secret of the tests.
    fn write(&self, file: &str, seed: &str) {
        fs::write(self.0.join(file), format!("{seed}-secret-of-the-tests\n")).unwrap();
    }

    fn pattern(&self) -> String {
        format!("{}/stripe/{{tenant}}", self.0.display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Sends a delivery to `tenant` that is signed with what `signer` has.
async fn ask(pattern: &str, signer: &str, tenant: &str) -> Answer {
    let scheme = providers::stripe();
    let keys = TenantKeys::from_files(&scheme, [pattern]).unwrap();
    let service = service_of(&scheme, keys, &Counter::default());
    send(&service, request(&from_to(&scheme, signer, tenant))).await
}

#[tokio::test]
async fn a_tenants_file_is_its_secret() {
    let folder = Folder::new("own");
    folder.write("stripe/acme", "acme");
    folder.write("stripe/umbrella", "umbrella");
    let pattern = folder.pattern();
    ask(&pattern, "acme", "acme").await.assert_handled("acme");
    ask(&pattern, "umbrella", "umbrella")
        .await
        .assert_handled("umbrella");
    let answer = ask(&pattern, "acme", "umbrella").await;
    answer.assert_refused("acme's", "mismatch");
    let answer = ask(&pattern, "acme", "nobody").await;
    answer.assert_refused("nobody", "key-not-found");

    // Also as a part of the file's name, and as a folder.
    folder.write("stripe/acme.key", "acme");
    let beside = format!("{}/stripe/{{tenant}}.key", folder.0.display());
    ask(&beside, "acme", "acme")
        .await
        .assert_handled("an ending");
    fs::create_dir(folder.0.join("of-acme")).unwrap();
    folder.write("of-acme/stripe", "acme");
    let below = format!("{}/of-{{tenant}}/stripe", folder.0.display());
    ask(&below, "acme", "acme").await.assert_handled("a folder");
    let answer = ask(&below, "acme", "nobody").await;
    answer.assert_refused("no folder", "key-not-found");
}

/// A tenant's secret changes without a gap: for a while there are two.
#[tokio::test]
async fn a_second_pattern_is_a_second_secret() {
    let folder = Folder::new("two");
    fs::create_dir(folder.0.join("old")).unwrap();
    folder.write("stripe/acme", "new");
    folder.write("old/acme", "acme");
    folder.write("old/umbrella", "umbrella");
    let scheme = providers::stripe();
    let patterns = [
        folder.pattern(),
        format!("{}/old/{{tenant}}", folder.0.display()),
    ];
    let keys = TenantKeys::from_files(&scheme, patterns).unwrap();
    let service = service_of(&scheme, keys, &Counter::default());
    let ask =
        async |signer, tenant| send(&service, request(&from_to(&scheme, signer, tenant))).await;
    ask("new", "acme").await.assert_handled("the new one");
    ask("acme", "acme").await.assert_handled("the old one");
    let old_alone = ask("umbrella", "umbrella").await;
    old_alone.assert_handled("the second alone");
    let answer = ask("umbrella", "acme").await;
    answer.assert_refused("another's", "mismatch");
    let answer = ask("acme", "nobody").await;
    answer.assert_refused("nobody", "key-not-found");
}

#[tokio::test]
async fn no_name_leaves_the_folder() {
    let folder = Folder::new("hostile");
    folder.write("acme", "acme");
    folder.write("stripe/acme", "other");
    let pattern = folder.pattern();
    for tenant in [
        "../acme",
        "..%2facme",
        "%2e%2e%2facme",
        "%2e%2e/acme",
        "..%5cacme",
        "..",
        ".",
        "",
        "acme%00",
        "%2e%2e",
    ] {
        let answer = ask(&pattern, "acme", tenant).await;
        answer.assert_refused(tenant, "tenant");
    }
    // An escape of an escape, and what only looks like a slash, are names like others.
    for tenant in ["%252e%252e%252facme", "..%E2%88%95acme", "...", "%20acme"] {
        let answer = ask(&pattern, "acme", tenant).await;
        answer.assert_refused(tenant, "key-not-found");
    }
    let longest = "a".repeat(128);
    let answer = ask(&format!("{pattern}{}", "x".repeat(200)), "acme", &longest).await;
    answer.assert_refused("too long for a file", "key-not-found");
}

#[tokio::test]
async fn only_regular_files_of_a_sane_size_are_read() {
    let folder = Folder::new("kinds");
    let pattern = folder.pattern();
    fs::create_dir(folder.0.join("stripe/folder")).unwrap();
    let answer = ask(&pattern, "acme", "folder").await;
    answer.assert_refused("a folder", "key-not-found");
    fs::write(folder.0.join("stripe/large"), "x".repeat(64 * 1024 + 1)).unwrap();
    fs::write(folder.0.join("stripe/empty"), "").unwrap();
    fs::write(
        folder.0.join("stripe/spaces"),
        "acme-secret-of-the-tests \n",
    )
    .unwrap();
    fs::write(folder.0.join("stripe/binary"), b"\xff\xfe").unwrap();
    for tenant in ["large", "empty", "spaces", "binary"] {
        let answer = ask(&pattern, "acme", tenant).await;
        answer.assert_try_again(tenant, "keys-unavailable");
        let said = answer.rejection.unwrap().to_string();
        assert!(said.contains(tenant), "{said}");
        assert!(!said.contains("secret-of-the-tests"), "{said}");
    }
    let nowhere = format!("{}/not-mounted/{{tenant}}", folder.0.display());
    let answer = ask(&nowhere, "acme", "acme").await;
    answer.assert_try_again("the folder is not there", "keys-unavailable");
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_and_pipes_are_not_waited_for() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new("unix");
    let pattern = folder.pattern();
    // As Kubernetes mounts it: the name is a link into `..data`, which is a link to a folder.
    fs::create_dir(folder.0.join("stripe/..2026")).unwrap();
    folder.write("stripe/..2026/acme", "acme");
    symlink("..2026", folder.0.join("stripe/..data")).unwrap();
    symlink("..data/acme", folder.0.join("stripe/acme")).unwrap();
    ask(&pattern, "acme", "acme").await.assert_handled("acme");
    for tenant in ["..data", "..2026"] {
        let answer = ask(&pattern, "acme", tenant).await;
        answer.assert_refused(tenant, "key-not-found");
    }
    let socket = std::os::unix::net::UnixListener::bind(folder.0.join("stripe/socket")).unwrap();
    let answer = ask(&pattern, "acme", "socket").await;
    answer.assert_refused("a socket", "key-not-found");
    drop(socket);
    let pipe = folder.0.join("stripe/pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if made.is_ok_and(|status| status.success()) {
        let answer = ask(&pattern, "acme", "pipe").await;
        answer.assert_refused("a pipe", "key-not-found");
    }
}

/// A hard link is how two names of one file look on a file system without regard to case.
#[tokio::test]
async fn names_that_differ_in_case_are_two_tenants() {
    let folder = Folder::new("case");
    let pattern = folder.pattern();
    folder.write("stripe/acme", "acme");
    if Path::new(&folder.0).join("stripe/ACME").exists() {
        let answer = ask(&pattern, "acme", "ACME").await;
        answer.assert_refused("the file system folds", "key-not-found");
        return;
    }
    let answer = ask(&pattern, "acme", "ACME").await;
    answer.assert_refused("no such file", "key-not-found");
    folder.write("stripe/ACME", "other");
    ask(&pattern, "acme", "acme").await.assert_handled("acme");
    ask(&pattern, "other", "ACME").await.assert_handled("ACME");
    folder.write("stripe/müller", "müller");
    let answer = ask(&pattern, "müller", "m%C3%BCller").await;
    answer.assert_handled("in the directory's spelling");
    let answer = ask(&pattern, "müller", "mu%CC%88ller").await;
    answer.assert_refused("in another one", "key-not-found");
}

#[test]
fn a_pattern_has_one_tenant() {
    let scheme = providers::stripe();
    for pattern in ["/run/secrets/stripe", "/run/{tenant}/{tenant}", ""] {
        let error = TenantKeys::from_files(&scheme, ["/run/{tenant}", pattern])
            .unwrap_err()
            .to_string();
        assert!(error.contains(&format!("{pattern:?}")), "{error}");
    }
    let none: [&str; 0] = [];
    assert!(TenantKeys::from_files(&scheme, none).is_err());
}
