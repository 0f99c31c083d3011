//! The body: read within its limit and its deadlines, and hashed as it arrives.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::Body;
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
/// The body is handed to `on_piece` as it comes, with whether it is the first piece: all of it, or nothing where it is one
/// frame that can be hashed at once.
///
/// Trailers are dropped: nothing in them is signed.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` holds its arguments twice"
)]
pub(super) fn read<B>(
    mut body: Pin<&mut B>,
    limit: usize,
    deadlines: &Deadlines,
    held: &mut Held<'_>,
    mut on_piece: impl FnMut(&[u8], bool),
) -> impl Future<Output = Result<Bytes, RejectionKind>>
where
    B: Body<Data = Bytes>,
{
    async move {
        let expected = body.size_hint().exact();
        let expected = expected.and_then(|len| usize::try_from(len).ok());
        let mut buffer = Buffer::new(expected.unwrap_or(0), limit);
        let mut total = 0_usize;
        let mut hashed = 0;
        let mut is_handed_on = false;
        let mut end = None;
        loop {
            let at_once = poll_fn(|context| Poll::Ready(poll_data(body.as_mut(), context))).await;
            let data = match at_once {
                Poll::Ready(data) => data?,
                // Boxed, as all that a body which is there already has no need of.
                Poll::Pending => Box::pin(wait(body.as_mut(), deadlines, &mut end)).await?,
            };
            let Some(data) = data else {
                if !is_handed_on && hashed + total > MAX_HASHED_AT_ONCE {
                    Box::pin(give_way(deadlines, &mut end)).await?;
                }
                return Ok(buffer.into_bytes());
            };
            hashed += FRAME_COST;
            if hashed > MAX_HASHED_AT_ONCE {
                Box::pin(give_way(deadlines, &mut end)).await?;
                hashed = 0;
            }
            if data.is_empty() {
                continue;
            }
            total = total.saturating_add(data.len());
            if total > limit {
                return Err(RejectionKind::BodyTooLarge { limit });
            }
            let is_first = total == data.len();
            if is_first && total <= MAX_HASHED_AT_ONCE {
                buffer.push(data, held)?;
                continue;
            }
            let before = if is_handed_on { &[] } else { buffer.first() };
            let pieces = before.chunks(MAX_HASHED_AT_ONCE);
            for piece in pieces.chain(data.chunks(MAX_HASHED_AT_ONCE)) {
                if hashed + piece.len() > MAX_HASHED_AT_ONCE {
                    Box::pin(give_way(deadlines, &mut end)).await?;
                    hashed = 0;
                }
                on_piece(piece, !is_handed_on);
                is_handed_on = true;
                hashed += piece.len();
            }
            buffer.push(data, held)?;
        }
    }
}

/// The data of the next frame, which is empty where it has trailers; `None` at the end.
fn poll_data<B>(
    body: Pin<&mut B>,
    context: &mut Context<'_>,
) -> Poll<Result<Option<Bytes>, RejectionKind>>
where
    B: Body<Data = Bytes>,
{
    body.poll_frame(context).map(|frame| match frame {
        None => Ok(None),
        Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
        // What the transport says of its own failure is of no use here: there is no whole body.
        Some(Err(_)) => Err(RejectionKind::BodyUnreadable),
    })
}

/// Gives other tasks their turn, and the deadline its say where the sender never makes us wait.
async fn give_way(deadlines: &Deadlines, end: &mut Option<Instant>) -> Result<(), RejectionKind> {
    let end = *end.get_or_insert_with(|| Instant::now() + deadlines.total);
    tokio::task::yield_now().await;
    if Instant::now() > end {
        return Err(RejectionKind::BodyTimeout);
    }
    Ok(())
}

/// The next data of a sender who makes us wait. Only now timers run.
async fn wait<B>(
    mut body: Pin<&mut B>,
    deadlines: &Deadlines,
    end: &mut Option<Instant>,
) -> Result<Option<Bytes>, RejectionKind>
where
    B: Body<Data = Bytes>,
{
    let now = Instant::now();
    let end = *end.get_or_insert(now + deadlines.total);
    let until = end.min(now + deadlines.idle);
    timeout_at(until, poll_fn(|context| poll_data(body.as_mut(), context)))
        .await
        .map_err(|_| RejectionKind::BodyTimeout)?
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
