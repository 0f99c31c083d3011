use proptest::prelude::*;
use serde_json::{Value, value::RawValue};

use super::*;

#[track_caller]
fn check(body: &str, pointer: &str, want: Result<&str, ReadError>) {
    let got = value(body.as_bytes(), &JsonPointer::literal(pointer));
    assert_eq!(got.as_deref(), want.as_deref(), "{body} {pointer}");
}

#[test]
fn json_scalars_are_read_as_they_are_written() {
    check(r#"{"a":{"b":"x"}}"#, "/a/b", Ok("x"));
    check(r#"{"a":"\u00e9\n"}"#, "/a", Ok("é\n"));
    check(r#"{"a":1.00}"#, "/a", Ok("1.00"));
    check(
        r#"{"a":12345678901234567890123}"#,
        "/a",
        Ok("12345678901234567890123"),
    );
    check(r#"{"a":true}"#, "/a", Ok("true"));
    check(r#"[{"a":1},{"a":2}]"#, "/1/a", Ok("2"));
    check(r#"{"\u0061":1}"#, "/a", Ok("1"));
}

#[test]
fn json_that_could_be_read_two_ways_is_refused() {
    check(r#"{"a":1,"a":2}"#, "/a", Err(ReadError::Duplicate));
    check(r#"{"a":1,"\u0061":2}"#, "/a", Err(ReadError::Duplicate));
    check(r#"{"a":1,"b":2,"b":3}"#, "/a", Ok("1"));
    check(
        r#"{"a":{"b":1},"a":{"b":2}}"#,
        "/a/b",
        Err(ReadError::Duplicate),
    );
    check(r#"{"a":null}"#, "/a", Err(ReadError::Missing));
    check(r#"{"b":1}"#, "/a", Err(ReadError::Missing));
    check(r#"{"a":[1]}"#, "/a", Err(ReadError::Malformed));
    check(r#"{"a":1} x"#, "/a", Err(ReadError::Malformed));
    check("", "/a", Err(ReadError::Malformed));
    check(r#"{"a":1"#, "/a", Err(ReadError::Malformed));
    check("1", "/a", Err(ReadError::Malformed));
}

#[test]
fn a_value_of_any_depth_is_one() {
    for depth in [1, 63, 64, 65, 500] {
        let pieces = |from: &str, to: &str| (from.repeat(depth), to.repeat(depth));
        for (open, close) in [pieces("[", "]"), pieces(r#"{"a":"#, "}")] {
            let whole = format!(" {open}1{close} ");
            assert_eq!(root(whole.as_bytes()), Ok(whole.trim()), "{depth}");
            for broken in [
                format!("{open}1"),
                format!("{open}1{close}]"),
                format!("{open}1,{close}"),
            ] {
                assert_eq!(
                    root(broken.as_bytes()),
                    Err(ReadError::Malformed),
                    "{broken}"
                );
            }
        }
    }
}

/// A piece of JSON, or nearly so.
const PIECES: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    r#""a""#,
    r#""b""#,
    r#""\u0061""#,
    r#""\n\/\ud800""#,
    r#""\x""#,
    "\"\u{1}\"",
    "\"\u{7f}é\u{2028}\"",
    r#""12345678\"90""#,
    "\"",
    "\\",
    "0",
    "-0",
    "01",
    "-",
    "1.5e+3",
    "1.",
    "1e",
    ".5",
    "true",
    "nul",
    "null",
    " ",
    "\n\t\r",
    "\u{a0}",
];

fn nearly_json() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(&PIECES[6..]).prop_map(str::to_owned);
    let value = scalar.prop_recursive(4, 24, 4, |inner| {
        let name = prop::sample::select(&PIECES[6..10]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| format!("[{}]", all.join(", "))),
            prop::collection::vec((name, inner), 0..4).prop_map(|all| {
                let members: Vec<_> = all
                    .iter()
                    .map(|(name, value)| format!("{name} :{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    let pieces = prop::collection::vec(prop::sample::select(&PIECES[..]), 0..8);
    prop_oneof![3 => value, 1 => pieces.prop_map(|all| all.concat())]
}

/// Any value, of which up to three bytes may have been changed, taken out or put in.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let name = || prop_oneof![3 => "[ab01]", 1 => ".{0,3}"];
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let value = scalar.prop_recursive(4, 24, 4, move |inner| {
        let members = prop::collection::vec((name(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    });
    let byte = prop_oneof![
        prop::sample::select(&b"{}[],:\"\\0-.eE \n"[..]),
        any::<u8>()
    ];
    let change = (any::<prop::sample::Index>(), 0..3_usize, byte);
    let changes = prop::collection::vec(change, 0..=3);
    (value, any::<bool>(), changes).prop_map(|(value, is_pretty, changes)| {
        let printed = if is_pretty {
            serde_json::to_vec_pretty(&value)
        } else {
            serde_json::to_vec(&value)
        };
        let mut bytes = printed.expect("it is JSON");
        for (at, kind, byte) in changes {
            let at = at.index(bytes.len().max(1));
            let end = bytes.len().min(at + usize::from(kind > 0));
            bytes.splice(at..end, (kind < 2).then_some(byte));
        }
        bytes
    })
}

/// The text of the value at `steps` as `serde_json` reads it; `None` where it reads none.
fn theirs(body: &[u8], steps: &[&str]) -> Option<String> {
    let mut raw = serde_json::from_slice::<&RawValue>(body).ok()?.get();
    for name in steps {
        raw = if raw.starts_with('[') {
            let elements: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
            elements.get(name.parse::<usize>().ok()?)?.get()
        } else {
            let Members(all) = serde_json::from_str(raw).ok()?;
            let mut named = all.iter().filter(|(own, _)| own == name);
            let (found, None) = (named.next(), named.next()) else {
                return None;
            };
            found?.1
        };
    }
    match raw.as_bytes() {
        [b'"', ..] => serde_json::from_str(raw).ok(),
        [b'{' | b'[', ..] | b"null" => None,
        _ => Some(raw.to_owned()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// What is JSON, and what its pieces are, is as `serde_json` has it.
    #[test]
    fn it_reads_as_serde_json_does(text in nearly_json()) {
        let theirs = serde_json::from_str::<&RawValue>(&text).ok().map(RawValue::get);
        prop_assert_eq!(root(text.as_bytes()).ok(), theirs);
        let theirs = serde_json::from_str::<Vec<&RawValue>>(&text).ok();
        let theirs: Option<Vec<_>> = theirs.map(|all| all.into_iter().map(RawValue::get).collect());
        prop_assert_eq!(elements(&text).ok().map(Iterator::collect::<Vec<_>>), theirs.clone());
        if let Some(theirs) = theirs {
            prop_assert_eq!(step(&text, "1"), Ok(theirs.get(1).copied()));
        }
        let members = serde_json::from_str::<Members<'_>>(&text);
        let theirs = match members {
            Ok(Members(all)) => {
                let mut named = all.iter().filter(|(name, _)| name == "a");
                match (named.next(), named.next()) {
                    (found, None) => Some(Ok(found.map(|(_, value)| *value))),
                    _ => Some(Err(ReadError::Duplicate)),
                }
            }
            Err(_) => None,
        };
        if let Some(theirs) = theirs {
            prop_assert_eq!(step(&text, "a"), theirs);
        } else if !text.trim_start().starts_with('[') {
            prop_assert!(step(&text, "a").is_err());
        }
    }

    /// A value is found in the same bytes, and is the same text.
    #[test]
    fn it_finds_what_serde_json_finds(
        body in mutated(),
        steps in prop::collection::vec(prop::sample::select(&["a", "b", "0", "1"][..]), 0..4),
    ) {
        let pointer: String = steps.iter().flat_map(|step| ["/", step]).collect();
        let ours = value(&body, &JsonPointer::literal(&pointer));
        prop_assert_eq!(ours.ok().map(Cow::into_owned), theirs(&body, &steps), "{}", pointer);
        let theirs = serde_json::from_slice::<&RawValue>(&body);
        prop_assert_eq!(root(&body).ok(), theirs.ok().map(RawValue::get));
    }
}

/// The members of an object, in their order.
struct Members<'a>(Vec<(String, &'a str)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> serde::de::Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    all.push((name, value.get()));
                }
                Ok(Members(all))
            }
        }
        from.deserialize_map(All)
    }
}
