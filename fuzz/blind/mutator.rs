//! Inputs made of other inputs.

use std::ops::Range;

use crate::fuzz::Outcome;
use fastrand::Rng;

/// How many inputs in a row come of the one before; then it begins with one of the corpus again.
const WALK: u32 = 64;

/// How many follow one input, on the average, until one of them takes its place.
const STAY: u32 = 8;

/// Walks away from a corpus, one input after the other.
pub struct Mutator<'c> {
    rng: Rng,
    corpus: &'c Corpus,
    max_len: usize,
    /// What the next inputs are made of, and how far it came itself.
    parent: (Vec<u8>, Outcome),
    /// How many are still made before it begins again.
    left: u32,
}

/// Inputs with how far they come.
pub type Corpus = Vec<(Vec<u8>, Outcome)>;

impl<'c> Mutator<'c> {
    /// A walk that the seed decides. The corpus has inputs.
    pub fn new(seed: u64, corpus: &'c Corpus, max_len: usize) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            corpus,
            max_len,
            parent: (Vec::new(), Outcome::Skipped),
            left: 0,
        }
    }

    /// Writes the next input into `data`, which has the last one and came so far. Only what came as far as its parent takes its
    /// place: most changes spoil an input, and what is made of a spoilt one is refused at once.
    pub fn next(&mut self, data: &mut Vec<u8>, outcome: Outcome) {
        if self.left == 0 {
            self.left = WALK;
            self.begin();
        } else if outcome >= self.parent.1 && self.rng.u32(..STAY) == 0 {
            self.parent.0.clone_from(data);
            self.parent.1 = outcome;
        }
        self.left -= 1;
        data.clone_from(&self.parent.0);
        self.mutate(data);
        // Half of them are changed once, a quarter twice, and so on.
        while self.rng.bool() {
            self.mutate(data);
        }
        data.truncate(self.max_len);
    }

    /// With any input, or as often with one that is accepted.
    fn begin(&mut self) {
        let accepted = |(_, outcome): &&_| *outcome == Outcome::Accepted;
        let accepted: Vec<_> = self.corpus.iter().filter(accepted).collect();
        let parent = if self.rng.bool() { &accepted } else { &[][..] };
        let parent = self.rng.choice(parent.iter().copied());
        let any = self.rng.usize(..self.corpus.len());
        self.parent.clone_from(parent.unwrap_or(&self.corpus[any]));
    }

    fn mutate(&mut self, data: &mut Vec<u8>) {
        let at = self.rng.usize(..=data.len());
        let other = self.any();
        match self.rng.u8(..12) {
            0 => self.change(data, |rng, byte| byte ^ (1 << rng.u8(..8))),
            1 => self.change(data, |rng, _| byte(rng)),
            // The next digit, letter or sign.
            2 => self.change(data, |rng, byte| byte.wrapping_add_signed(rng.i8(-3..=3))),
            3 => {
                let byte = self.byte_of(other);
                self.change(data, |_, _| byte);
            }
            4 => {
                let byte = self.byte_of(other);
                data.insert(at, byte);
            }
            5 => data.insert(at, byte(&mut self.rng)),
            6 => drop(data.drain(self.piece(data.len()))),
            7 => {
                let piece = data[self.piece(data.len())].repeat(self.rng.usize(1..=8));
                data.splice(at..at, piece);
            }
            8 => {
                let piece = data[self.piece(data.len())].to_vec();
                overwrite(data, at, &piece);
            }
            9 => {
                let piece = self.piece(other.len());
                data.splice(at..at, other[piece].iter().copied());
            }
            10 => {
                let piece = self.piece(other.len());
                overwrite(data, at, &other[piece]);
            }
            _ => {
                data.truncate(at);
                data.extend_from_slice(&other[self.rng.usize(..=other.len())..]);
            }
        }
    }

    fn any(&mut self) -> &'c Vec<u8> {
        &self.corpus[self.rng.usize(..self.corpus.len())].0
    }

    fn byte_of(&mut self, other: &[u8]) -> u8 {
        self.rng.choice(other).copied().unwrap_or_default()
    }

    /// Changes one byte, if there is one.
    fn change(&mut self, data: &mut [u8], with: impl FnOnce(&mut Rng, u8) -> u8) {
        if let Some(byte) = self.rng.choice(data) {
            *byte = with(&mut self.rng, *byte);
        }
    }

    /// A piece of an input, mostly a short one.
    fn piece(&mut self, len: usize) -> Range<usize> {
        let start = self.rng.usize(..=len);
        let longest = if self.rng.bool() { 8 } else { len };
        start..(start + self.rng.usize(..=longest)).min(len)
    }
}

/// Any byte, mostly one that stands in a text.
fn byte(rng: &mut Rng) -> u8 {
    if rng.u8(..4) == 0 {
        rng.u8(..)
    } else {
        rng.u8(b' '..=b'~')
    }
}

/// Puts a piece in the place of what stands there, as far as that goes.
fn overwrite(data: &mut [u8], at: usize, piece: &[u8]) {
    let place = &mut data[at..];
    let len = piece.len().min(place.len());
    place[..len].copy_from_slice(&piece[..len]);
}
