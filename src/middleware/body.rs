//! The body: read within its limit and its deadlines, and hashed as it arrives.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::time::{Instant, timeout_at};

use crate::{
    middleware::budget::{Buffer, Held},
    rejection::RejectionKind,
};

/// How much is hashed before other tasks get their turn: about 150 µs of work.
const MAX_HASHED_AT_ONCE: usize = 256 << 10;

/// What a frame costs beside its bytes, in bytes that could be hashed meanwhile. An
/// empty frame counts nothing against the limit, so without this they could come without end.
const FRAME_COST: usize = 64;

/// How long a body may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadlines {
    pub(super) idle: Duration,
    pub(super) total: Duration,
}

/// Reads a body into one buffer. A body of one frame is that frame, not a copy.
///
/// Trailers are dropped: nothing in them is signed.
pub(super) async fn read<B>(
    mut body: Pin<&mut B>,
    limit: usize,
    deadlines: Deadlines,
    held: &mut Held<'_>,
    mut on_frame: impl FnMut(&[u8]),
) -> Result<Bytes, RejectionKind>
where
    B: Body<Data = Bytes>,
{
    let expected = body
        .size_hint()
        .exact()
        .and_then(|len| usize::try_from(len).ok());
    let mut buffer = Buffer::new(expected.unwrap_or(0), limit);
    let mut total = 0_usize;
    let mut hashed = 0;
    let mut end = None;
    while let Some(frame) = next_frame(body.as_mut(), deadlines, &mut end).await? {
        hashed += FRAME_COST;
        if hashed > MAX_HASHED_AT_ONCE {
            give_way(deadlines, &mut end).await?;
            hashed = 0;
        }
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if data.is_empty() {
            continue;
        }
        total = total.saturating_add(data.len());
        if total > limit {
            return Err(RejectionKind::BodyTooLarge { limit });
        }
        for slice in data.chunks(MAX_HASHED_AT_ONCE) {
            if hashed + slice.len() > MAX_HASHED_AT_ONCE {
                give_way(deadlines, &mut end).await?;
                hashed = 0;
            }
            on_frame(slice);
            hashed += slice.len();
        }
        buffer.push(data, held)?;
    }
    Ok(buffer.into_bytes())
}

/// Gives other tasks their turn, and the deadline its say where the sender never makes us wait.
async fn give_way(deadlines: Deadlines, end: &mut Option<Instant>) -> Result<(), RejectionKind> {
    let end = *end.get_or_insert_with(|| Instant::now() + deadlines.total);
    tokio::task::yield_now().await;
    if Instant::now() > end {
        return Err(RejectionKind::BodyTimeout);
    }
    Ok(())
}

/// The next frame. Timers run only once the sender has made us wait.
async fn next_frame<B>(
    mut body: Pin<&mut B>,
    deadlines: Deadlines,
    end: &mut Option<Instant>,
) -> Result<Option<Frame<Bytes>>, RejectionKind>
where
    B: Body<Data = Bytes>,
{
    // What the transport says of its own failure is of no use here: there is no whole body.
    let mut poll_frame = |context: &mut Context<'_>| {
        body.as_mut()
            .poll_frame(context)
            .map(|frame| frame.transpose().map_err(|_| RejectionKind::BodyUnreadable))
    };
    match poll_fn(|context| Poll::Ready(poll_frame(context))).await {
        Poll::Ready(frame) => frame,
        Poll::Pending => {
            let now = Instant::now();
            let end = *end.get_or_insert(now + deadlines.total);
            let until = end.min(now + deadlines.idle);
            timeout_at(until, poll_fn(poll_frame))
                .await
                .map_err(|_| RejectionKind::BodyTimeout)?
        }
    }
}

/// Unpacks a gzip body, to at most `limit` bytes.
#[cfg(feature = "gzip")]
pub(super) fn gunzip(packed: &[u8], limit: usize) -> Result<Bytes, RejectionKind> {
    use std::io::Read as _;
    let mut unpacked = Vec::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    flate2::read::MultiGzDecoder::new(packed)
        .take(bound)
        .read_to_end(&mut unpacked)
        .map_err(|_| RejectionKind::BodyUnreadable)?;
    if unpacked.len() > limit {
        return Err(RejectionKind::BodyTooLarge { limit });
    }
    Ok(unpacked.into())
}
