//! What the operator, the providers and the strangers share.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::task::JoinSet;

use crate::{
    endpoints::{LIVE, Place},
    ledger::Ledger,
    plan::{Control, HANG},
};

pub(crate) struct World {
    pub(crate) places: Vec<Place>,
    pub(crate) control: Option<Control>,
    ledger: Mutex<Ledger>,
    /// What is under way.
    tasks: Mutex<JoinSet<()>>,
    /// Where the servers are, and the ids of their processes.
    servers: Mutex<[(SocketAddr, u32); 2]>,
    /// The secret that is about to be the newest, and the newest that the providers know.
    pub(crate) planned: AtomicUsize,
    pub(crate) told: AtomicUsize,
    /// Whether the faults have ended.
    pub(crate) is_calm: AtomicBool,
    /// Whether the soak is longer than the longest handler.
    is_long: bool,
}

impl World {
    pub(crate) fn new(control: Option<Control>, time: Duration) -> Arc<Self> {
        Arc::new(Self {
            places: Place::all(),
            control,
            ledger: Mutex::default(),
            tasks: Mutex::default(),
            servers: Mutex::new([(SocketAddr::from(([127, 0, 0, 1], 1)), 0); 2]),
            planned: AtomicUsize::new(0),
            told: AtomicUsize::new(0),
            is_calm: AtomicBool::new(false),
            is_long: time > HANG,
        })
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().unwrap().spawn(task);
    }

    /// How much is under way. What has panicked panics here.
    pub(crate) fn under_way(&self) -> usize {
        let mut tasks = self.tasks.lock().unwrap();
        while let Some(ended) = tasks.try_join_next() {
            ended.unwrap();
        }
        tasks.len()
    }

    pub(crate) fn server(&self, number: usize) -> SocketAddr {
        self.servers.lock().unwrap()[number].0
    }

    pub(crate) fn process(&self, number: usize) -> u32 {
        self.servers.lock().unwrap()[number].1
    }

    pub(crate) fn moved(&self, number: usize, to: SocketAddr, process: u32) {
        self.servers.lock().unwrap()[number] = (to, process);
    }

    /// Whether there is time for handlers that take long.
    pub(crate) fn has_time(&self) -> bool {
        self.is_long && !self.is_calm.load(SeqCst)
    }

    /// Whether the secret of this number has been live until now.
    pub(crate) fn is_live(&self, number: usize) -> bool {
        self.planned.load(SeqCst) < number + LIVE
    }
}
