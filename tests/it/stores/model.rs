//! All stores answer as the model does: a map in which a claim lapses and "done" is forgotten.

use std::{collections::HashMap, time::Duration};

use axum_webhook::{
    replay::{Claim, ClaimToken, MemoryReplayStore, ReplayKey, ReplayStore},
    testing::contract::fresh_key,
};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use tokio::{runtime::Builder, time::sleep};

/// Longer than any test takes.
const LONG: Duration = Duration::from_mins(10);
/// Over before the next step.
const SHORT: Duration = Duration::from_millis(10);
const PAUSE: Duration = Duration::from_millis(30);

/// A step of a test: what is done to one of two events, by the owner of one of the claims so far.
#[derive(Clone, Copy, Debug)]
enum Step {
    Claim,
    ClaimAndLapse,
    Renew(usize),
    RenewAndLapse(usize),
    Commit(usize),
    CommitAndForget(usize),
    Release(usize),
}

fn step() -> impl Strategy<Value = (usize, Step)> {
    // The last claim more often than an earlier one.
    let whose = prop_oneof![3 => Just(0_usize), 2 => 1_usize..4];
    let step = prop_oneof![
        4 => Just(Step::Claim),
        1 => Just(Step::ClaimAndLapse),
        2 => whose.clone().prop_map(Step::Renew),
        1 => whose.clone().prop_map(Step::RenewAndLapse),
        3 => whose.clone().prop_map(Step::Commit),
        1 => whose.clone().prop_map(Step::CommitAndForget),
        3 => whose.prop_map(Step::Release),
    ];
    (0_usize..2, step)
}

/// What the model knows of an event.
#[derive(Default)]
struct Event {
    state: State,
    /// Of every claim so far, the latest first.
    tokens: Vec<ClaimToken>,
    fence: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Free,
    Claimed(ClaimToken),
    Done,
}

impl Event {
    /// The token of the claim before the last `back` ones; one that was never given where there is none.
    fn token(&self, back: usize) -> ClaimToken {
        let token = self.tokens.get(back).copied();
        token.unwrap_or(ClaimToken::new(0))
    }

    fn owns(&self, token: ClaimToken) -> bool {
        self.state == State::Claimed(token)
    }
}

async fn follow<S: ReplayStore>(store: &S, steps: &[(usize, Step)]) {
    let keys = [fresh_key(), fresh_key()];
    let mut events: HashMap<ReplayKey, Event> = HashMap::new();
    for (at, (key, step)) in steps.iter().enumerate() {
        let key = &keys[*key];
        let event = events.entry(*key).or_default();
        let name = format!("step {at}: {step:?}");
        match *step {
            Step::Claim => claim(store, key, event, LONG, &name).await,
            Step::ClaimAndLapse => {
                let free = event.state == State::Free;
                claim(store, key, event, SHORT, &name).await;
                sleep(PAUSE).await;
                if free {
                    event.state = State::Free;
                }
            }
            Step::Renew(back) | Step::RenewAndLapse(back) => {
                let token = event.token(back);
                let lapses = matches!(step, Step::RenewAndLapse(_));
                let lease = if lapses { SHORT } else { LONG };
                let renewed = store.renew(key, token, lease).await.unwrap();
                assert_eq!(renewed, event.owns(token), "{name}");
                if renewed && lapses {
                    sleep(PAUSE).await;
                    event.state = State::Free;
                }
            }
            Step::Commit(back) | Step::CommitAndForget(back) => {
                let token = event.token(back);
                let forgets = matches!(step, Step::CommitAndForget(_));
                let ttl = if forgets { SHORT } else { LONG };
                let committed = store.commit(key, token, ttl).await.unwrap();
                assert_eq!(committed, event.owns(token), "{name}");
                if committed {
                    event.state = State::Done;
                }
                if committed && forgets {
                    sleep(PAUSE).await;
                    event.state = State::Free;
                }
            }
            Step::Release(back) => {
                let token = event.token(back);
                let released = store.release(key, token).await.unwrap();
                assert_eq!(released, event.owns(token), "{name}");
                if released {
                    event.state = State::Free;
                }
            }
        }
    }
}

async fn claim<S: ReplayStore>(
    store: &S,
    key: &ReplayKey,
    event: &mut Event,
    lease: Duration,
    name: &str,
) {
    let answer = store.claim(key, lease).await.unwrap();
    match (event.state, answer) {
        (State::Free, Claim::New { token, fence }) => {
            assert!(!event.tokens.contains(&token), "{name}");
            assert!(fence > event.fence, "{name}: {} {fence}", event.fence);
            event.fence = fence;
            event.tokens.insert(0, token);
            event.state = State::Claimed(token);
        }
        (State::Claimed(_), Claim::InFlight { remaining }) => {
            assert!(remaining <= LONG, "{name}: {remaining:?}");
        }
        (State::Done, Claim::Done) => {}
        (_, answer) => panic!("{name}: {answer:?}"),
    }
}

fn check<S: ReplayStore>(cases: u32, paused: bool, store: impl Fn() -> S) {
    let config = ProptestConfig::with_cases(cases);
    let run = |steps: Vec<(usize, Step)>| {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(paused).build().unwrap();
        runtime.block_on(async { follow(&store(), &steps).await });
        Ok(())
    };
    let tested = TestRunner::new(config).run(&vec(step(), 1..40), run);
    tested.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_memory_store_follows_the_model() {
    check(2000, true, MemoryReplayStore::new);
}

#[cfg(feature = "redis")]
#[test]
fn the_redis_store_follows_the_model() {
    let url = super::redis_url();
    let store = || axum_webhook::replay::RedisReplayStore::new(&url).unwrap();
    check(40, false, store);
}

#[cfg(feature = "postgres")]
#[test]
fn the_postgres_store_follows_the_model() {
    let url = super::postgres_url();
    check(40, false, || {
        axum_webhook::replay::PostgresReplayStore::new(&url)
            .unwrap()
            .with_max_connections(1)
            .with_migration()
    });
}
