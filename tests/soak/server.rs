//! A server: the layer in a real axum server, which tells what its handlers do and obeys the one that started it.

use std::{
    cell::Cell,
    io::stdin,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
    routing::post,
};
use axum_webhook::{
    Clock, Rejection, Timestamp, VerifiedWebhook, WebhookHandle, WebhookLayer,
    replay::{Outcome, PostgresReplayStore, RedisReplayStore, sqlx_0_9::DoneIn as _},
    telemetry::{Event, Settlement},
};
use serde::Deserialize;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{net::TcpListener, task_local, time::sleep};

use crate::{
    child::tell,
    endpoints::{Place, STORES, hash},
    plan::{Control, HANG, LEASE, LONG, RENEWAL, now},
};

/// The system's time and so many milliseconds.
#[derive(Clone, Default)]
struct SteppedClock(Arc<AtomicI64>);

impl Clock for SteppedClock {
    fn now(&self) -> Timestamp {
        let step = self.0.load(Relaxed);
        let by = Duration::from_millis(step.unsigned_abs());
        if step < 0 {
            Timestamp::now().saturating_sub(by)
        } else {
            Timestamp::now().saturating_add(by)
        }
    }
}

/// The server: `serve NUMBER REDIS POSTGRES NEWEST-SECRET [CONTROL]`.
pub(crate) fn serve(arguments: &[String]) {
    let [number, redis, postgres, newest, control @ ..] = arguments else {
        panic!("serve NUMBER REDIS POSTGRES NEWEST-SECRET [CONTROL]");
    };
    // Handlers panic by the dozen here.
    std::panic::set_hook(Box::new(|_| {}));
    let control = control.first().and_then(|name| Control::named(name));
    let clock = SteppedClock::default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let layers = layers([redis, postgres], newest.parse().unwrap(), control, &clock);
        let state = Server {
            number: number.parse().unwrap(),
            runs: Arc::default(),
            pool: PgPoolOptions::new()
                .acquire_timeout(Duration::from_secs(2))
                .connect_lazy(postgres)
                .unwrap(),
        };
        let handles = layers.each_ref().map(WebhookLayer::handle);
        let app = app(state, layers, control).layer(from_fn(say_why));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        tell(&listener.local_addr().unwrap().to_string());
        thread::spawn(move || obey(&handles, &clock));
        axum::serve(listener, app).await.unwrap();
    });
}

/// One layer for each store.
fn layers(
    [redis, postgres]: [&String; 2],
    newest: usize,
    control: Option<Control>,
    clock: &SteppedClock,
) -> [WebhookLayer; 2] {
    [0, 1].map(|store| {
        let endpoints = Place::all()
            .into_iter()
            .filter(|place| place.store == store);
        let endpoints = endpoints.map(|place| {
            let endpoint = place
                .endpoint(newest)
                .with_lease(LEASE)
                .with_renewal(RENEWAL);
            match control {
                Some(Control::Lost) => endpoint.with_outcome(|_| Outcome::Done),
                _ => endpoint,
            }
        });
        let layer = WebhookLayer::by_path(endpoints.collect())
            .unwrap()
            .with_clock(clock.clone())
            .on_event(|event| {
                if let Event::Handled(handled) = event {
                    let _ = SETTLEMENT.try_with(|cell| cell.set(Some(handled.settlement)));
                }
            });
        match store {
            _ if control == Some(Control::Together) => layer,
            0 => layer.with_replay_store(RedisReplayStore::new(redis).unwrap()),
            _ => layer.with_replay_store(PostgresReplayStore::new(postgres).unwrap()),
        }
    })
}

fn app(state: Server, layers: [WebhookLayer; 2], control: Option<Control>) -> Router {
    let routes = layers.into_iter().zip(STORES).map(|(layer, store)| {
        let path = format!("/{store}/{{provider}}");
        match control {
            Some(Control::Forged) => Router::new().route(&path, post(handle_anything)),
            // The layer's paths are those without a pattern.
            _ => Place::all()
                .iter()
                .filter(|place| STORES[place.store] == store)
                .fold(Router::new(), |router, place| {
                    router.route(&place.path(), post(handle))
                })
                .layer(layer),
        }
    });
    let all = routes.fold(Router::new(), Router::merge);
    all.with_state(state)
}

task_local! {
    /// What became of the event of this request.
    static SETTLEMENT: Cell<Option<Settlement>>;
}

/// Tells the provider of these tests what no real one is told.
async fn say_why(request: Request, next: Next) -> Response {
    let answering = async {
        let mut response = next.run(request).await;
        if let Some(settlement) = SETTLEMENT.with(Cell::take) {
            let settlement = format!("{settlement:?}").parse().unwrap();
            response.headers_mut().insert("x-settlement", settlement);
        }
        if let Some(rejection) = response.extensions().get::<Rejection>() {
            let code = HeaderValue::from_static(rejection.code());
            response.headers_mut().insert("x-refused", code);
        }
        response
    };
    SETTLEMENT.scope(Cell::default(), answering).await
}

/// Reads orders until there are none, and ends the process then.
fn obey(handles: &[WebhookHandle; 2], clock: &SteppedClock) {
    for line in stdin().lines().map_while(Result::ok) {
        match line.split_once(' ').unwrap() {
            ("rotate", newest) => {
                let newest = newest.parse().unwrap();
                for place in Place::all() {
                    let live = place.live(newest);
                    handles[place.store].rotate(&place.name(), live).unwrap();
                }
            }
            ("clock", millis) => clock.0.store(millis.parse().unwrap(), Relaxed),
            _ => panic!("{line}"),
        }
        tell("obeyed");
    }
    std::process::exit(0);
}

#[derive(Clone)]
struct Server {
    number: u32,
    runs: Arc<AtomicU32>,
    pool: PgPool,
}

#[derive(Deserialize)]
struct Payment {
    id: String,
    #[serde(rename = "note")]
    _note: String,
}

async fn handle(
    State(server): State<Server>,
    headers: HeaderMap,
    hook: VerifiedWebhook<Payment>,
) -> Response {
    let run = Run::begin(&server, &headers, &hook.payload.id, hook.raw());
    let store = usize::from(hook.endpoint().starts_with(STORES[1]));
    server
        .pay(run, &headers, store, &hook.payload.id, Some(&hook))
        .await
}

/// As [`handle`], without the layer: the control.
async fn handle_anything(
    State(server): State<Server>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(Payment { id, .. }) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let run = Run::begin(&server, &headers, &id, &body);
    server.pay(run, &headers, 0, &id, None).await
}

impl Server {
    /// Does what the provider of these tests wants to see, and pays.
    async fn pay(
        &self,
        mut run: Run,
        headers: &HeaderMap,
        store: usize,
        event: &str,
        hook: Option<&VerifiedWebhook<Payment>>,
    ) -> Response {
        let wish = header(headers, "x-wish");
        sleep(match wish {
            "hang" => HANG,
            "long" => LONG,
            _ => Duration::from_millis(1 + u64::from(run.number % 30)),
        })
        .await;
        match wish {
            "panic" => panic!("as the provider wished"),
            "fail" => return run.end("failed"),
            _ => {}
        }
        if store == 1 {
            let booked = self.book(event, hook).await;
            return run.end(if booked.is_ok() { "paid" } else { "failed" });
        }
        // In Redis' mode the effect is this very line.
        match hook {
            Some(hook) if hook.is_lease_lost() => run.end("late"),
            _ => run.end("paid"),
        }
    }

    /// The payment and "done" in one transaction.
    async fn book(
        &self,
        event: &str,
        hook: Option<&VerifiedWebhook<Payment>>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("INSERT INTO payments (event) VALUES ($1)")
            .bind(event)
            .execute(&mut *transaction)
            .await?;
        if let Some(hook) = hook.filter(|hook| hook.fence().is_some()) {
            hook.done_in(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// A run of a handler, which tells of its end whatever becomes of it.
struct Run {
    server: u32,
    number: u32,
    is_over: bool,
}

impl Run {
    fn begin(server: &Server, headers: &HeaderMap, event: &str, body: &[u8]) -> Self {
        let number = server.runs.fetch_add(1, Relaxed);
        let event = event.replace(' ', "_");
        let attempt = header(headers, "x-attempt");
        tell(&format!(
            "begin {number} {attempt} {event} {} {}",
            hash(body),
            now()
        ));
        Self {
            server: server.number,
            number,
            is_over: false,
        }
    }

    fn end(&mut self, how: &str) -> Response {
        self.is_over = true;
        tell(&format!("end {} {how} {}", self.number, now()));
        let status = match how {
            "paid" => StatusCode::OK,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let run = format!("{}.{}", self.server, self.number);
        (status, [("x-run", run)], "handled").into_response()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !self.is_over {
            let how = if thread::panicking() {
                "panicked"
            } else {
                "dropped"
            };
            tell(&format!("end {} {how} {}", self.number, now()));
        }
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let value = headers.get(name);
    value.and_then(|value| value.to_str().ok()).unwrap_or("-")
}
