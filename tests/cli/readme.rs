//! The README's sessions, played in terminals, so that they can't lie.

use std::{fmt::Write as _, fs, path::Path};

use super::{
    receiver::Receiver,
    support::{Folder, shell},
    terminal::Terminal,
};

const START: &str = "<!-- cli:start -->\n";
const END: &str = "<!-- cli:end -->";
/// Where the README's receiver and recorder listen. Here they take ports that are free.
const RECEIVER: &str = "127.0.0.1:3000";
const RECORDER: &str = "127.0.0.1:3001";

/// Run with `UPDATE_README=1` to write the sessions anew.
#[test]
fn the_sessions_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("README.md");
    let text = fs::read_to_string(&path).expect("README.md is there");
    let (before, rest) = text.split_once(START).expect("the start is marked");
    let (sessions, after) = rest.split_once(END).expect("the end is marked");
    let folder = Folder::with_files();
    fs::copy(
        root.join("examples/receiver.toml"),
        folder.path().join("receiver.toml"),
    )
    .expect("it can be copied");
    let receiver = Receiver::start(&folder.path().join("receiver.toml"));
    let played = play(sessions, folder.path(), &receiver);
    if still(&played) == still(sessions) {
        return;
    }
    if std::env::var_os("UPDATE_README").is_some() {
        let text = format!("{before}{START}{played}{END}{after}");
        fs::write(&path, text).expect("README.md can be written");
    } else {
        panic!(
            "the sessions are old; run `UPDATE_README=1 cargo test --features cli --test cli readme`:\n{played}"
        );
    }
}

/// What stands in the README.
enum Piece {
    Text(String),
    /// It goes on in a terminal of its own.
    Running(Terminal, String),
}

/// The sessions with what their commands show now.
fn play(sessions: &str, folder: &Path, receiver: &Receiver) -> String {
    let receiver = format!("127.0.0.1:{}", receiver.port());
    let mut recorder = RECORDER.to_owned();
    let mut pieces = Vec::new();
    let mut in_console = false;
    for line in sessions.split_inclusive('\n') {
        if line.starts_with("```") {
            in_console = line.trim_end() == "```console";
        } else if in_console && !line.starts_with("$ ") {
            continue;
        }
        pieces.push(Piece::Text(line.to_owned()));
        let Some(command) = line.strip_prefix("$ ").filter(|_| in_console) else {
            continue;
        };
        let command = command.replace(RECEIVER, &receiver);
        if command.contains(" record ") {
            let command = command.replace(RECORDER, "127.0.0.1:0");
            let mut terminal = Terminal::start(shell(&command, folder));
            terminal.expect("Ctrl-C ends it");
            let raw = terminal.raw();
            let (_, address) = raw.split_once("http://").expect("it says where");
            address.split(';').next().unwrap().clone_into(&mut recorder);
            pieces.push(Piece::Running(terminal, recorder.clone()));
        } else {
            let command = command.replace(RECORDER, &recorder);
            let text = Terminal::start(shell(&command, folder)).end().text();
            let text = text.replace(&receiver, RECEIVER);
            pieces.push(Piece::Text(text.replace(&recorder, RECORDER)));
        }
    }
    let mut played = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => played.push_str(&text),
            Piece::Running(terminal, address) => {
                let text = terminal.end().text();
                played.push_str(&text.replace(&address, RECORDER));
            }
        }
    }
    played
}

/// The sessions without what is another number every time: how long it took.
fn still(sessions: &str) -> String {
    let mut still = String::new();
    for line in sessions.lines() {
        let is_measured =
            line.contains(" ms from ") || line.starts_with("  took ") || line.starts_with("  ms ");
        if is_measured {
            let words = line.split_ascii_whitespace();
            let words = words.map(|word| word.replace(|c: char| c.is_ascii_digit(), ""));
            let words = words.collect::<Vec<_>>().join(" ");
            let _ = writeln!(still, "{words}");
        } else {
            let _ = writeln!(still, "{line}");
        }
    }
    still
}
