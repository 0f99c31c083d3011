//! Tasks, all of one type: tokio is compiled anew for each type of future, at some ten kilobytes.

use std::pin::Pin;

use tokio::{runtime::Handle, task::JoinHandle};

pub(crate) fn spawn(
    runtime: &Handle,
    task: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    let task: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(task);
    runtime.spawn(task)
}
