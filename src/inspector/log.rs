//! The last deliveries, in bounded memory.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::inspector::Record;

/// What is kept at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) deliveries: usize,
    pub(super) bytes: usize,
    /// Of one body.
    pub(super) body: usize,
}

/// The last deliveries, the newest at the back.
#[derive(Debug)]
pub(super) struct Log {
    held: Mutex<Held>,
    changes: watch::Sender<Change>,
}

/// What whoever waits for news is told: that there are some, and no more.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Change {
    pub(super) revision: u64,
    pub(super) is_closed: bool,
}

#[derive(Debug, Default)]
struct Held {
    records: VecDeque<Entry>,
    bytes: usize,
    last_id: u64,
}

#[derive(Debug)]
struct Entry {
    record: Arc<Record>,
    bytes: usize,
    is_genuine: bool,
}

impl Log {
    pub(super) fn new() -> Self {
        Self {
            held: Mutex::default(),
            changes: watch::Sender::default(),
        }
    }

    /// The number of the next delivery: they count from 1.
    pub(super) fn next_id(&self) -> u64 {
        let mut held = self.lock();
        held.last_id += 1;
        held.last_id
    }

    /// Keeps a delivery, or what is new about one that is kept. One that had to make room stays away.
    pub(super) fn publish(&self, record: &Arc<Record>, is_first: bool, limits: Limits) {
        let entry = Entry {
            record: Arc::clone(record),
            bytes: record.bytes(),
            is_genuine: record.is_verified(),
        };
        let mut held = self.lock();
        let known = held.position(record.id);
        match known.and_then(|at| held.records.get_mut(at)) {
            Some(old) => {
                let before = old.bytes;
                let now = entry.bytes;
                *old = entry;
                held.bytes = held.bytes - before + now;
            }
            None if is_first => {
                held.bytes += entry.bytes;
                held.records.push_back(entry);
            }
            None => return,
        }
        let gone = held.make_room(limits);
        drop(held);
        // What goes may own a handler, and what that does when it is dropped is its own business.
        drop(gone);
        self.changes.send_modify(|change| change.revision += 1);
    }

    /// The deliveries that are kept, the newest first.
    pub(super) fn all(&self) -> Vec<Arc<Record>> {
        let held = self.lock();
        let newest_first = held.records.iter().rev();
        newest_first
            .map(|entry| Arc::clone(&entry.record))
            .collect()
    }

    pub(super) fn find(&self, id: u64) -> Option<Arc<Record>> {
        let held = self.lock();
        let entry = held.records.get(held.position(id)?)?;
        Some(Arc::clone(&entry.record))
    }

    pub(super) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    pub(super) fn changes(&self) -> watch::Receiver<Change> {
        self.changes.subscribe()
    }

    pub(super) fn watchers(&self) -> usize {
        self.changes.receiver_count()
    }

    /// Lets all who wait for news go.
    pub(super) fn close(&self) {
        self.changes.send_modify(|change| change.is_closed = true);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Where a delivery is; most questions are about the newest.
    fn position(&self, id: u64) -> Option<usize> {
        self.records.iter().rposition(|entry| entry.record.id == id)
    }

    /// Answers what had to go.
    fn make_room(&mut self, limits: Limits) -> Vec<Entry> {
        let mut gone = Vec::new();
        while self.records.len() > limits.deliveries || self.bytes > limits.bytes {
            let at = self.least_wanted(limits);
            let Some(entry) = self.records.remove(at) else {
                break;
            };
            self.bytes -= entry.bytes;
            gone.push(entry);
        }
        gone
    }

    /// The oldest; but strangers, who may send as much as they like, have at most half of the room.
    fn least_wanted(&self, limits: Limits) -> usize {
        let strangers = || self.records.iter().filter(|entry| !entry.is_genuine);
        let bytes: usize = strangers().map(|entry| entry.bytes).sum();
        if strangers().count() > limits.deliveries / 2 || bytes > limits.bytes / 2 {
            let oldest = self.records.iter().position(|entry| !entry.is_genuine);
            return oldest.unwrap_or(0);
        }
        0
    }
}
