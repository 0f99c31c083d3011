//! `replay`: sends captured deliveries again, as they were or signed anew.

use std::time::Instant;

use axum_webhook::Timestamp;

use crate::{
    args::{Chosen, Target},
    block_on,
    captures::{Files, Item},
    client::{self, Client, Outgoing},
    curl,
    failure::Failure,
    output::Output,
    resign::{headers, resign},
    send::{Patience, show},
    sign::{DEFAULT_ORIGIN, Urls},
};

/// The flags of `replay`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
As they were: the same head and body, which a receiver with a window refuses after some minutes. With --provider or
--config each is signed anew, for now: the same body, unless time or signature stand in it, and the same event id.
Exits 0 if every answer is 2xx, 1 if one is not, 3 if nobody answers.")]
pub(crate) struct Args {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    target: Target,
    /// The server, where the path is that of the capture, or a full URL; the default is the receiver example
    #[arg(short, long, value_name = "URL")]
    to: Option<String>,
    /// Give each signed one an event id of its own, where the id does not stand in the body
    #[arg(long)]
    new_id: bool,
    #[command(flatten)]
    patience: Patience,
}

/// Sends every delivery, one after the other.
pub(crate) fn run(output: Output, args: &Args) -> Result<(), Failure> {
    args.target.warn(output);
    let items = args.files.read(output)?;
    let chosen = if args.target.is_named() {
        Some(args.target.choose()?)
    } else {
        None
    };
    if args.new_id && chosen.is_none() {
        return Err(Failure::usage(
            "--new-id needs --provider or --config, to sign it anew",
        ));
    }
    let mut outgoing = Vec::new();
    for (number, item) in items.iter().enumerate() {
        outgoing.push(args.outgoing(item, chosen.as_ref(), number)?);
    }
    block_on(send_all(output, args, &items, outgoing, chosen.as_ref()))
}

async fn send_all(
    output: Output,
    args: &Args,
    items: &[Item],
    outgoing: Vec<Outgoing>,
    chosen: Option<&Chosen>,
) -> Result<(), Failure> {
    let mut client: Client = args.patience.client();
    // Whoever answers could repeat a credential: what was captured may have one.
    let is_shown = chosen.is_some_and(|chosen| !curl::sends_secret(chosen.scheme()));
    let (mut answered, mut worst) = (false, None);
    for (item, outgoing) in items.iter().zip(outgoing) {
        let started = Instant::now();
        let failed = match client.send(&outgoing).await {
            Ok(answer) => {
                answered = true;
                let body = String::from_utf8_lossy(&answer.body);
                let body = is_shown.then_some(&*body);
                show(output, &item.name, &answer, started.elapsed(), body)
            }
            Err(failure) => {
                output.error(format_args!("{}: {failure}", item.name));
                Err(failure)
            }
        };
        worst = worst.or(failed.err());
    }
    match worst {
        None => Ok(()),
        Some(_) if answered => Err(Failure::Refused),
        Some(_) => Err(Failure::Network("nobody answered".to_owned())),
    }
}

impl Args {
    fn outgoing(
        &self,
        item: &Item,
        chosen: Option<&Chosen>,
        number: usize,
    ) -> Result<Outgoing, Failure> {
        let captured = &item.captured;
        let to = self.to.as_deref().unwrap_or(DEFAULT_ORIGIN);
        let to = client::url(to)?;
        let (path, query) = (captured.uri.path(), captured.uri.query());
        let path = if to.path() == "/" { path } else { to.path() };
        let query = query.map_or(String::new(), |query| format!("?{query}"));
        let authority = to.authority().map_or("", |authority| authority.as_str());
        let scheme = to.scheme_str().unwrap_or("http");
        let url = format!("{scheme}://{authority}{path}{query}");
        let Some(chosen) = chosen else {
            return Ok(Outgoing {
                url: client::url(&url)?,
                method: captured.method.clone(),
                headers: headers(captured),
                body: captured.body.clone(),
            });
        };
        let urls = Urls::new(url, chosen.endpoint.public_url());
        let now = Timestamp::now();
        let id = self
            .new_id
            .then(|| format!("evt_replay{}x{number}", now.unix_micros()));
        let signed = resign(
            captured,
            chosen.scheme(),
            &chosen.secrets,
            &urls.signed,
            id,
            now,
        )
        .map_err(|failure| Failure::Usage(format!("{}: {failure}", item.name)))?;
        Ok(Outgoing {
            url: client::url(&urls.with_query_of(&signed))?,
            method: signed.method,
            headers: signed.headers,
            body: signed.body.into(),
        })
    }
}
