//! One case a process: secret bytes are marked as undefined, and valgrind reports what depends on them.
//!
//! `ctgrind` lists the cases, each with the reports that it has to give; `ctgrind NAME` runs one.

mod compare;
#[path = "../../../src/crypto/tag.rs"]
mod tag;
mod valgrind;
mod verify;

/// Something to run under valgrind.
struct Case {
    name: String,
    reports: Reports,
    run: Box<dyn Fn()>,
}

/// The reports that a case has to give.
#[derive(Clone, Copy)]
enum Reports {
    /// None at all.
    None,
    /// The one branch on whether a key has matched. Without it, valgrind has lost sight of the secret.
    Decision,
    /// At least one, at whatever place: this case is wrong on purpose.
    Some,
}

fn main() {
    let cases = compare::cases().chain(verify::cases());
    let Some(wanted) = std::env::args().nth(1) else {
        for case in cases {
            let reports = match case.reports {
                Reports::None => "none",
                Reports::Decision => "decision",
                Reports::Some => "some",
            };
            println!("{reports} {}", case.name);
        }
        return;
    };
    let mut cases = cases.filter(|case| case.name == wanted);
    let case = cases.next().expect("there is a case of this name");
    assert!(cases.next().is_none(), "two cases have this name");
    (case.run)();
}
