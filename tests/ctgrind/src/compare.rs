//! The comparison by itself: the file `src/crypto/tag.rs`, as the crate has it.

use std::hint::black_box;

use crate::{
    Case, Reports,
    tag::Tag,
    valgrind::{hide, show},
};

type Compare = fn(&[u8], &[u8]) -> bool;

type Change = fn(&mut Vec<u8>);

/// How two tags differ, and whether they are equal after all.
const PAIRS: [(&str, &str, Change, bool); 5] = [
    ("T-B2", "equal", |_| {}, true),
    ("T-B2", "the first byte is wrong", |tag| tag[0] ^= 1, false),
    ("T-B2", "the last byte is wrong", |tag| tag[31] ^= 1, false),
    ("T-B4", "one is shorter", |tag| tag.truncate(9), false),
    ("T-B4", "one is longer", |tag| tag.push(7), false),
];

pub fn cases() -> impl Iterator<Item = Case> {
    let ours = PAIRS.into_iter().map(|(id, name, change, equal)| Case {
        name: format!("{id} Tag::matches: {name}"),
        reports: Reports::None,
        run: Box::new(move || check(as_tags, change, equal)),
    });
    let naive: [(&str, Compare); 2] = [("==", as_slices), ("a loop that ends early", byte_by_byte)];
    let controls = naive.into_iter().flat_map(|(how, compare)| {
        // Tags of different lengths are told apart by their lengths, which are no secret.
        let same_length = PAIRS.into_iter().filter(|(id, ..)| *id == "T-B2");
        same_length.map(move |(id, name, change, equal)| Case {
            name: format!("{id} control, {how}: {name}"),
            reports: Reports::Some,
            run: Box::new(move || check(compare, change, equal)),
        })
    });
    ours.chain(controls)
}

fn check(compare: Compare, change: Change, equal: bool) {
    let mut own = vec![7; 32];
    let mut other = own.clone();
    change(&mut other);
    hide(&mut own);
    hide(&mut other);
    assert_eq!(show(compare(black_box(&own), black_box(&other))), equal);
}

#[inline(never)]
fn as_tags(a: &[u8], b: &[u8]) -> bool {
    let tag = |bytes| Tag::new(bytes).expect("it fits");
    tag(a).matches(&tag(b))
}

#[inline(never)]
fn as_slices(a: &[u8], b: &[u8]) -> bool {
    a == b
}

#[inline(never)]
fn byte_by_byte(a: &[u8], b: &[u8]) -> bool {
    for (a, b) in a.iter().zip(b) {
        if a != b {
            return false;
        }
    }
    true
}
