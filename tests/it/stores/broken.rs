//! The contract sees a store that guards nothing: stores that are wrong on purpose.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum_webhook::{
    replay::{Claim, ClaimToken, MemoryReplayStore, ReplayKey, ReplayStore, StoreError},
    testing::contract::{self, fresh_key},
};

/// What is wrong with a store. Each was in somebody's receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The answer to the claim is thrown away, so every event is new (civitai#2510).
    AnswerLost,
    /// Reading and writing are two steps, and somebody else comes between them (superset#7289).
    TwoSteps,
    /// Whoever settles is believed (omi#11220).
    OwnerNotAsked,
    /// What is done is forgotten with its claim.
    DoneForgotten,
    /// What is given back stays claimed (first-tree#1944).
    ReleaseIgnored,
    /// A claim stays for good, whoever made it (PostHog#102218).
    LeaseIgnored,
    /// The renewal is answered and not made (riffado#270).
    RenewalIgnored,
}

#[derive(Debug)]
struct Broken {
    fault: Option<Fault>,
    inner: MemoryReplayStore,
    owners: Mutex<HashMap<ReplayKey, ClaimToken>>,
}

impl Broken {
    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// The token of whoever owns the claim, where nobody asks for it.
    fn token(&self, key: &ReplayKey, token: ClaimToken) -> ClaimToken {
        let owners = self.owners.lock().unwrap();
        let owner = owners.get(key).filter(|_| self.is(Fault::OwnerNotAsked));
        owner.copied().unwrap_or(token)
    }
}

impl ReplayStore for Broken {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, StoreError> {
        let lease = match self.fault {
            Some(Fault::LeaseIgnored) => Duration::from_hours(24),
            _ => lease,
        };
        let mut claim = self.inner.claim(key, lease).await?;
        if self.is(Fault::AnswerLost) {
            claim = self.inner.claim(&fresh_key(), lease).await?;
        }
        if self.is(Fault::TwoSteps) {
            // All who have read by now write the same.
            tokio::task::yield_now().await;
            if let Claim::InFlight { .. } = claim {
                claim = self.inner.claim(&fresh_key(), lease).await?;
            }
        }
        if let Claim::New { token, .. } = claim {
            self.owners.lock().unwrap().insert(*key, token);
        }
        Ok(claim)
    }

    async fn renew(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        match self.fault {
            Some(Fault::RenewalIgnored) => Ok(true),
            _ => self.inner.renew(key, self.token(key, token), lease).await,
        }
    }

    async fn commit(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        match self.fault {
            Some(Fault::DoneForgotten) => self.inner.release(key, token).await,
            _ => self.inner.commit(key, self.token(key, token), ttl).await,
        }
    }

    async fn release(&self, key: &ReplayKey, token: ClaimToken) -> Result<bool, StoreError> {
        match self.fault {
            Some(Fault::ReleaseIgnored) => Ok(true),
            _ => self.inner.release(key, self.token(key, token)).await,
        }
    }
}

/// The promises of the contract that a store with this fault breaks.
async fn broken_by(fault: Option<Fault>) -> Vec<&'static str> {
    let mut broken = Vec::new();
    macro_rules! run {
        ($($name:ident)+) => {
            $({
                let store = Arc::new(Broken {
                    fault,
                    inner: MemoryReplayStore::new(),
                    owners: Mutex::default(),
                });
                let run = tokio::spawn(async move { contract::$name(&store).await });
                if run.await.is_err() {
                    broken.push(stringify!($name));
                }
            })+
        };
    }
    run! {
        of_two_claims_one_is_new
        an_unknown_event_can_not_be_settled
        a_committed_event_is_done_for_its_time
        done_may_be_shorter_than_the_lease
        a_released_event_can_be_claimed_again
        only_the_owner_settles
        a_claim_is_settled_once
        a_lease_runs_out
        a_renewed_lease_runs_on
        a_lapsed_claim_is_nobodys
        a_stale_owner_harms_no_new_one
        a_later_claim_has_a_larger_fence
        events_do_not_touch_each_other
        of_many_claims_at_once_one_is_new
        of_many_claims_of_a_lapsed_event_one_is_new
    }
    broken
}

#[tokio::test(start_paused = true)]
async fn t_r11_a_store_that_guards_nothing_breaks_its_contract() {
    for (fault, promise) in [
        (Fault::AnswerLost, "of_two_claims_one_is_new"),
        (Fault::TwoSteps, "of_many_claims_at_once_one_is_new"),
        (Fault::OwnerNotAsked, "only_the_owner_settles"),
        (
            Fault::DoneForgotten,
            "a_committed_event_is_done_for_its_time",
        ),
        (
            Fault::ReleaseIgnored,
            "a_released_event_can_be_claimed_again",
        ),
        (Fault::LeaseIgnored, "a_lease_runs_out"),
        (Fault::RenewalIgnored, "a_renewed_lease_runs_on"),
    ] {
        let broken = broken_by(Some(fault)).await;
        assert!(broken.contains(&promise), "{fault:?}: {broken:?}");
    }
    // The control: without a fault, it is a store.
    assert_eq!(broken_by(None).await, [] as [&str; 0]);
}
