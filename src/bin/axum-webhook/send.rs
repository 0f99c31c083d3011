//! `send`: signs deliveries and posts them, as the provider would.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum_webhook::{Secret, Span, scheme::Scheme};
use bytes::Bytes;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    args::{Delivery, Sample, Target},
    block_on,
    client::{self, Answer, Client, Outgoing},
    curl,
    failure::Failure,
    output::{Output, Tone, visible},
    sign::{To, Urls},
    stats::{Progress, Samples},
};

/// The flags of `send`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each repetition is signed anew, as an event of its own unless --id or the body says its id.
HTTPS trusts what the system trusts; SSL_CERT_FILE names other root certificates.
Exits 0 if every answer is 2xx, 1 if one is not, 3 if nobody answers.")]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    delivery: Delivery,
    #[command(flatten)]
    to: To,
    /// Send this many
    #[arg(short, long, value_name = "NUMBER", default_value = "1")]
    repeat: NonZeroU64,
    /// Send this many at a time
    #[arg(short = 'j', long, value_name = "NUMBER", default_value = "1")]
    concurrency: NonZeroUsize,
    #[command(flatten)]
    patience: Patience,
}

/// How long an answer may take.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Patience {
    /// How long an answer may take
    #[arg(long, value_name = "TIME", default_value = "30s")]
    timeout: Span,
}

impl Patience {
    /// A client with this patience.
    pub(crate) const fn client(self) -> Client {
        Client::new(self.timeout.duration())
    }
}

/// What every sender needs.
#[derive(Debug)]
struct Load {
    sample: Sample,
    scheme: Scheme,
    secrets: Vec<Secret>,
    urls: Urls,
    repeat: u64,
    next: AtomicU64,
    measured: Mutex<(Samples, Progress)>,
}

/// Sends deliveries, and says what came back.
pub(crate) fn run(output: Output, args: Args) -> Result<(), Failure> {
    args.target.warn(output);
    let chosen = args.target.choose()?;
    let urls = args.to.urls(&chosen);
    client::url(&urls.to)?;
    let repeat = args.repeat.get();
    let load = Load {
        sample: args.delivery.prepare(chosen.scheme())?,
        scheme: chosen.scheme().clone(),
        secrets: chosen.secrets,
        urls,
        repeat,
        next: AtomicU64::new(0),
        measured: Mutex::new((Samples::default(), Progress::new(output, repeat))),
    };
    if repeat == 1 {
        return block_on(send_one(output, &load, args.patience));
    }
    let started = Instant::now();
    let load = Arc::new(load);
    block_on(send_all(
        Arc::clone(&load),
        args.concurrency.get(),
        args.patience,
    ))?;
    let took = started.elapsed();
    let load = Arc::into_inner(load).ok_or_else(|| Failure::Failed("a sender hangs".to_owned()))?;
    let (samples, progress) = load
        .measured
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    drop(progress);
    let (all_good, is_silent) = (samples.all_good(), samples.is_silent());
    let summary = samples.summary(took);
    if output.is_json() {
        output.json(&summary)?;
    } else {
        summary.print(output);
    }
    match (all_good, is_silent) {
        (true, _) => Ok(()),
        (false, true) => Err(Failure::Network("nobody answered".to_owned())),
        (false, false) => Err(Failure::Refused),
    }
}

async fn send_one(output: Output, load: &Load, patience: Patience) -> Result<(), Failure> {
    let outgoing = load.outgoing(0)?;
    let started = Instant::now();
    let answer = patience.client().send(&outgoing).await?;
    // Where the secret is sent, whoever answers could repeat it.
    let body = (!curl::sends_secret(&load.scheme))
        .then(|| String::from_utf8_lossy(&answer.body).into_owned());
    show(
        output,
        &load.urls.to,
        &answer,
        started.elapsed(),
        body.as_deref(),
    )
}

/// Prints an answer, and says whether it is a success.
pub(crate) fn show(
    output: Output,
    name: &str,
    answer: &Answer,
    took: Duration,
    body: Option<&str>,
) -> Result<(), Failure> {
    let good = answer.status.is_success();
    let ms = took.as_secs_f64() * 1000.0;
    if output.is_json() {
        output.json(
            &json!({ "to": name, "status": answer.status.as_u16(), "ms": ms, "body": body }),
        )?;
    } else {
        let tone = if good { Tone::Good } else { Tone::Bad };
        let status = output.paint(tone, answer.status);
        output.line(format_args!(
            "{status} in {ms:.1} ms from {}",
            visible(name)
        ));
        if let Some(body) = body.map(str::trim_end).filter(|body| !body.is_empty()) {
            output.line(body.lines().map(visible).collect::<Vec<_>>().join("\n"));
        }
    }
    if good { Ok(()) } else { Err(Failure::Refused) }
}

async fn send_all(load: Arc<Load>, concurrency: usize, patience: Patience) -> Result<(), Failure> {
    let mut senders = JoinSet::new();
    for _ in 0..concurrency {
        senders.spawn(keep_sending(Arc::clone(&load), patience));
    }
    while let Some(done) = senders.join_next().await {
        done.map_err(|error| Failure::Failed(error.to_string()))??;
    }
    Ok(())
}

async fn keep_sending(load: Arc<Load>, patience: Patience) -> Result<(), Failure> {
    let mut client = patience.client();
    loop {
        let number = load.next.fetch_add(1, Ordering::Relaxed);
        if number >= load.repeat {
            return Ok(());
        }
        let outgoing = load.outgoing(number)?;
        let started = Instant::now();
        let answer = client.send(&outgoing).await;
        let took = started.elapsed();
        let mut measured = load.measured.lock().unwrap_or_else(PoisonError::into_inner);
        let (samples, progress) = &mut *measured;
        match answer {
            Ok(answer) => samples.answered(answer.status, took),
            Err(failure) => samples.failed(failure.to_string()),
        }
        progress.step();
    }
}

impl Load {
    fn outgoing(&self, number: u64) -> Result<Outgoing, Failure> {
        let draft = self.sample.draft(number, &self.urls.signed);
        let signed = draft
            .sign(&self.scheme, self.secrets.clone())
            .map_err(Failure::usage)?;
        Ok(Outgoing {
            url: client::url(&self.urls.with_query_of(&signed))?,
            method: signed.method,
            headers: signed.headers,
            body: Bytes::from(signed.body),
        })
    }
}
