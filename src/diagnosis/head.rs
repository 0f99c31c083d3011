//! What the headers say: whose they are, and what is missing among them.

use std::cmp::Reverse;

use http::HeaderName;

use crate::{
    content::numbered,
    diagnosis::{
        Case, Code, Diagnosis, known,
        words::{any_of, shown},
    },
    incoming::Head,
    scheme::{Locate, MediaType, Scheme, Shape},
    verify::{VerifyError, fits},
};

/// The most providers that are named: a list of more says nothing.
const MAX_NAMED: usize = 3;

/// The two names of the same three headers.
// ref: Standard Webhooks, and Svix before it.
const FAMILIES: [&str; 2] = ["webhook-", "svix-"];

pub(super) fn hints(error: &VerifyError, case: &Case<'_>) -> Vec<Diagnosis> {
    match error {
        VerifyError::NoShape => no_shape(case),
        VerifyError::Missing { name, .. } => missing(name, case).into_iter().collect(),
        VerifyError::Duplicate { name, at } => vec![Diagnosis::new(
            Code::HeaderDoubled,
            format!(
                "{name} stands there more than once ({at}): does a proxy or a test tool add it a second time?"
            ),
        )],
        VerifyError::Malformed { name, .. } => bearer(name, case).into_iter().collect(),
        VerifyError::NoPublicUrl => vec![Diagnosis::new(
            Code::NoPublicUrl,
            "the URL is signed: set `public_url` to the URL that the provider has",
        )],
        _ => Vec::new(),
    }
}

/// The shape that the request has.
pub(super) fn shape_of<'a>(case: &Case<'a>) -> Option<&'a Shape> {
    let mut shapes = case.scheme.shapes.iter();
    shapes.find(|shape| fits(shape, case.head))
}

fn no_shape(case: &Case<'_>) -> Vec<Diagnosis> {
    let mut found: Vec<_> = other_provider(case.head, case.scheme).into_iter().collect();
    let mut wanted: Vec<String> = Vec::new();
    for shape in &case.scheme.shapes {
        let when = &shape.when;
        wanted.extend(when.content_type.map(|kind| match kind {
            MediaType::Form => "a form".to_owned(),
            MediaType::Json => "JSON".to_owned(),
        }));
        wanted.extend(
            when.header
                .as_ref()
                .map(|name| format!("the header {name}")),
        );
        wanted.extend(
            when.query
                .as_ref()
                .map(|name| format!("the query parameter {name}")),
        );
    }
    wanted.dedup();
    if found.is_empty() && !wanted.is_empty() {
        let wanted: Vec<_> = wanted.iter().map(String::as_str).collect();
        let sent = match case.head.header(&http::header::CONTENT_TYPE) {
            Ok(sent) => format!("its `Content-Type` begins with {}", shown(sent)),
            Err(_) => "it has no `Content-Type`".to_owned(),
        };
        found.push(Diagnosis::new(
            Code::ContentType,
            format!(
                "a delivery of {} has {}, and this request has not; {sent}",
                case.scheme.id,
                any_of(&wanted)
            ),
        ));
    }
    found
}

fn missing(name: &str, case: &Case<'_>) -> Option<Diagnosis> {
    let shape = shape_of(case)?;
    let at = place(name, shape)?;
    let id = &case.scheme.id;
    let wanted: Vec<HeaderName> = header_names(at);
    let header = wanted.first()?;
    let has = |name: &str| case.head.headers.contains_key(name);
    if wanted.iter().any(|name| has(name.as_str())) {
        return Some(Diagnosis::new(
            Code::HeaderEmpty,
            format!("the header {header} is there, but empty"),
        ));
    }
    if let Some(other) = FAMILIES.iter().find_map(|family| {
        let rest = FAMILIES
            .iter()
            .find_map(|own| header.as_str().strip_prefix(own))?;
        Some(format!("{family}{rest}")).filter(|other| has(other))
    }) {
        let family = if other.starts_with("svix-") {
            "svix"
        } else {
            "standard-webhooks"
        };
        return Some(Diagnosis::new(
            Code::OtherFamily,
            format!(
                "there is no header {header}, but {other}: the sender uses the header names of {family}"
            ),
        ));
    }
    if name != "signature" {
        return Some(Diagnosis::new(
            Code::HeaderAbsent,
            format!(
                "there is no header {header}, but the signature is there: does a proxy drop headers?"
            ),
        ));
    }
    if let Some(old) = header.as_str().strip_suffix("-256").filter(|old| has(old)) {
        return Some(Diagnosis::new(
            Code::OldSignature,
            format!(
                "there is {old}, the older signature with SHA-1, but no {header}: is the sender an old version?"
            ),
        ));
    }
    let own: Vec<_> = other_places(shape)
        .into_iter()
        .filter(|name| has(name.as_str()))
        .collect();
    if let Some(own) = own.first() {
        return Some(Diagnosis::new(
            Code::Unsigned,
            format!(
                "the request has {id}'s header {own}, but no signature ({at}): no secret is set on the \
                 provider's side, or a proxy drops the header"
            ),
        ));
    }
    Some(other_provider(case.head, case.scheme).unwrap_or_else(|| {
        Diagnosis::new(
            Code::HeaderAbsent,
            format!(
                "there is no header {header}, nor the signature of any other provider known here: is it \
                 {id} that calls this URL, and does a proxy drop headers?"
            ),
        )
    }))
}

/// `Authorization` with something else than a bearer token.
fn bearer(name: &str, case: &Case<'_>) -> Option<Diagnosis> {
    let shape = shape_of(case)?;
    if place(name, shape)? != &Locate::Bearer {
        return None;
    }
    let value = case.head.header(&http::header::AUTHORIZATION).ok()?;
    let kind = value.split(' ').next().unwrap_or_default();
    // A header without a space may be the credential itself.
    let said = if kind.len() == value.len() {
        "it has no `Bearer` in front".to_owned()
    } else {
        format!("it begins with {}", shown(kind))
    };
    Some(Diagnosis::new(
        Code::CredentialForm,
        format!("the header authorization should be `Bearer` and a token, and {said}"),
    ))
}

/// Where the value called `name` stands.
fn place<'s>(name: &str, shape: &'s Shape) -> Option<&'s Locate> {
    match name {
        "signature" | "token" => Some(&shape.signature.at),
        "timestamp" => shape.timestamp.as_ref().map(|field| &field.at),
        "id" => shape.event_id.as_ref(),
        _ => {
            let field = shape.fields.iter().find(|field| field.name == name)?;
            Some(&field.at)
        }
    }
}

/// The headers of a place, the first of a numbered family.
pub(super) fn header_names(at: &Locate) -> Vec<HeaderName> {
    match at {
        Locate::Header(name) => vec![name.clone()],
        Locate::Headers(names) => names.clone(),
        Locate::HeaderFamily(prefix) => numbered(prefix, 1).into_iter().collect(),
        Locate::Bearer => vec![http::header::AUTHORIZATION],
        _ => Vec::new(),
    }
}

/// The headers that a delivery has beside its signature.
pub(super) fn other_places(shape: &Shape) -> Vec<HeaderName> {
    let places = shape
        .timestamp
        .iter()
        .map(|field| &field.at)
        .chain(&shape.event_id)
        .chain(&shape.event_type)
        .chain(shape.fields.iter().map(|field| &field.at));
    let mut names: Vec<_> = places.flat_map(header_names).collect();
    names.extend(shape.when.header.clone());
    let signature = header_names(&shape.signature.at);
    names.retain(|name| !signature.contains(name) && name != http::header::CONTENT_TYPE);
    names
}

/// The providers whose signature header the request has, the likeliest first: by how many of
/// their other headers are there, and by whether the header has their name.
pub(super) fn looks_like<'h>(
    head: Head<'h>,
    but: Option<&Scheme>,
) -> Option<(&'h str, Vec<&'static str>)> {
    let by_signature = known::by_signature();
    let mut best: Vec<(usize, bool, &'h str, &'static str)> = Vec::new();
    for name in head.headers.keys() {
        for known in by_signature.get(name.as_str()).into_iter().flatten() {
            if but.is_some_and(|scheme| known.id == scheme.id) {
                continue;
            }
            let others = known.others.iter();
            let score = others
                .filter(|name| head.headers.contains_key(**name))
                .count();
            let word = known.id.split('-').next().unwrap_or_default();
            best.push((score, name.as_str().contains(word), name.as_str(), known.id));
        }
    }
    let (score, named, id) = best
        .iter()
        .map(|entry| (entry.0, entry.1, Reverse(entry.3)))
        .max()?;
    let header = best
        .iter()
        .find(|entry| (entry.0, entry.1, entry.3) == (score, named, id.0))?
        .2;
    let ids = best
        .into_iter()
        .filter(|entry| (entry.0, entry.1, entry.2) == (score, named, header))
        .map(|entry| entry.3)
        .collect();
    Some((header, ids))
}

fn other_provider(head: Head<'_>, scheme: &Scheme) -> Option<Diagnosis> {
    let (header, ids) = looks_like(head, Some(scheme))?;
    let who = one_of(&ids);
    Some(Diagnosis::new(
        Code::OtherProvider,
        format!(
            "this looks like {who}: the request has the header {header}, and not the signature of {}",
            scheme.id
        ),
    ))
}

/// Which provider it is, where several may be it.
pub(super) fn one_of(ids: &[&str]) -> String {
    if ids.len() > MAX_NAMED {
        format!("one of {} providers", ids.len())
    } else {
        any_of(ids)
    }
}
