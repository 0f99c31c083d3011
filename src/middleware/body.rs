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

/// The data of the next frame, which is empty where it has trailers; `None` at the end.
type Data = Result<Option<Bytes>, RejectionKind>;

/// Reads a body into one buffer. A body of one frame is that frame, not a copy.
///
/// The body is handed to `on_piece` as it comes, with whether it is the first piece: all of it, or nothing where it is one
/// frame that can be hashed at once.
///
/// Trailers are dropped: nothing in them is signed.
#[expect(clippy::manual_async_fn, reason = "an `async fn` holds its arguments twice")]
pub(super) fn read<B>(
    mut body: Pin<&mut B>,
    limit: usize,
    deadlines: &Deadlines,
    held: &mut Held<'_>,
    on_piece: impl FnMut(&[u8], bool),
) -> impl Future<Output = Result<Bytes, RejectionKind>>
where
    B: Body<Data = Bytes>,
{
    async move {
        let first = poll_fn(|context| Poll::Ready(poll_data(body.as_mut(), context))).await;
        match first {
            Poll::Ready(Ok(None)) => Ok(Bytes::new()),
            Poll::Ready(Ok(Some(data)))
                if body.is_end_stream()
                    && data.len() <= limit
                    && data.len() + FRAME_COST <= MAX_HASHED_AT_ONCE =>
            {
                held.take(data.len())?;
                Ok(data)
            }
            // Boxed, as a body that is there in one frame has no need of it.
            first => Box::pin(read_on(first, body, limit, deadlines, held, on_piece)).await,
        }
    }
}

/// Reads a body of which `first` is known.
async fn read_on<B>(
    first: Poll<Data>,
    mut body: Pin<&mut B>,
    limit: usize,
    deadlines: &Deadlines,
    held: &mut Held<'_>,
    mut on_piece: impl FnMut(&[u8], bool),
) -> Result<Bytes, RejectionKind>
where
    B: Body<Data = Bytes>,
{
    let first_len = match &first {
        Poll::Ready(Ok(Some(data))) => data.len(),
        _ => 0,
    };
    let rest = body.size_hint().exact();
    let expected = rest.and_then(|len| usize::try_from(len).ok());
    let expected = expected.map_or(0, |len| len.saturating_add(first_len));
    let mut buffer = Buffer::new(expected, limit);
    let mut total = 0_usize;
    let mut hashed = 0;
    let mut is_handed_on = false;
    let mut end = None;
    let mut next = first;
    loop {
        let data = match next {
            Poll::Ready(data) => data?,
            Poll::Pending => wait(body.as_mut(), deadlines, &mut end).await?,
        };
        let Some(data) = data else {
            if !is_handed_on && hashed + total > MAX_HASHED_AT_ONCE {
                give_way(deadlines, &mut end).await?;
            }
            return Ok(buffer.into_bytes());
        };
        hashed += FRAME_COST;
        if hashed > MAX_HASHED_AT_ONCE {
            give_way(deadlines, &mut end).await?;
            hashed = 0;
        }
        if !data.is_empty() {
            total = total.saturating_add(data.len());
            if total > limit {
                return Err(RejectionKind::BodyTooLarge { limit });
            }
            let is_first = total == data.len();
            if !is_first || total > MAX_HASHED_AT_ONCE {
                let before = if is_handed_on { &[] } else { buffer.first() };
                let pieces = before.chunks(MAX_HASHED_AT_ONCE);
                for piece in pieces.chain(data.chunks(MAX_HASHED_AT_ONCE)) {
                    if hashed + piece.len() > MAX_HASHED_AT_ONCE {
                        give_way(deadlines, &mut end).await?;
                        hashed = 0;
                    }
                    on_piece(piece, !is_handed_on);
                    is_handed_on = true;
                    hashed += piece.len();
                }
            }
            buffer.push(data, held)?;
        }
        next = poll_fn(|context| Poll::Ready(poll_data(body.as_mut(), context))).await;
    }
}

fn poll_data<B>(body: Pin<&mut B>, context: &mut Context<'_>) -> Poll<Data>
where
    B: Body<Data = Bytes>,
{
    // A body of known length says itself that this was all, and need not be asked for more.
    if body.is_end_stream() {
        return Poll::Ready(Ok(None));
    }
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
async fn wait<B>(mut body: Pin<&mut B>, deadlines: &Deadlines, end: &mut Option<Instant>) -> Data
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

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, convert::Infallible, pin::pin, task::Waker};

    use http_body::{Frame, SizeHint};

    use super::*;
    use crate::middleware::budget::Budget;

    const KIB: usize = 1 << 10;

    const DEADLINES: Deadlines = Deadlines {
        idle: Duration::from_secs(5),
        total: Duration::from_secs(30),
    };

    /// All of it is there at once.
    struct Frames(VecDeque<Bytes>);

    impl Body for Frames {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(self.0.pop_front().map(|data| Ok(Frame::data(data))))
        }

        fn size_hint(&self) -> SizeHint {
            let len: usize = self.0.iter().map(Bytes::len).sum();
            SizeHint::with_exact(len.try_into().expect("it is in memory"))
        }
    }

    fn frames(sizes: &[usize]) -> Frames {
        let frames = sizes.iter().map(|size| Bytes::from(vec![b'x'; *size]));
        Frames(frames.collect())
    }

    /// How much of a body in frames of these sizes is hashed before others get their turn: from turn to turn, and then
    /// what is hashed at the end, as it was not handed on.
    fn turns(sizes: &[usize]) -> (Vec<usize>, usize) {
        let (turns, rest) = turns_of(frames(sizes));
        let len = turns.iter().sum::<usize>() + rest;
        assert_eq!(len, sizes.iter().sum::<usize>());
        (turns, rest)
    }

    fn turns_of(body: impl Body<Data = Bytes>) -> (Vec<usize>, usize) {
        let mut body = pin!(body);
        let budget = Budget::without_end();
        let mut held = Held::nothing_of(&budget);
        let handed_on = std::cell::Cell::new(0);
        let (mut turns, mut context) = (Vec::new(), Context::from_waker(Waker::noop()));
        let reading = read(
            body.as_mut(),
            usize::MAX,
            &DEADLINES,
            &mut held,
            |piece, _| {
                handed_on.set(handed_on.get() + piece.len());
            },
        );
        let mut reading = pin!(reading);
        loop {
            let polled = reading.as_mut().poll(&mut context);
            turns.push(handed_on.take());
            if let Poll::Ready(read) = polled {
                let len = read.expect("it is whole").len();
                let rest = len - turns.iter().sum::<usize>();
                return (turns, rest);
            }
        }
    }

    #[test]
    fn one_frame_is_not_handed_on_in_pieces() {
        assert_eq!(turns(&[]), (vec![0], 0));
        assert_eq!(turns(&[KIB]), (vec![0], KIB));
        assert_eq!(turns(&[0, KIB, 0]), (vec![0], KIB));
        // What the frame itself counts is over the limit, so others get their turn before it is hashed.
        assert_eq!(turns(&[256 * KIB]), (vec![0, 0], 256 * KIB));
    }

    /// With 64 bytes for each frame.
    #[test]
    fn what_fits_one_turn_takes_one_and_a_byte_more_takes_two() {
        let most = 256 * KIB - 64;
        assert_eq!(turns(&[most]), (vec![0], most));
        assert_eq!(turns(&[most + 1]), (vec![0, 0], most + 1));
        let known = |size| turns_of(Known(Some(vec![b'x'; size].into())));
        assert_eq!(known(most), (vec![0], most));
        assert_eq!(known(most + 1), (vec![0, 0], most + 1));

        let most = 256 * KIB - 2 * 64 - 1;
        assert_eq!(turns(&[1, most]), (vec![1 + most], 0));
        assert_eq!(turns(&[1, most + 1]), (vec![1, most + 1], 0));

        assert_eq!(turns(&vec![0; 4096]), (vec![0], 0));
        assert_eq!(turns(&vec![0; 4097]), (vec![0, 0], 0));
        let turns = turns(&[&[1, 1][..], &vec![0; 10_000]].concat());
        assert_eq!(turns, (vec![2, 0, 0], 0), "empty ones after others");
    }

    #[test]
    fn what_is_announced_is_what_is_held_when_all_of_it_is_there() {
        let budget = Budget::without_end();
        let mut held = Held::nothing_of(&budget);
        let mut body = pin!(frames(&[100; 3]));
        let reading = read(body.as_mut(), KIB, &DEADLINES, &mut held, |_, _| ());
        let read = pin!(reading).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(read, Poll::Ready(Ok(body)) if body.len() == 300));
        assert_eq!(budget.held(), 300);
    }

    /// The first frame is all of it, and who asks for another one waits.
    struct Known(Option<Bytes>);

    impl Body for Known {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            match self.0.take() {
                Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
                None => Poll::Pending,
            }
        }

        fn is_end_stream(&self) -> bool {
            self.0.is_none()
        }
    }

    #[test]
    fn a_body_that_says_that_it_has_ended_is_not_waited_for() {
        for data in [None, Some(KIB), Some(300 * KIB)] {
            let data = data.map(|size| Bytes::from(vec![b'x'; size]));
            let mut body = pin!(Known(data.clone()));
            let budget = Budget::without_end();
            let mut held = Held::nothing_of(&budget);
            let reading = read(body.as_mut(), usize::MAX, &DEADLINES, &mut held, |_, _| ());
            let mut reading = pin!(reading);
            let mut context = Context::from_waker(Waker::noop());
            let polls = (0..5).find_map(|_| match reading.as_mut().poll(&mut context) {
                Poll::Ready(read) => Some(read.expect("it is whole")),
                Poll::Pending => None,
            });
            assert_eq!(polls, Some(data.unwrap_or_default()));
        }
    }

    #[test]
    fn others_get_their_turn_every_256_kibibytes() {
        for sizes in [
            &[1000 * KIB][..],
            &[300 * KIB],
            &[256 * KIB, 256 * KIB, 1],
            &[1, 1000 * KIB],
            &[64 * KIB; 64],
            &[100 * KIB; 30],
            &[480 * KIB; 4],
        ] {
            let (turns, rest) = turns(sizes);
            assert!(turns.iter().all(|turn| *turn <= 256 * KIB), "{turns:?}");
            let most = sizes.iter().sum::<usize>() / (128 * KIB) + 3;
            assert!(rest == 0 && turns.len() <= most, "{turns:?}");
        }
    }
}
