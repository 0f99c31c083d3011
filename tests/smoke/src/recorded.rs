//! The recorded deliveries, read without the crate's feature `serde`, which most of these builds lack.

use std::{collections::BTreeMap, error::Error};

use axum_webhook::testing::{Repeat, Vector};
use toml::{Table, Value};

/// The vectors of a file.
pub fn vectors(text: &str) -> Result<Vec<Vector>, Box<dyn Error>> {
    let file: Table = text.parse()?;
    let vectors = file.get("vector").and_then(Value::as_array);
    let vectors = vectors.ok_or("it has no vector")?.iter();
    vectors
        .map(|vector| read(vector).ok_or("a vector is no table".into()))
        .collect()
}

fn read(vector: &Value) -> Option<Vector> {
    let vector = vector.as_table()?;
    let text = |key| Some(vector.get(key)?.as_str()?.to_owned());
    let repeat = |repeated: &Table| {
        let times = repeated.get("times")?.as_integer()?;
        Some(Repeat {
            text: repeated.get("text")?.as_str()?.to_owned(),
            times: times.try_into().ok()?,
        })
    };
    let repeated = vector.get("body_repeat").and_then(Value::as_table);
    Some(Vector {
        name: text("name")?,
        secret: text("secret")?,
        parts: texts(vector.get("parts")),
        method: text("method"),
        url: text("url"),
        now: vector.get("now").and_then(Value::as_integer),
        headers: texts(vector.get("headers")),
        body: text("body"),
        body_base64: text("body_base64"),
        body_repeat: repeated.and_then(repeat),
        event_id: text("event_id"),
        event_type: text("event_type"),
        ..Vector::default()
    })
}

fn texts(table: Option<&Value>) -> BTreeMap<String, String> {
    let texts = table.and_then(Value::as_table).into_iter().flatten();
    let texts = texts.filter_map(|(key, text)| Some((key.clone(), text.as_str()?.to_owned())));
    texts.collect()
}
