//! How secrets are changed: by the handle, or in files.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use axum_webhook::{Secret, WebhookHandle};

/// The secrets in files that are live at once: a file is believed after it has been quiet for a while.
const FILES: usize = 4;

/// An endpoint, and how its secrets are changed. They are numbered; number 0 is the first.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    /// How many secrets are live at once.
    pub(crate) live: usize,
    /// After how many changes a secret counts no longer for sure.
    pub(crate) retired: usize,
    how: How,
    /// The number that is being written, and the number that the provider has been told.
    planned: AtomicUsize,
    told: AtomicUsize,
}

enum How {
    Handle(WebhookHandle),
    Files(PathBuf),
}

impl Way {
    pub(crate) fn handle(handle: WebhookHandle) -> Self {
        Self::new("handle", 2, 2, How::Handle(handle))
    }

    pub(crate) fn files(folder: &Folder) -> Self {
        // An interval, what a look takes, and a lot of patience with a machine that is busy.
        Self::new("files", FILES, 40, How::Files(folder.0.clone()))
    }

    fn new(name: &'static str, live: usize, retired: usize, how: How) -> Self {
        Self {
            name,
            live,
            retired,
            how,
            planned: AtomicUsize::new(0),
            told: AtomicUsize::new(0),
        }
    }

    /// The newest secret that the provider knows.
    pub(crate) fn told(&self) -> usize {
        self.told.load(SeqCst)
    }

    /// Whether the secret of this number has been live until now.
    pub(crate) fn is_live(&self, number: usize) -> bool {
        self.planned.load(SeqCst) < number + self.live
    }

    pub(crate) fn secret(&self, number: usize) -> Secret {
        Secret::new(text(self.name, number)).unwrap()
    }

    /// Makes the next secret the current one, and tells the provider.
    pub(crate) async fn rotate(&self) {
        let number = self.told() + 1;
        self.planned.store(number, SeqCst);
        self.set(number, self.live).await;
        self.told.store(number, SeqCst);
    }

    /// Leaves nothing but the newest secret.
    pub(crate) async fn end(&self) {
        self.set(self.told(), 1).await;
    }

    /// Makes `live` secrets count, the newest of which has this number.
    async fn set(&self, number: usize, live: usize) {
        match &self.how {
            How::Handle(handle) => {
                let numbers = (0..live).map(|age| number.saturating_sub(age));
                let secrets: Vec<_> = numbers.map(|number| self.secret(number)).collect();
                handle.rotate(self.name, secrets).unwrap();
            }
            How::Files(folder) => {
                let (name, folder) = (self.name, folder.clone());
                // The oldest goes first, so that no other is missing meanwhile.
                let write = move || {
                    for age in (0..FILES).rev() {
                        let number = number.saturating_sub(age.min(live - 1));
                        let next = folder.join("next");
                        fs::write(&next, text(name, number)).unwrap();
                        fs::rename(next, folder.join(age.to_string())).unwrap();
                    }
                };
                tokio::task::spawn_blocking(write).await.unwrap();
            }
        }
    }
}

/// A folder for the files, gone with this.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let name = format!("axum-webhook-rotation-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        for age in 0..FILES {
            fs::write(path.join(age.to_string()), text("files", 0)).unwrap();
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that is gone already is as good.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The configuration of both endpoints.
pub(crate) fn config(folder: &Folder, reread: Duration) -> String {
    let files: Vec<_> = (0..FILES)
        .map(|age| format!("\"file:{}\"", folder.0.join(age.to_string()).display()))
        .collect();
    format!(
        "[server]\nreread = \"{}ms\"\n\
         [[endpoint]]\nname = \"handle\"\nprovider = \"stripe\"\nsecrets = [\"plain:{}\"]\n\
         [[endpoint]]\nname = \"files\"\nprovider = \"stripe\"\nsecrets = [{}]\n",
        reread.as_millis(),
        text("handle", 0),
        files.join(", ")
    )
}

fn text(way: &str, number: usize) -> String {
    format!("whsec_of_{way}_with_the_number_{number}")
}
