//! What `init` writes is a configuration that is sound, and a handler that compiles and handles.

use axum_webhook::{Secret, Timestamp, config::Config, providers, testing};
use http::StatusCode;
use tower::ServiceExt as _;

use super::{
    support::{Folder, file, run, run_with, shell},
    terminal::Terminal,
};

/// Written by `init` for stripe, braintree and twilio. A test holds it against what `init` writes today.
#[path = "written/webhooks.rs"]
#[allow(unreachable_pub)]
mod written;

const FLAGS: &[&str] = &[
    "init",
    "-p",
    "stripe",
    "-p",
    "braintree",
    "-p",
    "twilio",
    "-p",
    "telnyx",
    "--public-url",
    "https://hooks.example.com",
];

/// Run with `SNAPSHOTS=overwrite` to write the files anew.
#[test]
fn the_files_are_those_that_compile_here() {
    let folder = Folder::new();
    let ran = run(folder.path(), FLAGS);
    assert_eq!(ran.code, 0, "{ran:?}");
    for (name, kept) in [
        ("webhooks.toml", "webhooks.toml"),
        ("src/webhooks.rs", "webhooks.rs"),
    ] {
        let kept = file("written").join(kept);
        snapbox::Assert::new()
            .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
            .normalize_paths(false)
            .eq(folder.read(name), snapbox::Data::read_from(&kept, None));
    }
    let again = run(folder.path(), FLAGS);
    assert_eq!(again.code, 2, "it overwrites nothing: {again:?}");
}

#[test]
fn it_asks_on_a_terminal_what_is_not_said() {
    let folder = Folder::new();
    let mut terminal = Terminal::start(shell("axum-webhook init", folder.path()));
    terminal.expect("Which providers send you webhooks?");
    terminal.type_in("stripe, square");
    terminal.expect("Under which URL do they know your server?");
    terminal.type_in("https://hooks.example.com");
    let shown = terminal.end();
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.text().contains("wrote webhooks.toml\n"), "{shown:?}");
    let written = folder.read("webhooks.toml");
    assert!(written.contains("provider = \"square\""), "{written}");
    assert!(
        written.contains("public_url = \"https://hooks.example.com\""),
        "{written}"
    );
    assert!(
        folder
            .read("src/webhooks.rs")
            .contains("async fn on_square(")
    );
}

#[test]
fn the_configuration_is_sound() {
    let path = file("written/webhooks.toml");
    let path = path.to_str().unwrap();
    let folder = Folder::new();
    let ran = run(folder.path(), &["--json", "lint", "--no-secrets", path]);
    assert_eq!((ran.code, &ran.json()["errors"]), (0, &0.into()), "{ran:?}");
    // With the secrets it is sound altogether, and without them it says which are missing.
    let ran = run(folder.path(), &["--json", "lint", path]);
    assert_eq!((ran.code, &ran.json()["errors"]), (1, &4.into()), "{ran:?}");
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.replace("env:TELNYX_PUBLIC_KEY", &telnyx());
    folder.write("all.toml", text.replace("\"env:", "\"plain:x").as_bytes());
    let ran = run_with(folder.path(), "", b"", &["--json", "lint", "all.toml"]);
    assert_eq!((ran.code, &ran.json()["errors"]), (0, &0.into()), "{ran:?}");
}

/// A public key in the form that Telnyx shows.
fn telnyx() -> String {
    let pem = std::fs::read_to_string(file("../keys/ed25519.pem")).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    format!("plain:{body}")
}

#[tokio::test]
async fn the_handler_handles() {
    let secret = "hunter2-hunter2-hunter2";
    let config = format!(
        "[[endpoint]]\nname = \"stripe\"\nprovider = \"stripe\"\nsecrets = [\"plain:{secret}\"]\n"
    );
    let app = written::router(&Config::from_toml(&config).unwrap()).unwrap();
    let scheme = providers::stripe();
    let signed = testing::sample(&scheme, Timestamp::now())
        .with_url("https://hooks.example.com/webhooks/stripe")
        .sign(&scheme, Secret::new(secret).unwrap())
        .unwrap();
    let response = app
        .clone()
        .oneshot(testing::request(&signed).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut forged = signed;
    forged.body.push(b' ');
    let response = app
        .oneshot(testing::request(&forged).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}
