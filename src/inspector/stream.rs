//! Server-sent events: that something has changed, and no more. The page then asks what.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::{sync::watch, time::timeout};

use crate::inspector::log::Change;

/// After this long without news a line is sent, so that a proxy does not take the connection for dead: half of the
/// minute after which the usual ones do.
const KEEP_ALIVE: Duration = Duration::from_secs(25);

type Next = Pin<Box<dyn Future<Output = (watch::Receiver<Change>, Option<Bytes>)> + Send>>;

/// A body that never ends by itself. News that come faster than they are read become one.
pub(super) struct Changes {
    next: Next,
}

impl Changes {
    pub(super) fn new(mut changes: watch::Receiver<Change>) -> Self {
        // The first event says where the page is.
        changes.mark_changed();
        Self {
            next: Box::pin(next(changes)),
        }
    }
}

async fn next(mut changes: watch::Receiver<Change>) -> (watch::Receiver<Change>, Option<Bytes>) {
    let text = match timeout(KEEP_ALIVE, changes.changed()).await {
        Ok(Ok(())) => {
            let change = *changes.borrow_and_update();
            (!change.is_closed).then(|| format!("data: {}\n\n", change.revision))
        }
        // Nothing is left that could send any.
        Ok(Err(_)) => None,
        Err(_) => Some(": still here\n\n".to_owned()),
    };
    (changes, text.map(Bytes::from))
}

impl Body for Changes {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Poll::Ready((changes, text)) = self.next.as_mut().poll(context) else {
            return Poll::Pending;
        };
        self.next = Box::pin(next(changes));
        Poll::Ready(text.map(|text| Ok(Frame::data(text))))
    }
}
