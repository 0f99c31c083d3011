use http::{HeaderMap, Method, Uri};
use proptest::prelude::*;

use super::*;
use crate::{incoming::Incoming, providers, scheme::Algorithm};

/// A scheme with this list of signatures in hex, each called `item` and with `prefix`.
fn listing(items: &str, pair: Option<&str>, item: Option<&str>, prefix: &str) -> Scheme {
    let mut scheme = providers::stripe();
    let shape = scheme.shapes.first_mut().expect("it has one shape");
    shape.signature.list = Some(List {
        sets: None,
        items: items.to_owned(),
        pair: pair.map(str::to_owned),
    });
    shape.signature.item = item.map(ItemKey::name);
    prefix.clone_into(&mut shape.signature.prefix);
    scheme
}

/// How long the signatures of a scheme are as text, where that says where they end.
fn known_len(scheme: &Scheme) -> Option<usize> {
    let signature = &scheme.shapes.first()?.signature;
    tag_text_len(signature, signature.list.as_ref()?, scheme)
}

#[test]
fn where_a_signature_ends_is_known_unless_a_separator_could_stand_in_it() {
    for (items, pair, item, prefix, is_known) in [
        (",", Some("="), Some("v1"), "", true),
        (" ", None, None, "", true),
        (";;", Some(": "), Some("h1"), "", true),
        ("", None, None, "", false),
        // Of the signature.
        ("0", Some("="), Some("v1"), "", false),
        ("x,", None, None, "", false),
        ("+", None, None, "", false),
        ("/", None, None, "", false),
        ("-", None, None, "", false),
        ("_", None, None, "", false),
        ("=", None, None, "", false),
        (",", Some("0"), Some("v1"), "", false),
        (",", Some("+"), Some("v1"), "", false),
        // Of the name.
        (",", Some("="), Some(""), "", false),
        (",", Some("="), Some("v,1"), "", false),
        (",", Some(",="), Some("v1"), "", false),
        // Of a text before the signature.
        (",", Some("="), Some("v1"), "sha256,", false),
        // Any name will do, or none is there to be told by.
        (",", Some("="), None, "", false),
        (",", None, Some("v1"), "", false),
    ] {
        let scheme = listing(items, pair, item, prefix);
        let want = is_known.then_some(64);
        assert_eq!(known_len(&scheme), want, "{items:?} {pair:?} {item:?}");
    }
    let mut scheme = listing(",", Some("="), Some("v1"), "");
    scheme.algorithm = Algorithm::SharedToken;
    assert_eq!(known_len(&scheme), None, "a token has any length");
}

#[test]
fn an_item_of_the_known_length_is_cut_without_a_search() {
    let (tag, other) = ("0".repeat(64), "1".repeat(64));
    for (items, pair, item, text, behind) in [
        (",", Some("="), Some("v1"), format!("v1={tag}"), Some(None)),
        (
            ",",
            Some("="),
            Some("v1"),
            format!("v1={tag},t=1"),
            Some(Some("t=1")),
        ),
        (
            ",",
            Some("="),
            Some("v1"),
            format!("v1={tag},"),
            Some(Some("")),
        ),
        (",", Some("="), Some("v1"), format!("v1={tag};t=1"), None),
        (",", Some("="), Some("v1"), format!("v1={tag}0"), None),
        (",", Some("="), Some("v1"), "v1=0".to_owned(), None),
        (",", Some("="), Some("v1"), format!("v0={tag}"), None),
        (",", Some("="), Some("v1"), format!("v1:{tag}"), None),
        (" ", None, None, tag.clone(), Some(None)),
        (
            " ",
            None,
            None,
            format!("{tag} {other}"),
            Some(Some(&*other)),
        ),
        (" ", None, None, format!("{tag}{other}"), None),
        (",", Some("="), None, tag.clone(), None),
    ] {
        let scheme = listing(items, pair, item, "");
        let signature = &scheme.shapes.first().expect("it has one shape").signature;
        let list = signature.list.as_ref().expect("it has a list");
        let cut = first_item(text.as_bytes(), 64, signature, list);
        let want = behind.map(|behind| (tag.as_bytes(), behind.map(str::as_bytes)));
        assert_eq!(cut, want, "{text}");
    }
}

proptest! {
    /// Signatures whose end need not be searched for are those that a search finds.
    #[test]
    fn signatures_are_found_as_by_a_search(
        items in prop::collection::vec("(v1|v0|t|v1=v1)?=?([0-9a-f]{63,65}|[0-9A-F]{64}|)(,|, )?", 1..5),
    ) {
        let scheme = providers::stripe();
        let shape = scheme.shapes.first().expect("it has one shape");
        let text = items.join(",");
        let is_one = |item: &str| item.strip_prefix("v1=").is_some_and(|value| {
            value.len() == 64 && value.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
        });
        let is_malformed = text.split(',').any(|item| {
            item.split_once('=').is_none_or(|(name, value)| name.is_empty() || value.is_empty())
        });
        let count = text.split(',').filter(|item| is_one(item)).count();
        let mut headers = HeaderMap::new();
        headers.insert("stripe-signature", text.parse().expect("a header"));
        let uri = Uri::from_static("/");
        let incoming = Incoming::new(&Method::POST, &uri, &headers, &[]);
        let entries = Entries::of(&mut Reading::new(shape, incoming), &scheme);
        let want = Some(count).filter(|count| *count > 0 && !is_malformed);
        prop_assert_eq!(entries.map(|entries| entries.len()).ok(), want, "{}", text);
    }

    /// What is remembered while the signatures are read is what a search of the text finds.
    #[test]
    fn items_are_found_as_by_a_search(items in prop::collection::vec("(t|s|v0|v1)=[0-9=]{1,3}", 0..6)) {
        let scheme = providers::stripe();
        let shape = scheme.shapes.first().expect("it has one shape");
        let text = format!("v1={},{}", "0".repeat(64), items.join(","));
        let mut headers = HeaderMap::new();
        headers.insert("stripe-signature", text.trim_end_matches(',').parse().expect("a header"));
        let uri = Uri::from_static("/");
        let incoming = Incoming::new(&Method::POST, &uri, &headers, &[]);
        let searching = Reading::new(shape, incoming);
        let mut remembering = searching;
        prop_assert_eq!(Entries::none().read(&mut remembering, &scheme), Ok(()));
        prop_assert!(remembering.list.is_some());
        for key in ["t", "s", "v0", "v1", "v2"] {
            let at = Locate::item(key);
            prop_assert_eq!(remembering.value(&at), searching.value(&at), "{} in {:?}", key, items);
        }
    }
}
