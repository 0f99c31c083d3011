//! One delivery for each shape of each provider: the table that the other modules attack.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{rc::Rc, sync::LazyLock};

use axum_webhook::{
    Keyring, Secret, Secrets, Timestamp, providers,
    scheme::{Algorithm, Field, Locate, MediaType, Scheme, SecretFormat, Template},
    sign::Draft,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::delivery::{Delivery, hex, json_text};

/// The time of every delivery here.
pub(super) const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

pub(super) const JSON: &str = "application/json";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// What one shape of a provider needs in a delivery.
pub(super) struct Sample {
    pub(super) provider: &'static str,
    /// The place of the shape in the scheme.
    pub(super) shape: usize,
    pub(super) content_type: &'static str,
    pub(super) body: &'static str,
    /// The event's id where it is a header.
    pub(super) id: Option<&'static str>,
    /// Where not the whole body is signed: the signed values in it, beside the timestamp.
    /// Each stands there once.
    pub(super) signed: &'static [&'static str],
    /// Signed values that stand in headers, in the query or in the signature's list.
    pub(super) fields: &'static [(&'static str, &'static str)],
}

const fn json(provider: &'static str, body: &'static str) -> Sample {
    Sample {
        provider,
        shape: 0,
        content_type: JSON,
        body,
        id: None,
        signed: &[],
        fields: &[],
    }
}

const fn form(provider: &'static str, body: &'static str) -> Sample {
    Sample {
        content_type: FORM,
        ..json(provider, body)
    }
}

/// Bodies have no escape with a letter in it: `%4a` and `%4A` are the same form, and
/// a test that flips bits would take it for a forgery.
const WRITTEN: &[Sample] = &[
    Sample {
        signed: &[
            "7914073381342284",
            "8313547924770610",
            "TestMerchant",
            "ref:1",
            "1130",
            "EUR",
            "AUTHORISATION",
            "true",
        ],
        ..json(
            "adyen",
            r#"{"live":"false","notificationItems":[{"NotificationRequestItem":{"pspReference":"7914073381342284","originalReference":"8313547924770610","merchantAccountCode":"TestMerchant","merchantReference":"ref:1","amount":{"value":1130,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true","reason":"x"}}]}"#,
        )
    },
    Sample {
        id: Some("5b8f2d1a"),
        ..json("bitbucket", r#"{"push":{}}"#)
    },
    Sample {
        signed: &["PHN1YmplY3Q0aXRpc0xvbmdlckFzQW55Q2hhbGxlbmdlMTIz"],
        ..form(
            "braintree",
            "bt_payload=PHN1YmplY3Q0aXRpc0xvbmdlckFzQW55Q2hhbGxlbmdlMTIz",
        )
    },
    json("docusign", r#"{"event":"envelope-completed"}"#),
    Sample {
        id: Some("msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"),
        ..json("dodo-payments", r#"{"type":"payment.succeeded"}"#)
    },
    Sample {
        id: Some("f6266f16"),
        ..json("gitea", r#"{"ref":"main"}"#)
    },
    Sample {
        shape: 1,
        id: Some("f6266f16"),
        ..form("gitea", "payload=[1,%222%22]")
    },
    Sample {
        id: Some("72d3162e"),
        ..json("github", r#"{"zen":"Keep it."}"#)
    },
    Sample {
        id: Some("f5e5f430-f57b-4e6e-9fac-d9128cd7232f"),
        ..json("gitlab", r#"{"object_kind":"push"}"#)
    },
    json("hubspot", r#"[{"eventId":1}]"#),
    json("linear", r#"{"action":"create"}"#),
    Sample {
        signed: &["651869375b9df3c98fc15c4889b102119add1235c38fc92824"],
        ..json(
            "mailgun",
            r#"{"signature":{"token":"651869375b9df3c98fc15c4889b102119add1235c38fc92824"},"event-data":{"event":"delivered"}}"#,
        )
    },
    Sample {
        shape: 1,
        signed: &["0b7a6d5e4f3c2b1a09f8e7d6c5b4a3928170655443322110ff"],
        ..form(
            "mailgun",
            "event=delivered&token=0b7a6d5e4f3c2b1a09f8e7d6c5b4a3928170655443322110ff",
        )
    },
    form("mandrill", "mandrill_events=[{%22event%22:1}]&x=y"),
    json(
        "microsoft-graph",
        r#"{"value":[{"changeType":"created","resource":"users/1/messages/2"}]}"#,
    ),
    Sample {
        signed: &["order-7", "200", "10000.50"],
        ..json(
            "midtrans",
            r#"{"order_id":"order-7","status_code":"200","gross_amount":"10000.50","transaction_status":"settlement"}"#,
        )
    },
    json(
        "paddle",
        r#"{"event_id":"evt_1","event_type":"price.created"}"#,
    ),
    json("persona", r#"{"data":{"id":"evt_1"}}"#),
    json("postmark", r#"{"RecordType":"Bounce"}"#),
    json("qiscus", r#"{"type":"post_comment"}"#),
    json("qualifio", r#"{"participation":1}"#),
    Sample {
        id: Some("5b8f2d1a-6c3e-4f7b-9a10-2e4d6c8b0a1f"),
        ..json("quicknode", r#"{"block":1}"#)
    },
    Sample {
        signed: &[r#"{"messageId":"evt_1"}"#],
        ..json(
            "segment",
            r#"[{"messageId":"evt_1"},{"messageId":"evt_2"}]"#,
        )
    },
    Sample {
        id: Some("b54557e4"),
        ..json("shopify", r#"{"id":1}"#)
    },
    json(
        "slack",
        r#"{"event_id":"Ev1","event":{"type":"app_mention"}}"#,
    ),
    Sample {
        shape: 1,
        ..form("slack", "trigger_id=1.2.3&command=/weather")
    },
    json("square", r#"{"event_id":"ac3ac95b","type":"x"}"#),
    Sample {
        id: Some("msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ..json("standard-webhooks", r#"{"type":"invoice.paid"}"#)
    },
    json("stripe", r#"{"id":"evt_1","type":"x"}"#),
    Sample {
        id: Some("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk"),
        ..json("svix", r#"{"type":"user.created"}"#)
    },
    Sample {
        shape: 1,
        id: Some("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk"),
        ..json("svix", r#"{"type":"user.created"}"#)
    },
    json("telegram", r#"{"update_id":10000}"#),
    json("tokopedia", r#"{"order_id":1}"#),
    Sample {
        id: Some("6c9ffc4d"),
        ..json("twilio", r#"{"AccountSid":"AC1"}"#)
    },
    Sample {
        shape: 1,
        id: Some("6c9ffc4d"),
        ..form("twilio", "From=0170&Body=hello")
    },
    json("zoom", r#"{"event":"meeting.started"}"#),
];

/// One sample for each shape of each provider that can be signed here: the written one where
/// there is one, or else one made of the scheme.
pub(super) static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let mut samples: Vec<Sample> = Vec::new();
    for (id, scheme) in crate::signable() {
        for shape in 0..scheme.shapes.len() {
            let written = WRITTEN
                .iter()
                .find(|sample| sample.provider == id && sample.shape == shape);
            samples.push(match written {
                Some(sample) => Sample { ..*sample },
                None => Sample::of(id, &scheme, shape),
            });
        }
    }
    samples
});

fn leak(text: impl Into<String>) -> &'static str {
    Box::leak(text.into().into_boxed_str())
}

impl Sample {
    /// A delivery with an id, a type and a value for each field, each where the scheme has it.
    fn of(provider: &'static str, scheme: &Scheme, index: usize) -> Self {
        let shape = &scheme.shapes[index];
        let is_form = shape.when.content_type == Some(MediaType::Form);
        let mut document = serde_json::json!({});
        let only = |field: &Field| matches!(field.at, Locate::OnlyForm(_));
        let mut pairs = Vec::new();
        if !shape.fields.iter().any(only) {
            pairs.push("message=hello".to_owned());
        }
        let mut put = |at: &Locate, value: &str| match at {
            Locate::Json(pointer) => put_json(&mut document, &pointer.to_string(), value),
            Locate::Form(name) | Locate::OnlyForm(name) => pairs.push(format!("{name}={value}")),
            _ => {}
        };
        let id = format!("evt_{provider}_1");
        let mut id_outside = None;
        match &shape.event_id {
            Some(at @ (Locate::Json(_) | Locate::Form(_))) => put(at, &id),
            Some(_) => id_outside = Some(leak(id)),
            None => {}
        }
        if let Some(at @ (Locate::Json(_) | Locate::Form(_))) = &shape.event_type {
            put(at, "thing.done");
        }
        let mut fields = Vec::new();
        for (number, field) in shape.fields.iter().enumerate() {
            let value = format!("value{number}");
            let names = shape.signed_headers.as_ref().map(|list| &list.names);
            match &field.at {
                // The signer writes the names of the signed headers itself.
                at if Some(at) == names => {}
                at @ (Locate::Json(_) | Locate::Form(_) | Locate::OnlyForm(_)) => {
                    put(at, &value);
                }
                // A time, wherever a scheme can't say its unit.
                _ if ["ts", "t", "time", "timestamp"].contains(&&*field.name) => {
                    fields.push((leak(&*field.name), "1700000000"));
                }
                _ => fields.push((leak(&*field.name), leak(value))),
            }
        }
        if document == serde_json::json!({}) {
            document["thing"] = "done".into();
        }
        let body = if is_form {
            pairs.join("&")
        } else {
            document.to_string()
        };
        Self {
            shape: index,
            content_type: if is_form { FORM } else { JSON },
            id: id_outside,
            fields: fields.leak(),
            ..json(provider, leak(body))
        }
    }

    pub(super) fn name(&self) -> String {
        format!("{} (shape {})", self.provider, self.shape)
    }

    pub(super) fn scheme(&self) -> Rc<Scheme> {
        Rc::new(providers::find(self.provider).unwrap())
    }

    /// The scheme with this shape only, so that the signer has no choice.
    pub(super) fn signer(&self) -> Scheme {
        let mut scheme = providers::find(self.provider).unwrap();
        scheme.shapes = vec![scheme.shapes[self.shape].clone()];
        scheme
    }

    pub(super) fn draft(&self) -> Draft {
        self.draft_of(self.body)
    }

    pub(super) fn draft_of(&self, body: impl Into<Vec<u8>>) -> Draft {
        let draft = Draft::new(body)
            .with_content_type(self.content_type)
            .with_url("https://hooks.example.com/webhooks/in?tenant=a1")
            .with_timestamp(NOW);
        let draft = match self.id {
            Some(id) => draft.with_id(id),
            None => draft,
        };
        self.fields.iter().fold(draft, |draft, (name, value)| {
            draft.with_field(*name, *value)
        })
    }

    /// The delivery, signed and judged with the first secret.
    pub(super) fn delivery(&self) -> Delivery {
        self.deliver(self.draft(), secret(&self.signer(), 1))
    }

    /// A delivery signed with `secrets`, to be judged with the same.
    pub(super) fn deliver(&self, draft: Draft, secrets: impl Into<Secrets>) -> Delivery {
        let signer = self.signer();
        let secrets = secrets.into();
        let keyring = Keyring::new(&signer, secrets.clone()).unwrap();
        let signed = draft
            .sign(&signer, secrets)
            .unwrap_or_else(|error| panic!("{}: {error}", self.name()));
        Delivery {
            shape: self.shape,
            ..Delivery::new(&self.name(), &self.scheme(), keyring, signed, NOW)
        }
    }

    /// A delivery with this text as its timestamp and a signature that is right for it; `None`
    /// where the text can't stand there.
    pub(super) fn with_literal_timestamp(&self, text: &str) -> Option<Delivery> {
        let genuine = self.delivery();
        let at = &genuine.shape().timestamp.as_ref().unwrap().at;
        if let Some(name) = Delivery::claim_name(at) {
            return Some(genuine.with_claims(|claims| claims.set(&name, json_text(text))));
        }
        let mut signer = self.signer();
        let shape = &mut signer.shapes[0];
        let at = shape.timestamp.take().unwrap().at;
        let content = shape.content.as_ref().unwrap().to_string();
        shape.content = Some(Template::literal(
            &content.replace("{timestamp}", "{literal}"),
        ));
        shape.fields.push(Field {
            free: true,
            ..Field::required("literal", at)
        });
        let draft = self.draft().with_field("literal", text);
        let signed = draft.sign(&signer, secret(&signer, 1)).ok()?;
        let delivery = Delivery::new(&self.name(), &self.scheme(), self.keyring(1), signed, NOW);
        Some(Delivery {
            shape: self.shape,
            ..delivery
        })
    }

    /// The right text of the timestamp, as the signer writes it.
    pub(super) fn timestamp_text(&self) -> String {
        let genuine = self.delivery();
        genuine.text_at(&genuine.shape().timestamp.as_ref().unwrap().at)
    }

    /// A keyring with only the secret of this number.
    pub(super) fn keyring(&self, number: u8) -> Keyring {
        let scheme = self.scheme();
        Keyring::new(&scheme, secret(&scheme, number)).unwrap()
    }
}

/// Puts a text at a pointer, and makes the objects and lists on the way.
fn put_json(document: &mut Value, pointer: &str, text: &str) {
    let mut at = document;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if let Ok(index) = step.parse::<usize>() {
            if !at.is_array() {
                *at = Value::Array(vec![Value::Null; index + 1]);
            }
            at = &mut at[index];
        } else {
            if !at.is_object() {
                *at = serde_json::json!({});
            }
            at = &mut at[step];
        }
    }
    *at = text.into();
}

/// The samples with a timestamp.
pub(super) fn timed() -> impl Iterator<Item = &'static Sample> {
    SAMPLES
        .iter()
        .filter(|sample| sample.signer().shapes[0].timestamp.is_some())
}

/// The first sample of a provider.
pub(super) fn sample(provider: &str) -> &'static Sample {
    let found = SAMPLES.iter().find(|sample| sample.provider == provider);
    found.unwrap_or_else(|| panic!("no sample of {provider}"))
}

/// Secret number `number`, in the form that the scheme wants.
pub(super) fn secret(scheme: &Scheme, number: u8) -> Secret {
    let text = secret_text(scheme, number);
    let secret = Secret::new(text).unwrap();
    scheme.secret_parts.iter().fold(secret, |secret, part| {
        secret.with_part(part, format!("{part}-{number}")).unwrap()
    })
}

pub(super) fn secret_text(scheme: &Scheme, number: u8) -> String {
    let text = format!("{number}-secret-of-the-test-{number}");
    match scheme.secret {
        SecretFormat::Hex => hex(text.as_bytes()),
        SecretFormat::Base64 => STANDARD.encode(text),
        SecretFormat::Whsec => format!("whsec_{}", STANDARD.encode(text)),
        _ if scheme.algorithm == Algorithm::BasicAuth => format!("user:{text}"),
        _ => text,
    }
}

#[test]
fn every_shape_of_every_provider_has_a_sample_that_verifies_as_it() {
    let mut seen = Vec::new();
    for sample in &*SAMPLES {
        sample.delivery().accepted("the sample itself");
        seen.push((sample.provider, sample.shape));
    }
    let want: Vec<_> = crate::signable()
        .flat_map(|(id, scheme)| (0..scheme.shapes.len()).map(move |shape| (id, shape)))
        .collect();
    assert_eq!(seen, want);
    let written = |sample: &&Sample| seen.contains(&(sample.provider, sample.shape));
    assert_eq!(WRITTEN.iter().filter(written).count(), WRITTEN.len());
}
