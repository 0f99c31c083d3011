//! The operator: starts everything, changes secrets, and breaks one thing after the other.

use std::{
    sync::{
        Arc,
        atomic::Ordering::SeqCst,
        mpsc::{Receiver, channel},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    child::Child,
    ledger::{Fault, Window},
    plan::{Control, LEASE, ROTATION, Random, now},
    postgres::Postgres,
    redis::Redis,
    world::World,
};

/// How far a clock is set back or ahead.
const STEP: i64 = 10 * 60 * 1000;

pub(crate) struct Operator {
    world: Arc<World>,
    redis: Redis,
    pub(crate) postgres: Postgres,
    servers: Vec<Server>,
    /// How many server processes have been started.
    started: u32,
    random: Random,
    rotated: Instant,
    /// When Redis was well again for the last time.
    redis_well: Instant,
    /// The clock that is wrong.
    stepped: Option<Stepped>,
}

struct Stepped {
    server: usize,
    until: Instant,
    window: usize,
}

struct Server {
    child: Child,
    number: u32,
    obeyed: Receiver<()>,
}

impl Operator {
    pub(crate) fn new(world: Arc<World>, random: Random) -> Self {
        Self {
            world,
            redis: Redis::start(),
            postgres: Postgres::start(),
            servers: Vec::new(),
            started: 0,
            random,
            rotated: Instant::now(),
            redis_well: Instant::now(),
            stepped: None,
        }
    }

    pub(crate) fn start_servers(&mut self) {
        for at in 0..2 {
            let server = self.server(at);
            self.servers.push(server);
        }
    }

    fn server(&mut self, at: usize) -> Server {
        let number = self.started;
        self.started += 1;
        let (sender, obeyed) = channel();
        let world = Arc::clone(&self.world);
        let newest = self.world.planned.load(SeqCst).to_string();
        let (number_text, redis, postgres) =
            (number.to_string(), self.redis.url(), self.postgres.url());
        let mut arguments = vec!["serve", &number_text, &redis, &postgres, &newest];
        arguments.extend(self.world.control.map(Control::name));
        let child = Child::start(&arguments, move |line| {
            if line == "obeyed" {
                sender.send(()).unwrap();
            } else {
                world.ledger().hear(number, line);
            }
        });
        self.world.moved(at, child.address, child.id());
        Server {
            child,
            number,
            obeyed,
        }
    }

    /// Breaks things until then, and leaves them whole.
    pub(crate) fn work_until(mut self, end: Instant) -> Self {
        while Instant::now() < end {
            sleep(self.random.millis(300, 2000));
            if self
                .stepped
                .as_ref()
                .is_some_and(|step| step.until <= Instant::now())
            {
                self.set_clock_right();
            }
            match self.world.control {
                None => {
                    self.rotate_in_time();
                    self.break_something();
                }
                Some(Control::Double) => assert_eq!(self.redis.ask("FLUSHALL").unwrap(), "+OK"),
                Some(_) => {}
            }
        }
        self.set_clock_right();
        self
    }

    /// Ends the servers. All that they have told is heard.
    pub(crate) fn stop_servers(&mut self) {
        for server in &mut self.servers {
            server.child.kill();
        }
    }

    fn order(&mut self, at: usize, order: &str) {
        let server = &mut self.servers[at];
        server.child.order(order);
        let obeyed = server.obeyed.recv_timeout(Duration::from_secs(20));
        obeyed.expect("the server obeys");
    }

    fn rotate_in_time(&mut self) {
        if self.rotated.elapsed() < ROTATION {
            return;
        }
        self.rotated = Instant::now();
        let newest = 1 + self.world.told.load(SeqCst);
        let window = self.open(Fault::SecretsChanged);
        self.world.planned.store(newest, SeqCst);
        for at in 0..2 {
            self.order(at, &format!("rotate {newest}"));
        }
        self.world.told.store(newest, SeqCst);
        self.close(window);
    }

    fn break_something(&mut self) {
        // A claim, its handler and its mark may each wait for Redis; a third of a lease is enough for all but the last.
        let is_redis_due = self.redis_well.elapsed() > LEASE / 3;
        if is_redis_due && self.random.below(2) == 0 {
            match self.random.below(4) {
                0 => self.pause_redis(),
                1 => self.kill_redis(Self::kill_server),
                _ => self.kill_redis(|_| {}),
            }
            return;
        }
        match self.random.below(3) {
            0 => self.stop_postgres(),
            1 => self.kill_server(),
            _ => self.step_a_clock(),
        }
    }

    fn kill_redis(&mut self, meanwhile: impl FnOnce(&mut Self)) {
        self.redis.kill();
        let window = self.open(Fault::RedisKilled);
        meanwhile(self);
        sleep(self.random.millis(100, 1500));
        self.close(window);
        self.redis.start_again();
        self.world.ledger().is_back(0, now());
        self.redis_well = Instant::now();
    }

    fn pause_redis(&mut self) {
        let pause = self.random.millis(300, 1500);
        let window = self.open(Fault::RedisPaused);
        let order = format!("CLIENT PAUSE {} ALL", pause.as_millis());
        assert_eq!(self.redis.ask(&order).unwrap(), "+OK");
        sleep(pause);
        self.close(window);
        self.redis_well = Instant::now();
    }

    fn stop_postgres(&mut self) {
        self.postgres.kill();
        let window = self.open(Fault::PostgresStopped);
        sleep(self.random.millis(50, 1000));
        self.close(window);
        self.postgres.start_again();
        self.world.ledger().is_back(1, now());
    }

    /// Kills the second server, so that the first one's memory is that of a long life.
    fn kill_server(&mut self) {
        self.servers[1].child.kill();
        let number = self.servers[1].number;
        self.world.ledger().killed(number, now());
        let window = self.open(Fault::ServerKilled);
        sleep(self.random.millis(100, 1500));
        self.servers[1] = self.server(1);
        self.close(window);
        // Its clock is right again; saying so once more does no harm.
        if self.stepped.as_ref().is_some_and(|step| step.server == 1) {
            self.set_clock_right();
        }
    }

    fn step_a_clock(&mut self) {
        if self.stepped.is_some() {
            return;
        }
        let server = self.random.below(2);
        let step = [STEP, -STEP][self.random.below(2)];
        let window = self.open(Fault::ClockStepped(server));
        self.order(server, &format!("clock {step}"));
        self.stepped = Some(Stepped {
            server,
            until: Instant::now() + self.random.millis(1000, 4000),
            window,
        });
    }

    fn set_clock_right(&mut self) {
        if let Some(step) = self.stepped.take() {
            self.order(step.server, "clock 0");
            self.close(step.window);
        }
    }

    /// Begins a time in which something is not as usual, and answers its number.
    fn open(&self, what: Fault) -> usize {
        let mut ledger = self.world.ledger();
        ledger.windows.push(Window {
            what,
            began: now(),
            ended: u64::MAX,
        });
        ledger.windows.len() - 1
    }

    fn close(&self, window: usize) {
        self.world.ledger().windows[window].ended = now();
    }
}
