//! Where each value of a delivery goes, and its signatures.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Draft, SignError, Signer};
use crate::{
    content::{fixed, numbered},
    crypto::sha256,
    form,
    incoming::ReadError,
    json,
    keys::Keyring,
    scheme::{JsonPointer, Locate},
    timestamp::Timestamp,
};

impl Signer<'_> {
    /// Puts each value that is not the signature to its place.
    pub(super) fn place_values(&mut self, draft: &Draft) -> Result<(), SignError> {
        let shape = self.shape;
        if let Some(field) = &shape.timestamp {
            let time = draft.timestamp.unwrap_or_else(Timestamp::now);
            self.place(&field.at, &field.unit.print(time))?;
        }
        for (at, value) in [
            (&shape.event_id, &draft.id),
            (&shape.event_type, &draft.event_type),
        ] {
            if let (Some(at), Some(value)) = (at, value) {
                self.place(at, value)?;
            }
        }
        for (name, value) in &draft.fields {
            let field = shape
                .fields
                .iter()
                .find(|field| field.name == *name)
                .ok_or_else(|| SignError::UnknownField(name.clone()))?;
            self.place(&field.at, value)?;
        }
        if let Some(hash) = &shape.body_hash {
            let text = hash.encoding.encode(&sha256(&self.signed.body));
            self.place(&hash.at, &text)?;
        }
        if let Some(list) = &shape.signed_headers {
            self.place(&list.names, &list.required.join(&list.separator))?;
        }
        Ok(())
    }

    /// Puts each value that must be a certain text to its place, for the current key.
    pub(super) fn place_fixed(&mut self, keyring: &Keyring) -> Result<(), SignError> {
        for field in &self.shape.fields {
            let key = keyring.all().first();
            let part = |name: &str| key.and_then(|key| key.part(name));
            if let Some(text) = field.is.as_ref().and_then(|is| fixed(is, &part)) {
                self.place(&field.at, &text)?;
            }
        }
        Ok(())
    }

    pub(super) fn place_signatures(
        &mut self,
        texts: &[(Option<String>, String)],
    ) -> Result<(), SignError> {
        let at = &self.shape.signature.at;
        if let Some(list) = self.list(texts) {
            return self.place(at, &list);
        }
        if let Locate::HeaderFamily(prefix) = at {
            for (index, (_, text)) in texts.iter().enumerate() {
                let name = numbered(prefix, index + 1).ok_or(SignError::Unsupported)?;
                insert(&mut self.signed.headers, &name, text)?;
            }
            return Ok(());
        }
        match texts.first() {
            Some((_, text)) => self.place(at, text),
            None => Err(SignError::Unsupported),
        }
    }

    /// The text of the signature's list: its items, then the signatures.
    pub(super) fn list(&self, texts: &[(Option<String>, String)]) -> Option<String> {
        let list = self.shape.signature.list.as_ref()?;
        let pair = list.pair.as_deref().unwrap_or_default();
        let join = |signatures: &[(Option<String>, String)]| {
            let items = self
                .items
                .iter()
                .map(|(name, value)| format!("{name}{pair}{value}"));
            let signatures = signatures.iter().map(|(name, text)| match name {
                Some(name) => format!("{name}{pair}{text}"),
                None => text.clone(),
            });
            items
                .chain(signatures)
                .collect::<Vec<_>>()
                .join(&list.items)
        };
        Some(match &list.sets {
            Some(sets) if texts.len() > 1 => texts
                .iter()
                .map(|text| join(std::slice::from_ref(text)))
                .collect::<Vec<_>>()
                .join(sets),
            _ => join(texts),
        })
    }

    /// Puts `value` to `at`. A value that stands in the body already stays as it is.
    pub(super) fn place(&mut self, at: &Locate, value: &str) -> Result<(), SignError> {
        match at {
            Locate::Header(name) | Locate::RepeatedHeader(name) => {
                insert(&mut self.signed.headers, name, value)
            }
            Locate::Headers(names) => {
                let name = names.first().ok_or(SignError::Unsupported)?;
                insert(&mut self.signed.headers, name, value)
            }
            Locate::HeaderFamily(prefix) => {
                let name = numbered(prefix, 1).ok_or(SignError::Unsupported)?;
                insert(&mut self.signed.headers, &name, value)
            }
            Locate::Bearer => insert(
                &mut self.signed.headers,
                &header::AUTHORIZATION,
                &format!("Bearer {value}"),
            ),
            Locate::Item(name) => {
                self.items.push((name.clone(), value.to_owned()));
                Ok(())
            }
            Locate::Query(name) => {
                let separator = if self.signed.url.contains('?') {
                    '&'
                } else {
                    '?'
                };
                let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
                self.signed.url = format!("{}{separator}{name}={value}", self.signed.url);
                Ok(())
            }
            Locate::Form(name) | Locate::OnlyForm(name) => {
                if !form::has(&self.signed.body, name) {
                    let separator = if self.signed.body.is_empty() { "" } else { "&" };
                    let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
                    self.signed
                        .body
                        .extend(format!("{separator}{name}={value}").bytes());
                }
                Ok(())
            }
            Locate::Json(pointer) => self.place_json(pointer, value),
            Locate::Claim(pointer) => self.place_claim(pointer, value),
        }
    }

    fn place_json(&mut self, pointer: &JsonPointer, value: &str) -> Result<(), SignError> {
        let found = json::value(&self.signed.body, pointer);
        if found != Err(ReadError::Missing) {
            return found.map(drop).map_err(|_| SignError::Body);
        }
        let mut document: Value =
            serde_json::from_slice(&self.signed.body).map_err(|_| SignError::Body)?;
        // Milliseconds are a number in the one scheme that has them in its body.
        let number = value.parse::<i64>().ok();
        let number = number.filter(|number| value.len() == 13 && number.to_string() == value);
        let value = number.map_or_else(|| Value::from(value), Value::from);
        put(&mut document, pointer, value).ok_or(SignError::Body)?;
        self.signed.body = document.to_string().into_bytes();
        Ok(())
    }
}

pub(super) fn insert(
    headers: &mut HeaderMap,
    name: &HeaderName,
    value: &str,
) -> Result<(), SignError> {
    let text = HeaderValue::try_from(value).map_err(|_| SignError::HeaderValue(name.clone()))?;
    headers.insert(name, text);
    Ok(())
}

/// Puts `value` at `pointer`, making the objects on the way.
pub(crate) fn put(document: &mut Value, pointer: &JsonPointer, value: Value) -> Option<()> {
    let mut at = document;
    for step in pointer.steps() {
        at = match at {
            Value::Array(elements) => elements.get_mut(step.parse::<usize>().ok()?)?,
            Value::Null => {
                *at = Value::Object(serde_json::Map::new());
                at.as_object_mut()?.entry(step).or_insert(Value::Null)
            }
            Value::Object(members) => members.entry(step).or_insert(Value::Null),
            _ => return None,
        };
    }
    *at = value;
    Some(())
}
