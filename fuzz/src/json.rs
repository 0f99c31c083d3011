//! Values of a JSON body, against `serde_json`'s reading of them.

use std::{fmt, sync::LazyLock};

use axum_webhook::scheme::{Field, Locate};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    Outcome,
    support::{Judge, hex, mac},
};

const POINTERS: [&[&str]; 4] = [&["a"], &["a", "b"], &["1"], &["a", "0", "b"]];

/// The first byte says where the value stands that is signed; what is behind it is the body.
pub fn json(data: &[u8]) -> Outcome {
    static JUDGES: LazyLock<[Judge; 4]> = LazyLock::new(|| POINTERS.map(judge));
    let Some((kind, body)) = data.split_first() else {
        return Outcome::Skipped;
    };
    let kind = usize::from(*kind) % POINTERS.len();
    let value = read(body, POINTERS[kind]);
    let signature = hex(&mac(&[value.as_deref().unwrap_or_default().as_bytes()]));
    let accepted = JUDGES[kind].accepts_signed(&signature, body);
    assert_eq!(accepted, value.is_some());
    Outcome::of(accepted)
}

fn judge(pointer: &[&str]) -> Judge {
    let pointer: String = pointer.iter().flat_map(|step| ["/", step]).collect();
    let mut judge = Judge::of_content("{value}");
    judge.scheme.shapes[0].fields = vec![Field::required("value", Locate::json(&pointer))];
    judge
}

/// The text of a value, which stands there once and is a scalar.
fn read(body: &[u8], steps: &[&str]) -> Option<String> {
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
            found?.1.get()
        };
    }
    match raw.as_bytes() {
        [b'"', ..] => serde_json::from_str(raw).ok(),
        [b'{' | b'[', ..] | b"null" => None,
        _ => Some(raw.to_owned()),
    }
}

/// The members of an object, in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(member) = map.next_entry()? {
                    all.push(member);
                }
                Ok(Members(all))
            }
        }
        from.deserialize_map(All)
    }
}
