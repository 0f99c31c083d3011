//! `verify` and `explain`: what the layer says of captured requests, and why.

use axum_webhook::{DiagnosisLevel, Timestamp, scheme::Scheme, testing::FixedClock};
use serde_json::{Value, json};

use crate::{
    args::{Target, time},
    block_on,
    captures::{Files, Item},
    failure::Failure,
    judge::{Genuine, Judge, Verdict},
    output::{Output, Tone, visible},
    providers::{coverage, show_shape},
};

/// The flags of `verify` and `explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each request is judged by the layer itself, at the time at which it was captured; where the file does not say when, now.
Replays are not looked for. With --config and no --endpoint the path says whose it is.
Exits 0 if every request is genuine or a question of the provider, 1 if one is not.")]
pub(crate) struct Args {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    target: Target,
    /// Judge at this time: RFC 3339, unix seconds or "now"
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
}

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The verdict, in a line.
    Verdict,
    /// All that is known, with trials.
    Everything,
}

/// Judges every request.
pub(crate) fn run(output: Output, args: &Args, detail: Detail) -> Result<(), Failure> {
    args.target.warn(output);
    let items = args.files.read(output)?;
    let mut refused = false;
    for (number, item) in items.iter().enumerate() {
        if number > 0 && detail == Detail::Everything {
            output.line("");
        }
        refused |= !judge(output, args, detail, item)?;
    }
    if refused {
        Err(Failure::Refused)
    } else {
        Ok(())
    }
}

/// Judges one request, and says whether it would have been let in.
fn judge(output: Output, args: &Args, detail: Detail, item: &Item) -> Result<bool, Failure> {
    let captured = &item.captured;
    let at = args.at.or(captured.received).unwrap_or_else(Timestamp::now);
    let level = match detail {
        Detail::Verdict => DiagnosisLevel::Hints,
        Detail::Everything => DiagnosisLevel::Trials,
    };
    // Of one layer only a few refusals a second are looked into, so each request has its own.
    let receiver = args.target.receiver(item.url().as_ref())?;
    let mut judge = Judge::new(receiver.layer()?, level, FixedClock::new(at));
    let (verdict, _) = block_on(judge.judge(captured.request()))?;
    let scheme = verdict.endpoint().and_then(|name| receiver.scheme(name));
    if output.is_json() {
        let mut value = verdict.json();
        if let Value::Object(value) = &mut value {
            value.insert("file".to_owned(), json!(item.name));
            value.insert("at".to_owned(), json!(at.to_string()));
        }
        output.json(&value)?;
    } else {
        print_verdict(output, &item.name, &verdict, detail);
        if detail == Detail::Everything {
            explain(output, &verdict, scheme, at);
        }
    }
    Ok(!matches!(verdict, Verdict::Refused(_)))
}

/// The verdict in a line.
pub(crate) fn print_verdict(output: Output, name: &str, verdict: &Verdict, detail: Detail) {
    let tone = match verdict {
        Verdict::Refused(_) => Tone::Bad,
        _ => Tone::Good,
    };
    let word = output.paint(tone, verdict.name());
    let reason = match verdict {
        Verdict::Refused(rejection) if detail == Detail::Verdict => {
            format!(": {}", visible(&rejection.to_string()))
        }
        _ => String::new(),
    };
    output.line(format_args!("{word} {}{reason}", visible(name)));
}

fn explain(output: Output, verdict: &Verdict, scheme: Option<&Scheme>, at: Timestamp) {
    if let (Some(endpoint), Some(provider)) = (verdict.endpoint(), verdict.provider()) {
        output.field("endpoint", format_args!("{endpoint} ({provider})"));
    }
    output.field("judged at", at);
    if let Some(scheme) = scheme {
        output.field("check", scheme.algorithm);
        for shape in &scheme.shapes {
            show_shape(output, shape);
        }
    }
    match verdict {
        Verdict::Genuine(Some(genuine)) => explain_genuine(output, genuine),
        Verdict::Genuine(None) => output.field("mode", "shadow: it only observes"),
        Verdict::Answered { .. } => {
            output.field(
                "question",
                "the layer answers it, and no handler hears of it",
            );
        }
        Verdict::Refused(rejection) => {
            let reason = visible(&rejection.to_string());
            output.field("reason", format_args!("{reason} ({})", rejection.code()));
            for diagnosis in rejection.diagnoses() {
                let name = if diagnosis.is_proven() {
                    "proven"
                } else {
                    "note"
                };
                let message = visible(diagnosis.message());
                output.field(name, format_args!("{message} ({})", diagnosis.code()));
            }
        }
    }
}

fn explain_genuine(output: Output, genuine: &Genuine) {
    output.field("key", visible(&genuine.key_id));
    let or_none = |text: &Option<String>| visible(text.as_deref().unwrap_or("none"));
    output.field("event id", or_none(&genuine.event_id));
    output.field("event type", or_none(&genuine.event_type));
    if let Some(time) = genuine.timestamp {
        output.field("sent at", time);
    }
    output.field("covers", coverage(genuine.coverage));
}
