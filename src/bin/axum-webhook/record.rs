//! `record`: a local server that keeps deliveries in files.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    net::SocketAddr,
    num::NonZeroU64,
    path::PathBuf,
    sync::Arc,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    response::Response,
};
use axum_webhook::{DiagnosisLevel, SystemClock, Timestamp, testing::Captured};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Mutex, Notify},
};

use crate::{
    args::Target,
    block_on, curl,
    failure::Failure,
    judge::{Judge, Verdict},
    output::{Output, Tone, visible},
};

/// The largest body that is kept, in bytes: more than any provider of the catalogue sends.
const MAX_BODY: usize = 64 * 1024 * 1024;
/// As much of a path is in the name of its file.
const MAX_NAME: usize = 60;

/// The flags of `record`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each delivery becomes a file NNN-METHOD-PATH.http, which `verify`, `explain`, `replay` and testing::Captured read.
With --provider or --config each is judged too, questions of the provider are answered, and the sender hears what your
server would say; without, it hears --answer. What is refused is kept as well.
A file holds all that was sent. Where that is a credential, the file is as secret as the credential.")]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    /// Where to listen
    #[arg(short, long, value_name = "ADDR", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// The folder for the files
    #[arg(long, value_name = "DIR", default_value = "deliveries")]
    dir: PathBuf,
    /// End after this many; otherwise Ctrl-C ends it
    #[arg(short = 'n', long, value_name = "NUMBER")]
    count: Option<NonZeroU64>,
    /// The status that the sender hears
    #[arg(long, value_name = "STATUS", default_value = "200")]
    answer: StatusCode,
}

/// What all deliveries share.
#[derive(Debug)]
struct Recorder {
    output: Output,
    dir: PathBuf,
    answer: StatusCode,
    judge: Option<Judge>,
    kept: u64,
    count: Option<NonZeroU64>,
    enough: Arc<Notify>,
}

/// Listens until it is told to stop.
pub(crate) fn run(output: Output, args: Args) -> Result<(), Failure> {
    args.target.warn(output);
    let judge = if args.target.is_named() {
        let receiver = args.target.receiver(None)?;
        if receiver.schemes().any(curl::sends_secret) {
            output.warn("the provider sends the secret itself, so it stands in the files");
        }
        let level = DiagnosisLevel::Hints;
        Some(Judge::new(receiver.layer()?, level, SystemClock))
    } else {
        None
    };
    fs::create_dir_all(&args.dir)
        .map_err(|error| Failure::Usage(format!("{}: {error}", args.dir.display())))?;
    let enough = Arc::new(Notify::new());
    let recorder = Recorder {
        output,
        dir: args.dir,
        answer: args.answer,
        judge,
        kept: 0,
        count: args.count,
        enough: Arc::clone(&enough),
    };
    block_on(serve(args.listen, recorder, enough))
}

async fn serve(listen: SocketAddr, recorder: Recorder, enough: Arc<Notify>) -> Result<(), Failure> {
    let output = recorder.output;
    let unheard = |error| Failure::Failed(format!("can't listen on {listen}: {error}"));
    let listener = TcpListener::bind(listen).await.map_err(unheard)?;
    let address = listener.local_addr().map_err(unheard)?;
    if !address.ip().is_loopback() {
        output.warn("whoever reaches this address can fill the folder");
    }
    let dir = recorder.dir.display().to_string();
    output.json(&json!({ "listening": format!("http://{address}"), "dir": dir }))?;
    output.line(format_args!(
        "listening on http://{address}; each delivery becomes a file in {dir}; Ctrl-C ends it"
    ));
    let app = Router::new()
        .fallback(keep)
        .with_state(Arc::new(Mutex::new(recorder)));
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            tokio::select! {
                () = enough.notified() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        })
        .await
        .map_err(|error| Failure::Failed(error.to_string()))
}

/// The handler of every request.
async fn keep(State(recorder): State<Arc<Mutex<Recorder>>>, request: Request<Body>) -> Response {
    let received = Timestamp::now();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return empty(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let captured = Captured {
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        body,
        received: Some(received),
    };
    let mut recorder = recorder.lock().await;
    match recorder.take(&captured).await {
        Ok(response) => response,
        Err(failure) => {
            recorder.output.error(failure);
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

impl Recorder {
    /// Keeps a delivery, judges it, and says so.
    async fn take(&mut self, captured: &Captured) -> Result<Response, Failure> {
        let file = self
            .write(captured)
            .map_err(|error| Failure::Failed(format!("{}: {error}", self.dir.display())))?;
        let judged = match &mut self.judge {
            Some(judge) => Some(judge.judge(captured.request()).await?),
            None => None,
        };
        let (verdict, response) = judged.unzip();
        self.tell(captured, &file, verdict.as_ref())?;
        self.kept += 1;
        if self.count.is_some_and(|count| self.kept >= count.get()) {
            self.enough.notify_one();
        }
        Ok(response.unwrap_or_else(|| empty(self.answer)))
    }

    /// Writes a delivery under a name that is free, readable by its owner only.
    fn write(&self, captured: &Captured) -> io::Result<PathBuf> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut number = self.kept + 1;
        loop {
            let path = self.dir.join(name(number, captured));
            match options.open(&path) {
                Ok(mut file) => {
                    file.write_all(&captured.to_http())?;
                    return Ok(path);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    fn tell(
        &self,
        captured: &Captured,
        file: &std::path::Path,
        verdict: Option<&Verdict>,
    ) -> Result<(), Failure> {
        let (method, path) = (&captured.method, captured.uri.path());
        let bytes = captured.body.len();
        let file = file.display().to_string();
        if self.output.is_json() {
            let mut value = verdict.map_or(json!({}), Verdict::json);
            if let Value::Object(value) = &mut value {
                value.insert("file".to_owned(), json!(file));
                value.insert("method".to_owned(), json!(method.as_str()));
                value.insert("path".to_owned(), json!(path));
                value.insert("bytes".to_owned(), json!(bytes));
            }
            return self.output.json(&value);
        }
        let (tone, word) = match verdict {
            Some(Verdict::Refused(_)) => (Tone::Bad, "refused"),
            Some(verdict) => (Tone::Good, verdict.name()),
            None => (Tone::Good, "kept"),
        };
        let word = self.output.paint(tone, word);
        let path = visible(path);
        self.output.line(format_args!(
            "{word} {method} {path}, {bytes} bytes: {file}"
        ));
        if let Some(Verdict::Refused(rejection)) = verdict {
            self.output.field("reason", visible(&rejection.to_string()));
        }
        Ok(())
    }
}

/// The name of a file; whoever sends a request chooses its path, so only harmless characters are left of it.
fn name(number: u64, captured: &Captured) -> String {
    let text = format!("{}{}", captured.method, captured.uri.path());
    let mut name = String::new();
    for c in text.chars().take(MAX_NAME) {
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    format!("{number:03}-{}.http", name.trim_end_matches('-'))
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method, Uri};

    use super::*;

    #[test]
    fn a_path_can_not_leave_the_folder() {
        for (path, wanted) in [
            ("/webhooks/GitHub", "007-post-webhooks-github.http"),
            ("/../../etc/passwd", "007-post-etc-passwd.http"),
            ("/%2e%2e%2f..", "007-post-2e-2e-2f.http"),
            ("/", "007-post.http"),
        ] {
            let captured = Captured {
                method: Method::POST,
                uri: Uri::from_static(path),
                headers: HeaderMap::new(),
                body: axum::body::Bytes::new(),
                received: None,
            };
            assert_eq!(name(7, &captured), wanted);
        }
    }
}
