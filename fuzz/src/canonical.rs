//! What is made of a request before it is signed: its URL, its form, the fields of its JSON.

use std::sync::LazyLock;

use axum_webhook::{
    PublicUrl, providers,
    scheme::{Template, UrlPorts},
};
use http::Uri;

use super::{
    Outcome,
    support::{Judge, fill, hex, lines, mac, signed_header},
};

/// The URL as it was registered and as it was called, against a reference that joins texts. The first byte says whether the
/// other port counts, and whether HubSpot's escapes do. The lines of the data behind it are the public URL, the request's target, and the text that was signed, in which 0x80 and 0x81 stand for the right ones.
pub fn url(data: &[u8]) -> Outcome {
    static JUDGES: LazyLock<[Judge; 3]> = LazyLock::new(|| {
        let mut either = Judge::of_content("{url}");
        either.scheme.url_ports = UrlPorts::Either;
        [
            Judge::of_content("{url}"),
            either,
            Judge::of_content("{url|hubspot}"),
        ]
    });
    let Some((kind, data)) = data.split_first() else {
        return Outcome::Skipped;
    };
    let mut lines = lines(data);
    let mut line = || lines.next().unwrap_or_default();
    let (public, target, signed) = (line(), line(), line());
    let (Ok(public), Ok(uri)) = (std::str::from_utf8(public), Uri::try_from(target)) else {
        return Outcome::Skipped;
    };
    let Ok(public_url) = public.parse::<PublicUrl>() else {
        return Outcome::Skipped;
    };
    let url = joined(public, &uri);
    let without_query = url.split('?').next().unwrap_or_default();
    assert_eq!(public_url.join(uri.path()), without_query);
    let toggled = joined(&with_other_port(public), &uri);
    let signed = fill(signed, &[&url, &toggled]);
    let is = |text: &str| text.as_bytes() == signed;
    let wanted = [is(&url), is(&url) || is(&toggled), is(&unescape(&url))];
    let kind = usize::from(*kind) % wanted.len();
    let headers = signed_header(&hex(&mac(&[&signed])));
    let accepted = JUDGES[kind].accepts_at(&public_url, &uri, &headers, b"");
    assert_eq!(accepted, wanted[kind]);
    Outcome::of(accepted)
}

fn joined(public: &str, uri: &Uri) -> String {
    let start = public.find("://").unwrap() + 3;
    let path_at = public[start..]
        .find('/')
        .map_or(public.len(), |at| start + at);
    let (origin, registered) = public.split_at(path_at);
    let path = uri.path();
    let query = uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    // The URL as registered may be all of it, and not just its beginning.
    if path.len() > 1 && registered.ends_with(path) {
        format!("{origin}{registered}{query}")
    } else {
        format!("{origin}{}{path}{query}", registered.trim_end_matches('/'))
    }
}

fn with_other_port(public: &str) -> String {
    let (scheme, rest) = public.split_once("://").unwrap();
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (user, host) = match authority.rfind('@') {
        Some(at) => authority.split_at(at + 1),
        None => ("", authority),
    };
    // The colons of an IPv6 address stand in brackets.
    let after_address = host.rfind(']').map_or(0, |at| at + 1);
    match host[after_address..].rfind(':') {
        Some(at) => format!("{scheme}://{user}{}{path}", &host[..after_address + at]),
        None => {
            let port = if scheme == "https" { 443 } else { 80 };
            format!("{scheme}://{user}{host}:{port}{path}")
        }
    }
}

/// The escapes that `HubSpot` decodes.
fn unescape(url: &str) -> String {
    let escapes = [
        ("3A", ":"),
        ("2F", "/"),
        ("3F", "?"),
        ("40", "@"),
        ("21", "!"),
        ("24", "$"),
        ("27", "'"),
        ("28", "("),
        ("29", ")"),
        ("2A", "*"),
        ("2C", ","),
        ("3B", ";"),
    ];
    let mut pieces = url.split('%');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = piece.get(..2).unwrap_or_default().to_ascii_uppercase();
        match escapes.iter().find(|(escape, _)| *escape == code) {
            Some((_, character)) => {
                text.push_str(character);
                text.push_str(&piece[2..]);
            }
            None => {
                text.push('%');
                text.push_str(piece);
            }
        }
    }
    text
}

/// Forms, against a reference that collects and sorts. The first byte says which of three canonical forms; the first line
/// was signed, and the second arrives; without a second the first does.
pub fn form(data: &[u8]) -> Outcome {
    static JUDGES: LazyLock<[Judge; 3]> =
        LazyLock::new(|| ["{form|distinct}", "{form}", "{form|vonage}"].map(Judge::of_content));
    let Some((kind, data)) = data.split_first() else {
        return Outcome::Skipped;
    };
    let references: [Canonical; 3] = [|body| Some(distinct(body)), sorted, vonage];
    let kind = usize::from(*kind) % references.len();
    let (judge, reference) = (&JUDGES[kind], references[kind]);
    let mut lines = lines(data);
    let signed = lines.next().unwrap_or_default();
    let arrived = lines.next().unwrap_or(signed);
    let wanted = reference(arrived);
    let given = reference(signed).unwrap_or_default();
    let accepted = judge.accepts_signed(&hex(&mac(&[&given])), arrived);
    assert_eq!(accepted, wanted.as_ref() == Some(&given));
    Outcome::of(accepted)
}

/// What is made of a form, if anything can be.
type Canonical = fn(&[u8]) -> Option<Vec<u8>>;

type Pair = (Vec<u8>, Vec<u8>);

fn fields(body: &[u8]) -> Vec<Pair> {
    let mut fields = Vec::new();
    for field in body.split(|c| *c == b'&').filter(|field| !field.is_empty()) {
        let end = field.iter().position(|c| *c == b'=');
        let (name, value) = field.split_at(end.unwrap_or(field.len()));
        fields.push((decoded(name), decoded(value.get(1..).unwrap_or_default())));
    }
    fields.sort();
    fields
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let escape = text.get(at + 1..at + 3).and_then(|two| {
            let digits = two.iter().all(u8::is_ascii_hexdigit);
            let two = std::str::from_utf8(two).ok().filter(|_| digits)?;
            u8::from_str_radix(two, 16).ok()
        });
        match (byte, escape) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                at += 2;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*byte),
        }
        at += 1;
    }
    bytes
}

fn distinct(body: &[u8]) -> Vec<u8> {
    let mut fields = fields(body);
    fields.dedup();
    joined_fields(fields)
}

fn joined_fields(fields: Vec<Pair>) -> Vec<u8> {
    let texts = fields
        .into_iter()
        .map(|(name, value)| [name, value].concat());
    texts.collect::<Vec<_>>().concat()
}

fn sorted(body: &[u8]) -> Option<Vec<u8>> {
    singles(body).map(joined_fields)
}

fn vonage(body: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    for (name, mut value) in singles(body)? {
        if name == b"sig" {
            continue;
        }
        if name.contains(&b'&') || name.contains(&b'=') {
            return None;
        }
        for byte in &mut value {
            if matches!(byte, b'&' | b'=') {
                *byte = b'_';
            }
        }
        text.extend([b"&".as_slice(), &name, b"=", &value].concat());
    }
    Some(text)
}

/// The fields, where no name stands there twice.
fn singles(body: &[u8]) -> Option<Vec<Pair>> {
    let fields = fields(body);
    let mut names: Vec<_> = fields.iter().map(|(name, _)| name).collect();
    names.dedup();
    (names.len() == fields.len()).then_some(fields)
}

/// The fields of a message of AWS SNS, against serde's derived reading of it.
pub fn sns(data: &[u8]) -> Outcome {
    static JUDGE: LazyLock<Judge> = LazyLock::new(|| {
        // With a secret instead of a key of Amazon's.
        let mut scheme = providers::github();
        scheme.shapes[0].signature.prefix = String::new();
        scheme.shapes[0].content = Some(Template::literal("{body|sns}"));
        Judge::new(scheme)
    });
    let reading = Sns::read(data);
    let Ok(content) = &reading else {
        return Outcome::of(JUDGE.accepts_signed(&hex(&mac(&[data])), data));
    };
    let content = content.as_deref();
    let signature = hex(&mac(&[content.unwrap_or_default().as_bytes()]));
    let accepted = JUDGE.accepts_signed(&signature, data);
    assert_eq!(accepted, content.is_some());
    Outcome::of(accepted)
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sns {
    message: Option<serde_json::Value>,
    message_id: Option<serde_json::Value>,
    subject: Option<serde_json::Value>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<serde_json::Value>,
    timestamp: Option<serde_json::Value>,
    token: Option<serde_json::Value>,
    topic_arn: Option<serde_json::Value>,
    r#type: Option<serde_json::Value>,
}

/// A name stands there twice, or a value is nested deeper than serde goes: what is not signed may be so.
struct Unsure;

impl Sns {
    /// What is signed; `None` where there is no such thing.
    fn read(body: &[u8]) -> Result<Option<String>, Unsure> {
        if !body.trim_ascii_start().starts_with(b"{") || std::str::from_utf8(body).is_err() {
            return Ok(None);
        }
        let message: Self = match serde_json::from_slice(body) {
            Ok(message) => message,
            Err(_) => return Err(Unsure),
        };
        let is_confirmation = match message.r#type.as_ref().and_then(|kind| kind.as_str()) {
            Some("Notification") => false,
            Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => true,
            _ => return Ok(None),
        };
        let fields = [
            ("Message", &message.message, true),
            ("MessageId", &message.message_id, true),
            ("Subject", &message.subject, !is_confirmation),
            ("SubscribeURL", &message.subscribe_url, is_confirmation),
            ("Timestamp", &message.timestamp, true),
            ("Token", &message.token, is_confirmation),
            ("TopicArn", &message.topic_arn, true),
            ("Type", &message.r#type, true),
        ];
        let mut content = String::new();
        for (name, value, is_signed) in fields {
            match value {
                _ if !is_signed => {}
                None if name == "Subject" => {}
                Some(serde_json::Value::String(text))
                    if name == "Message" || !text.contains('\n') =>
                {
                    content.extend([name, "\n", text.as_str(), "\n"]);
                }
                _ => return Ok(None),
            }
        }
        Ok(Some(content))
    }
}
