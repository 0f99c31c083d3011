//! Secrets in files, which are read again when they change.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    thread,
    time::Duration,
};

use tokio::{
    sync::Mutex,
    task::spawn_blocking,
    time::{Instant, sleep_until, timeout},
};
use zeroize::Zeroizing;

use crate::{
    crypto::{Tag, sha256},
    key_source::{KeyRequest, KeySource, KeySourceError},
    keys::{Keyring, KeyringError, Secret, SecretError, Secrets, read_file},
    scheme::Scheme,
    telemetry,
};

/// The shortest time between two looks at the files, however many signatures fit no key.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a file that has changed must stay as it is before it is believed. Who truncates a file
/// and then writes it is done by then.
const QUIET: Duration = Duration::from_millis(50);

/// The time between two readings of a file that has changed.
const STEP: Duration = Duration::from_millis(10);

/// How long one look waits for a file to be quiet, before that is left to the next.
const LIMIT: Duration = Duration::from_millis(500);

/// How long a request waits for a look at the files: a disk that hangs refuses nothing. It is longer than
/// [`PAUSE`] and [`LIMIT`].
const PATIENCE: Duration = Duration::from_secs(1);

/// Secrets of which some are in files: a file that changes is read again. Clones share them.
///
/// Secrets made by [`Secret::from_file`] are read again, with their ids, limits of time and parts as
/// they were given; others beside them stay. In a configuration, `file:` does all this.
///
/// ```
/// use axum_webhook::{Endpoint, FileKeys, Secret, WebhookLayer, providers};
///
/// # let folder = std::env::temp_dir().join(format!("axum-webhook-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("github");
/// # std::fs::write(&path, "It's a Secret to Everybody\n")?;
/// # /*
/// let path = "/run/secrets/github";
/// # */
/// let scheme = providers::github();
/// let secret = Secret::from_file(path)?.with_id("mounted");
/// let keys = FileKeys::new(&scheme, secret)?;
/// let layer = WebhookLayer::for_endpoint(Endpoint::from_source(scheme, keys)?)?;
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # When a file is read
///
/// - When a request comes and the last look is 5 s ago or more: see [`with_interval`](Self::with_interval).
/// - When a signature fits no key. So a delivery that is signed with a secret is accepted as soon as the secret is
///   in its file. Such looks are 100 ms apart, however many forgeries come, and a request waits for its own.
///
/// There is no task in the background, and the reading is done on tokio's threads for that. A request waits a second
/// for it at most, and is then verified by the keys that are there.
///
/// # What a file may do
///
/// It may be written in place, replaced, or a link whose target changes, as in a mount of Kubernetes. What has
/// changed is believed after it has stayed the same for 50 ms, so that nothing half-written is. A file that is
/// gone, empty, over 64 KiB or holds no secret of the scheme changes nothing: the secret that it held before stays, and a
/// warning says so once. **So deleting a file does not revoke its secret**; take it out of the list, or put another one in.
#[derive(Clone)]
pub struct FileKeys {
    interval: Duration,
    present: Arc<RwLock<Present>>,
    files: Arc<Mutex<Files>>,
}

/// The keys of now.
struct Present {
    keyring: Keyring,
    /// When they last became others.
    changed: Option<Instant>,
    looked: Instant,
}

impl FileKeys {
    /// Short beside the minute that Kubernetes takes to change a mount, and long enough that reading
    /// the files costs nothing.
    pub(crate) const INTERVAL: Duration = Duration::from_secs(5);

    /// Creates the keys of `secrets`, the current one first, for `scheme`.
    ///
    /// # Errors
    ///
    /// If the secrets are not what the scheme needs, as in [`Keyring::new`].
    pub fn new(scheme: &Scheme, secrets: impl Into<Secrets>) -> Result<Self, KeyringError> {
        let secrets = secrets.into();
        let keyring = Keyring::new(scheme, secrets.clone())?;
        let now = Instant::now();
        let files = Files {
            scheme: scheme.clone(),
            secrets: secrets
                .all()
                .iter()
                .map(|secret| Watched {
                    seen: secret.file_texts().map(Ok).collect(),
                    secret: secret.clone(),
                })
                .collect(),
            looked: now,
            changes: Vec::new(),
        };
        Ok(Self {
            interval: Self::INTERVAL,
            present: Arc::new(RwLock::new(Present {
                keyring,
                changed: None,
                looked: now,
            })),
            files: Arc::new(Mutex::new(files)),
        })
    }

    /// Says how long the files are not looked at after the last time: 5 seconds by default.
    ///
    /// So long a secret still counts that is no longer in its file. New ones don't wait for it.
    #[must_use]
    pub const fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// The keys of now, without a look at the files.
    #[must_use]
    pub fn keyring(&self) -> Keyring {
        self.present().keyring.clone()
    }

    /// Looks at the files, unless somebody has looked since.
    async fn look(&self, since: Instant) {
        let look = async {
            let mut files = Arc::clone(&self.files).lock_owned().await;
            if files.looked > since {
                return;
            }
            sleep_until(files.looked + PAUSE).await;
            files.looked = Instant::now();
            let keys = self.clone();
            // The lock goes along: a request that goes away leaves no second look beside this one.
            let looking = spawn_blocking(move || {
                let newer = files.look();
                let mut present = keys.present_mut();
                present.looked = files.looked;
                if let Some(keyring) = newer {
                    present.keyring = keyring;
                    present.changed = Some(Instant::now());
                }
                drop(present);
                files
            });
            // A look that panicked has changed nothing.
            if let Ok(mut files) = looking.await {
                for change in files.changes.drain(..) {
                    telemetry::secret_file_changed(&change.path, change.kept_because.as_deref());
                }
            }
        };
        if timeout(PATIENCE, look).await.is_err() {
            self.present_mut().looked = Instant::now();
            telemetry::secrets_not_reread();
        }
    }

    fn present(&self) -> RwLockReadGuard<'_, Present> {
        self.present.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn present_mut(&self) -> RwLockWriteGuard<'_, Present> {
        self.present.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeySource for FileKeys {
    async fn keys(&self, request: &KeyRequest<'_>) -> Result<Keyring, KeySourceError> {
        let now = Instant::now();
        let looked = self.present().looked;
        if looked + self.interval <= now {
            // Whoever comes meanwhile waits too: keys that were taken out long ago let nobody in.
            self.look(looked + self.interval).await;
        }
        let keyring = self.keyring();
        let is_unknown = |id: &str| keyring.has_own_ids() && !keyring.has_id(id);
        if request.key_id().is_some_and(is_unknown) {
            self.look(now).await;
            return Ok(self.keyring());
        }
        Ok(keyring)
    }

    async fn newer_keys(&self, request: &KeyRequest<'_>) -> Result<Keyring, KeySourceError> {
        self.look(Instant::now()).await;
        let present = self.present();
        if present.changed.is_some_and(|at| at >= request.asked) {
            Ok(present.keyring.clone())
        } else {
            Err(KeySourceError::unknown("the files hold no newer keys"))
        }
    }

    fn known(&self) -> Option<Keyring> {
        Some(self.keyring())
    }
}

impl fmt::Debug for FileKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileKeys")
            .field("keyring", &self.present().keyring)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

/// The secrets, as they were when they were last usable.
struct Files {
    scheme: Scheme,
    secrets: Vec<Watched>,
    looked: Instant,
    /// What the operator has not heard of yet.
    changes: Vec<Change>,
}

/// A file that has changed.
struct Change {
    path: PathBuf,
    /// Why what it held before still counts.
    kept_because: Option<String>,
}

/// A secret, and what its files held when they were last believed.
struct Watched {
    secret: Secret,
    seen: Vec<Reading>,
}

/// What a file holds.
type Reading = Result<Zeroizing<String>, SecretError>;

impl Files {
    /// The keys, if a file has changed and is quiet again. It blocks.
    fn look(&mut self) -> Option<Keyring> {
        let mut read = self.read();
        let mut pairs = self.secrets.iter().zip(&read);
        if pairs.all(|(watched, readings)| are_same(&watched.seen, readings)) {
            return None;
        }
        let start = std::time::Instant::now();
        let mut since = start;
        while start.elapsed() < LIMIT {
            thread::sleep(STEP);
            let is_quiet = since.elapsed() >= QUIET;
            let again = self.read();
            let mut pairs = read.iter().zip(&again);
            if !pairs.all(|(before, now)| are_same(before, now)) {
                read = again;
                since = std::time::Instant::now();
            } else if is_quiet {
                return self.take(again);
            }
        }
        None
    }

    fn read(&self) -> Vec<Vec<Reading>> {
        let files = self.secrets.iter().map(|watched| watched.secret.files());
        files
            .map(|files| files.iter().map(|file| read(&file.path)).collect())
            .collect()
    }

    /// Takes over what is new and usable.
    fn take(&mut self, read: Vec<Vec<Reading>>) -> Option<Keyring> {
        let mut newest = None;
        for (place, readings) in read.into_iter().enumerate() {
            let renewed = self.renew(place, &readings);
            let Some(watched) = self.secrets.get_mut(place) else {
                continue;
            };
            let files = watched.secret.files().iter();
            let pairs = files.zip(watched.seen.iter().zip(&readings));
            let changed = pairs.filter(|(_, (seen, now))| !is_same(seen, now));
            let changed: Vec<_> = changed.map(|(file, _)| file.path.clone()).collect();
            if changed.is_empty() {
                continue;
            }
            self.changes.extend(changed.into_iter().map(|path| Change {
                path,
                kept_because: renewed.as_ref().err().cloned(),
            }));
            watched.seen = readings;
            if let Ok((secret, keyring)) = renewed {
                watched.secret = secret;
                newest = Some(keyring);
            }
        }
        newest
    }

    /// The secret at `place` as its files hold it now, and the keys with it.
    fn renew(&self, place: usize, readings: &[Reading]) -> Result<(Secret, Keyring), String> {
        let texts = readings.iter().cloned().collect::<Result<Vec<_>, _>>();
        let texts = texts.map_err(|error| error.to_string())?;
        let mut secrets: Vec<Secret> = self
            .secrets
            .iter()
            .map(|watched| watched.secret.clone())
            .collect();
        let secret = secrets.get_mut(place).ok_or("there is no such secret")?;
        *secret = secret.clone().with_texts(texts);
        let renewed = secret.clone();
        let keyring = Keyring::new(&self.scheme, secrets).map_err(|error| error.to_string())?;
        Ok((renewed, keyring))
    }
}

/// Reads a file that can be read twice: a pipe would block, and is not there again.
fn read(path: &Path) -> Reading {
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(SecretError::File {
            path: path.display().to_string(),
            reason: "it is not a regular file".to_owned(),
        });
    }
    read_file(path)
}

fn are_same(some: &[Reading], others: &[Reading]) -> bool {
    let mut pairs = some.iter().zip(others);
    pairs.all(|(one, other)| is_same(one, other))
}

fn is_same(one: &Reading, other: &Reading) -> bool {
    let tag = |text: &str| Tag::new(&sha256(text.as_bytes()));
    match (one, other) {
        (Ok(one), Ok(other)) => match (tag(one), tag(other)) {
            (Some(one), Some(other)) => one.matches(&other),
            _ => false,
        },
        (Err(one), Err(other)) => one == other,
        _ => false,
    }
}
