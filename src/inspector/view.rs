//! A delivery as the page gets it: everything in it may be shown.

use http::HeaderMap;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    incoming::Head,
    inspector::{
        mask::Masks,
        pretty,
        record::{Record, State, Story},
    },
    scheme::MediaType,
    telemetry::Settlement,
};

/// One line of the list.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    id: u64,
    /// Unix milliseconds.
    at: i64,
    method: String,
    target: String,
    endpoint: Option<String>,
    provider: Option<String>,
    tenant: Option<String>,
    /// How it ended, or how far it is.
    state: &'static str,
    code: Option<&'static str>,
    event_id: Option<String>,
    event_type: Option<String>,
    status: Option<u16>,
    total_ms: Option<f64>,
    bytes: usize,
    replay_of: Option<u64>,
}

/// All that is shown of a delivery.
#[derive(Debug, Serialize)]
pub(super) struct Detail {
    #[serde(flatten)]
    summary: Summary,
    verdict: &'static str,
    reason: Option<String>,
    findings: Vec<Finding>,
    key_id: Option<String>,
    skew_seconds: Option<f64>,
    verify_ms: Option<f64>,
    handler_ms: Option<f64>,
    notes: Vec<String>,
    headers: Vec<Header>,
    body: Body,
    /// Why it can't be handed to its handler again; `None` where it can.
    not_replayable: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Finding {
    code: &'static str,
    message: String,
    is_proven: bool,
}

#[derive(Debug, Serialize)]
struct Header {
    name: String,
    /// `None` where it is masked.
    value: Option<String>,
    len: usize,
}

#[derive(Debug, Serialize)]
struct Body {
    /// `json`, `form`, `text`, `hex`, `empty` or `withheld`.
    kind: &'static str,
    text: String,
    /// Of the body as it arrived.
    len: usize,
    kept: usize,
    is_unpacked: bool,
}

impl Record {
    /// The line of the list.
    pub(super) fn summary(&self) -> Summary {
        let story = self.story();
        let masks = self.masks(&story);
        self.summary_of(&story, &masks)
    }

    /// All that is shown of it.
    pub(super) fn detail(&self) -> Detail {
        let not_replayable = self.again().err();
        let story = self.story();
        let masks = self.masks(&story);
        let millis = |time: Option<std::time::Duration>| time.map(|time| time.as_secs_f64() * 1e3);
        let clean = |text: &String| masks.clean(text).into_owned();
        Detail {
            summary: self.summary_of(&story, &masks),
            verdict: verdict(&story),
            reason: story.reason.as_ref().map(clean),
            findings: story
                .diagnoses
                .iter()
                .map(|diagnosis| Finding {
                    code: diagnosis.code(),
                    message: masks.clean(diagnosis.message()).into_owned(),
                    is_proven: diagnosis.is_proven(),
                })
                .collect(),
            key_id: story.key_id.as_ref().map(clean),
            skew_seconds: story.skew_seconds,
            verify_ms: millis(story.verify_time),
            handler_ms: millis(story.handler_time),
            notes: story.notes.iter().map(clean).collect(),
            headers: headers(&self.headers, &masks),
            body: self.body(&story, &masks),
            not_replayable,
        }
    }

    /// Whether `needle`, in lower case, stands in what is shown of it. What is masked is not found.
    pub(super) fn matches(&self, needle: &str) -> bool {
        let shown = serde_json::to_value(self.detail()).unwrap_or_default();
        has_text(&shown, needle)
    }

    fn summary_of(&self, story: &Story, masks: &Masks<'_>) -> Summary {
        let name = |text: &Option<String>| Some(masks.clean(text.as_ref()?).into_owned());
        let receiver = self.receiver.as_ref();
        Summary {
            id: self.id,
            at: self.at.unix_micros().div_euclid(1000),
            method: self.method.to_string(),
            target: masks.target(&self.uri),
            endpoint: receiver.map(|receiver| receiver.name.to_string()),
            provider: receiver.map(|receiver| receiver.provider.to_string()),
            tenant: name(&story.tenant),
            state: state(story.state),
            code: story.code,
            event_id: name(&story.event_id),
            event_type: name(&story.event_type),
            status: story.status.map(|status| status.as_u16()),
            total_ms: story.total_time.map(|time| time.as_secs_f64() * 1e3),
            bytes: story.body_len,
            replay_of: self.again_of,
        }
    }

    fn media_type(&self) -> Option<MediaType> {
        let head = Head {
            method: &self.method,
            uri: &self.uri,
            headers: &self.headers,
            public_url: None,
        };
        head.media_type()
    }

    fn masks(&self, story: &Story) -> Masks<'_> {
        let text = text(story).map(|text| (text, self.media_type()));
        let scheme = self.receiver.as_ref().map(|receiver| &*receiver.scheme);
        Masks::new(scheme, &self.headers, &self.uri, text)
    }

    fn body(&self, story: &Story, masks: &Masks<'_>) -> Body {
        let kind = self.media_type();
        let is_cut = story.body_len > story.body.len();
        let (kind, text) = match text(story) {
            _ if story.body.is_empty() => ("empty", String::new()),
            // Where the place can't be found, neither can what stands there.
            text if masks.is_in_body() && (is_cut || !is_whole(text, kind)) => {
                ("withheld", String::new())
            }
            None if masks.is_in(&story.body) => ("withheld", String::new()),
            None => ("hex", pretty::hex(&story.body)),
            Some(text) => {
                let name = match kind {
                    Some(MediaType::Form) => "form",
                    _ if pretty::is_json(text) => "json",
                    _ => "text",
                };
                (name, pretty::print(text, kind, masks, &mut |_| {}))
            }
        };
        Body {
            kind,
            text,
            len: story.body_len,
            kept: story.body.len(),
            is_unpacked: story.is_unpacked,
        }
    }
}

/// The body as text; where it was cut, without the half of a character at its end.
fn text(story: &Story) -> Option<&str> {
    match std::str::from_utf8(&story.body) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() && story.body_len > story.body.len() => {
            let valid = story.body.get(..error.valid_up_to())?;
            std::str::from_utf8(valid).ok()
        }
        Err(_) => None,
    }
}

/// Whether a text is all of what its kind says, so that each value in it is found.
fn is_whole(text: Option<&str>, kind: Option<MediaType>) -> bool {
    text.is_some_and(|text| match kind {
        Some(MediaType::Form) => !pretty::is_json(text),
        _ => serde_json::from_str::<&RawValue>(text).is_ok(),
    })
}

fn headers(headers: &HeaderMap, masks: &Masks<'_>) -> Vec<Header> {
    let shown = headers.iter().map(|(name, value)| {
        let text = String::from_utf8_lossy(value.as_bytes());
        let is_hidden = masks.hides_header(name, value.as_bytes()) || value.is_sensitive();
        Header {
            name: name.to_string(),
            value: (!is_hidden).then(|| masks.clean(&text).into_owned()),
            len: value.len(),
        }
    });
    shown.collect()
}

const fn verdict(story: &Story) -> &'static str {
    match story.state {
        _ if story.is_verified => "verified",
        State::WouldBeRefused => "would-be-refused",
        State::Answered => "answered",
        State::Arriving | State::BrokenOff => "none",
        _ => "refused",
    }
}

/// The name of a state, which the page has words and a colour for.
const fn state(state: State) -> &'static str {
    match state {
        State::Arriving => "arriving",
        State::BrokenOff => "broken-off",
        State::Refused => "refused",
        State::WouldBeRefused => "would-be-refused",
        State::Answered => "answered",
        State::Handling => "handling",
        State::InFlight => "in-flight",
        State::Duplicate => "duplicate",
        State::NotClaimed => "not-claimed",
        State::Abandoned => "abandoned",
        State::Handled(Settlement::Unguarded) => "unguarded",
        State::Handled(Settlement::Committed) => "committed",
        State::Handled(Settlement::Released) => "released",
        State::Handled(Settlement::RolledBack) => "rolled-back",
        State::Handled(Settlement::LeaseLost) => "lease-lost",
        State::Handled(Settlement::NotStored) => "not-stored",
    }
}

fn has_text(value: &serde_json::Value, needle: &str) -> bool {
    use serde_json::Value;
    match value {
        Value::String(text) => text.to_lowercase().contains(needle),
        Value::Number(number) => number.to_string() == needle,
        Value::Array(values) => values.iter().any(|value| has_text(value, needle)),
        Value::Object(values) => values.values().any(|value| has_text(value, needle)),
        Value::Null | Value::Bool(_) => false,
    }
}
