//! Every example as its user runs it: the real program, the lines that it prints itself, and curl.
//!
//! A printed line says its status (`# 200: a push`), and that is what comes back. Where it is a success, the same
//! delivery with one bit changed is refused, and the operator hears of it. `cargo test` builds the examples before it runs
//! this; `cargo test --test examples` takes those of the last build.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

mod program;
mod readme;
mod sender;

use std::{collections::BTreeSet, fs, path::Path};

use axum_webhook::config::Config;
use serde_json::Value;

use self::program::{Program, Try, run, shell};

/// A test for each example, and the list of them.
macro_rules! examples {
    ($($(#[$feature:meta])? $name:ident $test:block)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        $($(#[$feature])? #[test] fn $name() $test)*
    };
}

examples! {
    behind_proxy {
        let printed = try_all("behind_proxy", 4);
        contains(&printed, r#"Some("through-the-proxy") came to"#);
        contains(&printed, "as /square");
    }

    custom_scheme {
        let printed = try_all("custom_scheme", 1);
        contains(&printed, "the scheme in TOML is the one in Rust");
        contains(&printed, r#"scheme "acme": 1 vectors and "#);
    }

    #[cfg(feature = "ed25519")]
    discord_interactions { try_all("discord_interactions", 3); }

    from_config {
        let printed = try_all("from_config", 3);
        contains(&printed, r#"event Some("evt_1"), signed with 2026-11"#);
        contains(&printed, r#"event Some("evt_2"), signed with 2026-10"#);
    }

    github { try_all("github", 4); }
    hyper { try_all("hyper", 2); }
    multi_tenant { changes_a_tenant(); }
    receiver { prints_what_is_genuine(); }
    rotation { changes_secrets(); }
    sender { sender::delivers(); }

    shopify {
        let printed = try_all("shopify", 6);
        let count = |text| printed.iter().filter(|line| line.contains(text)).count();
        assert_eq!((count("order 820982911"), count("has left")), (1, 2), "{printed:#?}");
    }

    sign { signs_a_published_vector(); }

    slack_commands {
        let mut program = Program::start("slack_commands", &["--listen", "127.0.0.1:0"]);
        let question = &program.tries_at_start()[1];
        assert!(question.line.contains("url_verification"));
        let challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P";
        assert_eq!(question.send(), (200, challenge.to_owned()));
        try_all("slack_commands", 3);
    }

    stripe {
        let printed = try_all("stripe", 5);
        let paid = printed.iter().filter(|line| line.contains(r#"Some("evt_1")"#)).count();
        assert_eq!(paid, 1, "{printed:#?}");
        contains(&printed, "paid: 4200, refunded: 1200");
    }

    #[cfg(feature = "postgres")]
    stripe_idempotent { books_once(); }

    twilio { try_all("twilio", 3); }
}

#[test]
fn every_example_is_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let names = NAMES.iter().map(ToString::to_string).collect();
    assert_eq!(files, names);
}

/// Runs an example that prints `count` lines to try, tries them, and answers with what it printed in all.
#[track_caller]
fn try_all(name: &str, count: usize) -> Vec<String> {
    let mut program = Program::start(name, &["--listen", "127.0.0.1:0"]);
    let tries = program.tries_at_start();
    assert_eq!(tries.len(), count, "{program:?}");
    for attempt in tries {
        attempt.check();
        if (200..300).contains(&attempt.status) {
            attempt.changed().check();
        }
    }
    let printed = program.end();
    assert!(
        printed.iter().any(|line| line.starts_with("refused: ")),
        "{printed:#?}"
    );
    printed
}

#[track_caller]
fn contains(printed: &[String], text: &str) {
    let found = printed.iter().any(|line| line.contains(text));
    assert!(found, "{text:?} is not in {printed:#?}");
}

fn changes_a_tenant() {
    let mut program = Program::start("multi_tenant", &["--listen", "127.0.0.1:0"]);
    let tries = program.tries_at_start();
    let [acme, .., change] = tries.as_slice() else {
        panic!("{program:?}")
    };
    for attempt in &tries {
        attempt.check();
    }
    acme.changed().check();
    assert!(change.line.ends_with("/change"), "{change:?}");
    assert_eq!(acme.send().0, 401, "its secret is another one now");
    contains(&program.end(), "looking up \"acme\"");
}

fn changes_secrets() {
    let mut program = Program::start("rotation", &["--listen", "127.0.0.1:0"]);
    let tries = program.tries_at_start();
    let [mounted_old, mounted_new, held_old, held_new] = tries.as_slice() else {
        panic!("{program:?}")
    };
    for attempt in &tries {
        attempt.check();
    }
    mounted_old.changed().check();
    let statuses = |old: &Try, new: &Try| (old.send().0, new.send().0);

    let change = program
        .printed
        .iter()
        .find(|line| line.starts_with("printf "));
    shell(change.unwrap());
    // The new one first: a signature that fits no key is what makes it look at once.
    assert_eq!(mounted_new.send().0, 200);
    assert_eq!(mounted_old.send().0, 401);

    program.type_in("both");
    program.wait_for("done: both");
    assert_eq!(statuses(held_old, held_new), (200, 200));
    program.type_in("new");
    program.wait_for("done: new");
    assert_eq!(statuses(held_old, held_new), (401, 200));
    program.end();
}

fn prints_what_is_genuine() {
    let text = include_str!("../../examples/receiver.toml");
    let endpoints = Config::from_toml(text).unwrap().names().count();
    let mut program = Program::start("receiver", &["--listen", "127.0.0.1:0"]);
    let lines = |program: &Program| {
        let lines = program.printed.iter();
        let lines = lines.filter(|line| line.starts_with("curl "));
        lines.map(|line| Try::new(200, line)).collect::<Vec<_>>()
    };
    while lines(&program).len() < endpoints {
        program.wait_for("");
    }
    for attempt in lines(&program) {
        attempt.check();
        attempt.changed().check();
    }
    let printed = program.end();
    let genuine = printed
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["replay"] == "new")
        .count();
    let refused = printed.iter().filter(|line| line.starts_with("refused "));
    assert_eq!(
        (genuine, refused.count()),
        (endpoints, endpoints),
        "{printed:#?}"
    );
}

/// GitHub's own vector.
// ref: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
fn signs_a_published_vector() {
    let secret = "plain:It's a Secret to Everybody";
    let arguments = ["--provider", "github", "--secret", secret];
    let (code, printed) = run("sign", &arguments, "Hello, World!");
    assert_eq!(code, 0, "{printed:#?}");
    let line: Value = serde_json::from_str(&printed[0]).unwrap();
    assert_eq!(line["body_base64"], "SGVsbG8sIFdvcmxkIQ==");
    assert_eq!(
        line["headers"]["x-hub-signature-256"],
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    );
    let (code, printed) = run("sign", &["--provider", "githup", "--secret", secret], "");
    assert_eq!(code, 1);
    contains(&printed, "there is no provider \"githup\"");
}

/// Needs the Postgres of `scripts/servers`.
#[cfg(feature = "postgres")]
fn books_once() {
    let url = std::env::var("AXUM_WEBHOOK_TEST_POSTGRES");
    let url = url.expect("AXUM_WEBHOOK_TEST_POSTGRES is set, as by scripts/servers run cargo test");
    let mut program = Program::start_with(
        "stripe_idempotent",
        &["--listen", "127.0.0.1:0"],
        &[("DATABASE_URL", &url)],
    );
    let tries = program.tries_at_start();
    assert_eq!(tries.len(), 2, "{program:?}");
    for attempt in &tries {
        attempt.check();
        attempt.check();
        attempt.changed().check();
    }
    let printed = program.end();
    for cents in ["paid 4200", "paid 1700"] {
        let booked = printed.iter().filter(|line| line.ends_with(cents)).count();
        assert_eq!(booked, 1, "{cents}: {printed:#?}");
    }
}
