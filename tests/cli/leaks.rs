//! No secret comes out, whatever is done with it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    thread,
};

use super::support::{Folder, Ran, SECRETS, binary, run, run_with};

#[test]
fn no_error_repeats_a_secret() {
    let folder = Folder::new();
    let plain = format!("plain:{}", SECRETS[0]);
    folder.write("blank", b"\n");
    folder.write("two-lines", format!("{}\n\n", SECRETS[0]).as_bytes());
    folder.write(
        "config.toml",
        format!("[[endpoint]]\nname = \"x\"\nprovider = \"stripe\"\nsecret = [\"{plain}\"]\n")
            .as_bytes(),
    );
    folder.write(
        "broken.toml",
        format!("[[endpoint]]\nname = \"x\"\nprovider = \"stripe\"\nsecrets = [\"{plain}\n")
            .as_bytes(),
    );
    for arguments in [
        ["sign", "-p", "stripe", "-s", SECRETS[0]].as_slice(),
        &["sign", "-p", "stripe", &format!("--secret={}", SECRETS[0])],
        &["sign", "-p", "stripe", &format!("-s{}", SECRETS[0])],
        &["sign", "-p", "strpe", "-s", &plain],
        &["sign", "-p", "stripe", &format!("--secrt={plain}")],
        &["sign", "-p", "stripe", &plain],
        &["sign", "-p", "stripe", "-s", &plain, "--part", SECRETS[0]],
        &[
            "sign",
            "-p",
            "stripe",
            "-s",
            &plain,
            "--part",
            &format!("public_key={}", SECRETS[0]),
        ],
        &[
            "sign",
            "-p",
            "stripe",
            "-s",
            &plain,
            "--part",
            &format!("public_key={plain}"),
        ],
        &["sign", "-p", "stripe", "-s", &plain, "--at", "yesterday"],
        &["sign", "-p", "stripe", "-s", &plain, "--config", "x"],
        &["sign", "-p", "adyen", "-s", &plain],
        &["sign", "-p", "standard-webhooks", "-s", &plain],
        &["sign", "-p", "kick", "-s", &plain],
        &["sign", "-p", "postmark", "-s", &plain],
        &["sign", "-p", "stripe", "-s", "file:two-lines"],
        &["sign", "-p", "stripe", "-s", "file:blank"],
        &["sign", "-p", "stripe", "-s", "env:HUNTER_IS_NOT_SET"],
        &["send", "-p", "stripe", "-s", &plain, "-t", "127.0.0.1"],
        &["lint", "config.toml"],
        &["lint", "broken.toml"],
        &["sign", "-c", "broken.toml"],
    ] {
        for json in [false, true] {
            let mut arguments = arguments.to_vec();
            if json {
                arguments.push("--json");
            }
            // `run` looks for the secrets in what comes out.
            let ran = run(folder.path(), &arguments);
            assert!(matches!(ran.code, 1 | 2), "{arguments:?}: {ran:?}");
            assert!(
                !ran.stderr.is_empty() || !ran.stdout.is_empty(),
                "{arguments:?}: it says nothing"
            );
        }
    }
}

/// The captures of `files` with a signature that is not right, and the one that would be.
#[test]
fn no_command_shows_the_signature_that_would_be_right() {
    let folder = Folder::with_files();
    for (file, provider, secret, right, wrong) in [
        (
            "github.http",
            "github",
            SECRETS[2],
            "65cf1e1aeb36f098",
            "0000000000000000",
        ),
        (
            "stripe.http",
            "stripe",
            SECRETS[1],
            "a1331b5e3c699957",
            "0000000000000000",
        ),
    ] {
        let capture = fs::read_to_string(folder.path().join(file)).unwrap();
        assert!(capture.contains(right), "{file}");
        folder.write("forged.http", capture.replace(right, wrong).as_bytes());
        folder.write("secret.txt", secret.as_bytes());
        for reference in ["env:SECRET", "file:secret.txt", &format!("plain:{secret}")] {
            for command in ["verify", "explain"] {
                for flags in [&[][..], &["--json"]] {
                    let target = [command, "forged.http", "-p", provider, "-s", reference];
                    let ran = run_with(folder.path(), secret, b"", &[&target, flags].concat());
                    assert_eq!(ran.code, 1, "{ran:?}");
                    ran.lacks(right);
                }
            }
        }
    }
}

/// A provider that sends the secret itself: wherever it stands in a capture, no command shows it.
#[test]
fn no_command_shows_a_credential_of_a_capture() {
    let folder = Folder::new();
    let secret = "user-name:hunter2-hunter2-hunter2";
    let basic = "dXNlci1uYW1lOmh1bnRlcjItaHVudGVyMi1odW50ZXIy";
    folder.write("secret.txt", secret.as_bytes());
    let head = "POST /webhooks/x HTTP/1.1\ncontent-type: application/json\n";
    let token = format!("{head}x-gitlab-token: {secret}\n\n{{}}");
    let nearly = format!("{head}x-gitlab-token: \"{secret}\"\n\n{{}}");
    let credential = format!("{head}authorization: Basic {basic}\n\n{{}}");
    let bare = format!("{head}authorization: Basic {secret}\n\n{{}}");
    folder.write("token.http", token.as_bytes());
    folder.write("nearly.http", nearly.as_bytes());
    folder.write("basic.http", credential.as_bytes());
    folder.write("bare.http", bare.as_bytes());
    let echo = echo();
    for (file, provider, code) in [
        ("token.http", "gitlab-token", 0),
        ("nearly.http", "gitlab-token", 1),
        ("basic.http", "postmark", 0),
        ("bare.http", "postmark", 1),
    ] {
        for reference in ["env:SECRET", "file:secret.txt", &format!("plain:{secret}")] {
            for json in [&[][..], &["--json"]] {
                let target = ["-p", provider, "-s", reference];
                for (command, code) in [
                    (vec!["verify", file], code),
                    (vec!["explain", file], code),
                    (vec!["sign"], 0),
                    (vec!["sign", "--curl"], 0),
                    (vec!["send", "-t", &echo], 0),
                    (vec!["send", "-t", &echo, "--repeat", "2"], 0),
                    (vec!["replay", file, "-t", &echo], 0),
                ] {
                    let flags = [&command, &target[..], json].concat();
                    let ran = run_with(folder.path(), secret, b"", &flags);
                    assert_eq!(ran.code, code, "{flags:?}: {ran:?}");
                    ran.lacks(secret);
                    ran.lacks(basic);
                }
            }
        }
        let ran = run(folder.path(), &["replay", file, "-t", &echo]);
        ran.lacks(secret);
        ran.lacks(basic);
    }
}

/// The URL of a server that answers with the head of the request.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut head, mut line, mut body) = (String::new(), String::new(), 0);
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            while line != "\r\n" {
                line.clear();
                reader.read_line(&mut line).unwrap();
                head += &line;
                if let Some(length) = line.strip_prefix("content-length: ") {
                    body = length.trim().parse().unwrap();
                }
            }
            reader.read_exact(&mut vec![0; body]).unwrap();
            let length = head.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{head}"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_named_and_not_shown() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

    let folder = Folder::new();
    let secret = [SECRETS[0].as_bytes(), b"\xff"].concat();
    let output = binary(folder.path())
        .args(["sign", "-p", "stripe", "-s", "env:SECRET"])
        .env("SECRET", OsStr::from_bytes(&secret))
        .output();
    let ran = Ran::of(output.expect("the binary runs"));
    assert_eq!(ran.code, 2, "{ran:?}");
    let said = "the environment variable SECRET is not Unicode";
    assert!(ran.stderr.contains(said), "{ran:?}");
}
