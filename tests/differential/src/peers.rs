//! Its peers on crates.io.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
};

use crate::Question;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Whether a peer is at work.
pub(crate) fn is_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// What the peers that know the scheme say. One that panics has refused.
pub(crate) fn verdicts(question: &Question) -> Vec<(&'static str, bool)> {
    let mut verdicts = Vec::new();
    let mut ask = |name, verify: &dyn Fn() -> bool| {
        ASKED.store(true, Ordering::Relaxed);
        let accepts = catch_unwind(AssertUnwindSafe(verify)).unwrap_or(false);
        ASKED.store(false, Ordering::Relaxed);
        verdicts.push((name, accepts));
    };
    let headers = question.headers().unwrap_or_default();
    let body = question.body();
    match question.family.as_str() {
        "standard-webhooks" => ask("crate:standardwebhooks", &|| {
            let peer = standardwebhooks::Webhook::new(&question.secret);
            peer.is_ok_and(|peer| peer.verify(&body, &headers).is_ok())
        }),
        #[cfg(feature = "svix")]
        "svix" => ask("crate:svix", &|| {
            let peer = svix::webhooks::Webhook::new(&question.secret);
            peer.is_ok_and(|peer| peer.verify(&body, &headers).is_ok())
        }),
        _ => {}
    }
    verdicts
}
