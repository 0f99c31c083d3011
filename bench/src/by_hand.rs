//! The least that a verification can do: written by hand for one scheme, which the compiler knows.
//!
//! What ours costs above it is the price of a scheme that is a value, and of what these leave out: they take a header that
//! stands there twice, a signature in two spellings, and an id with a dot in it, and don't say why they refuse.

use std::{hint::black_box, iter};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName};
use sha2::Sha256;

use crate::deliveries::SECRET;

/// A key, from which the first two blocks were hashed before.
#[derive(Clone)]
pub struct ByHand {
    keyed: Hmac<Sha256>,
    /// In seconds.
    now: i64,
}

impl ByHand {
    /// With the secret as text.
    pub fn new(now: i64) -> Self {
        Self::of(SECRET.as_bytes(), now)
    }

    /// With what the secret encodes, as Standard Webhooks has it.
    pub fn of_base64(now: i64) -> Self {
        let encoded = SECRET.strip_prefix("whsec_").expect("it begins so");
        Self::of(&STANDARD.decode(encoded).expect("it is base64"), now)
    }

    fn of(key: &[u8], now: i64) -> Self {
        let keyed = Hmac::new_from_slice(key).expect("any key will do");
        Self { keyed, now }
    }

    /// The MAC alone, which is not compared with anything.
    pub fn mac(&self, body: &[u8]) -> [u8; 32] {
        let mut mac = self.keyed.clone();
        mac.update(body);
        mac.finalize().into_bytes().into()
    }

    pub fn github(&self, headers: &HeaderMap, body: &[u8]) -> Option<()> {
        const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");
        let text = headers.get(SIGNATURE)?.as_bytes();
        let tag = hex(text.strip_prefix(b"sha256=")?)?;
        let mut mac = self.keyed.clone();
        mac.update(body);
        mac.verify_slice(&tag).ok()
    }

    pub fn stripe(&self, headers: &HeaderMap, body: &[u8]) -> Option<()> {
        let mut signature = self.stripe_signature(headers)?;
        signature.update(body);
        signature.is_right().then_some(())
    }

    /// What the head of a delivery of Stripe says; the body is to come.
    #[inline]
    pub fn stripe_signature(&self, headers: &HeaderMap) -> Option<Signature> {
        const SIGNATURE: HeaderName = HeaderName::from_static("stripe-signature");
        let text = headers.get(SIGNATURE)?.as_bytes();
        let (mut time, mut tag) = (None, None);
        for item in text.split(|c| *c == b',') {
            match item {
                [b't', b'=', text @ ..] => time = Some(text),
                [b'v', b'1', b'=', text @ ..] => tag = Some(hex(text)?),
                _ => {}
            }
        }
        let time = time?;
        self.check_time(time)?;
        let mut mac = self.keyed.clone();
        mac.update(time);
        mac.update(b".");
        Some(Signature { mac, tag: tag? })
    }

    pub fn standard_webhooks(&self, headers: &HeaderMap, body: &[u8]) -> Option<()> {
        const ID: HeaderName = HeaderName::from_static("webhook-id");
        const TIME: HeaderName = HeaderName::from_static("webhook-timestamp");
        const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
        let time = headers.get(TIME)?.as_bytes();
        self.check_time(time)?;
        let text = headers.get(SIGNATURE)?.as_bytes();
        let mut mac = self.keyed.clone();
        mac.update(headers.get(ID)?.as_bytes());
        mac.update(b".");
        mac.update(time);
        mac.update(b".");
        mac.update(body);
        for item in text.split(|c| *c == b' ') {
            if let Some(text) = item.strip_prefix(b"v1,") {
                let mut tag = [0; 33];
                let len = STANDARD.decode_slice(text, &mut tag).ok()?;
                return mac.verify_slice(tag.get(..len)?).ok();
            }
        }
        None
    }

    fn check_time(&self, text: &[u8]) -> Option<()> {
        let time: i64 = str::from_utf8(text).ok()?.parse().ok()?;
        (self.now.abs_diff(time) <= 300).then_some(())
    }
}

/// A signature, and the MAC that it should be.
pub struct Signature {
    mac: Hmac<Sha256>,
    tag: [u8; 32],
}

impl Signature {
    #[inline]
    pub fn update(&mut self, body: &[u8]) {
        self.mac.update(body);
    }

    #[inline]
    pub fn is_right(self) -> bool {
        let own: [u8; 32] = self.mac.finalize().into_bytes().into();
        let pairs = iter::zip(own.as_chunks().0, self.tag.as_chunks().0);
        let differ = |own: [u8; 8], tag: [u8; 8]| u64::from_ne_bytes(own) ^ u64::from_ne_bytes(tag);
        black_box(pairs.fold(0, |any, (own, tag)| any | differ(*own, *tag))) == 0
    }
}

fn hex(text: &[u8]) -> Option<[u8; 32]> {
    let (pairs, []) = text.as_chunks::<2>() else {
        return None;
    };
    let pairs: &[[u8; 2]; 32] = pairs.try_into().ok()?;
    let mut tag = [0; 32];
    let mut seen = 0;
    for (byte, pair) in tag.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|c| WORTHS[usize::from(c)]);
        seen |= high | low;
        *byte = high << 4 | low & 15;
    }
    (seen < 16).then_some(tag)
}

/// What each character is worth as a digit; 255 for those that are none.
const WORTHS: [u8; 256] = {
    let mut worths = [255; 256];
    let mut digit = 0;
    while digit < 16 {
        worths[b"0123456789abcdef"[digit] as usize] = digit as u8;
        digit += 1;
    }
    worths
};
