//! Measures axum-webhook beside what it can't do without and beside its peers: `bench/run` says how it is run.

mod bodies;
mod fleet;
mod loopback;
mod page;
mod plot;
mod public_keys;
mod refusals;
mod replay;
mod request_goals;
mod requests;
mod rounds;
mod scale;
mod stores;
mod verification;

use std::{env, fs, path::PathBuf};

use bench::allocations::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const GROUPS: [(&str, fn(&Paths)); 10] = [
    ("verification", verification::run),
    ("requests", requests::run),
    ("request-goals", request_goals::run),
    ("bodies", bodies::run),
    ("bodies-fresh", bodies::run_fresh),
    ("refusals", refusals::run),
    ("public-keys", public_keys::run),
    ("scale", scale::run),
    ("replay", replay::run),
    ("loopback", loopback::run),
];

/// They need servers, which the others should not have beside them.
const ON_SERVERS: [(&str, fn(&Paths)); 2] = [("stores", stores::run), ("fleet", fleet::run)];

/// The repository.
struct Paths(PathBuf);

impl Paths {
    fn readme(&self) -> PathBuf {
        self.0.join("README.md")
    }

    fn page(&self) -> PathBuf {
        self.file("README.md")
    }

    fn scale(&self) -> PathBuf {
        self.0.join("docs/SCALE.md")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join("docs/performance").join(name)
    }
}

fn main() {
    let mut arguments = env::args().skip(1);
    let first = arguments.next().expect("compare REPOSITORY GROUP…");
    if first == "serve" {
        return loopback::serve();
    }
    let paths = Paths(first.into());
    let arguments: Vec<String> = arguments.collect();
    // What bench/weight has found out.
    if let [put, name, file] = arguments.as_slice()
        && put == "put"
    {
        let table = fs::read_to_string(file).expect("the table is there");
        return page::put(&paths.page(), name, &table);
    }
    for wanted in arguments {
        let group = GROUPS
            .iter()
            .chain(&ON_SERVERS)
            .find(|(name, _)| *name == wanted);
        let (_, run) = group.unwrap_or_else(|| panic!("there is no group {wanted}"));
        run(&paths);
    }
}
