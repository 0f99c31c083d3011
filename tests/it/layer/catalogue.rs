//! Every question of the catalogue, from the schemes' own data.

use axum::body::Body;
use axum_webhook::{
    scheme::{Charset, Expected, Handshake, Locate, Scheme},
    sign::{Draft, Signed},
};
use http::{Method, Request};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tower::Layer as _;

use super::support::{Answer, Counter, counting, layer, now, request, right, send, wrong};

/// A question as its provider asks it, with this challenge.
struct Question {
    query: Vec<(String, String)>,
    headers: Vec<(http::HeaderName, String)>,
    form: Option<String>,
    body: Value,
}

impl Question {
    fn new(handshake: &Handshake, challenge: &str) -> Self {
        let mut question = Self {
            query: Vec::new(),
            headers: Vec::new(),
            form: None,
            body: json!({}),
        };
        for expect in &handshake.when {
            match &expect.is {
                Expected::Text(text) => question.put(&expect.at, text),
                // `support::secret` gives each part this value.
                Expected::Secret { secret } => question.put(&expect.at, &format!("the-{secret}")),
                Expected::Present { present } => assert!(!present, "none so far"),
            }
        }
        if let Some(field) = &handshake.challenge {
            question.put(&field.at, challenge);
        }
        question
    }

    fn put(&mut self, at: &Locate, value: &str) {
        match at {
            Locate::Query(name) => self.query.push((name.clone(), value.to_owned())),
            Locate::Header(name) => self.headers.push((name.clone(), value.to_owned())),
            Locate::OnlyForm(name) => self.form = Some(format!("{name}={}", encoded(value))),
            Locate::Json(pointer) => {
                let mut at = &mut self.body;
                for step in pointer.to_string().split('/').skip(1) {
                    if !at.is_object() {
                        *at = json!({});
                    }
                    at = &mut at[step];
                }
                // A number is a number in the one place that has one (Discord).
                *at = value
                    .parse::<u8>()
                    .map_or_else(|_| json!(value), |number| json!(number));
            }
            other => panic!("{other} is new: teach it here"),
        }
    }

    fn target(&self) -> String {
        let pairs = self.query.iter();
        let query: Vec<_> = pairs
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        format!("/webhook?{}", query.join("&"))
    }

    /// Without a signature.
    fn bare(&self, method: &Method) -> Request<Body> {
        let (kind, body) = match &self.form {
            Some(form) => ("application/x-www-form-urlencoded", form.clone()),
            None => ("application/json", self.body.to_string()),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(self.target())
            .header("content-type", kind)
            .body(Body::from(body))
            .unwrap();
        self.add_headers(request.headers_mut());
        request
    }

    fn signed(&self, scheme: &Scheme, secret: axum_webhook::Secret) -> Signed {
        let mut signed = Draft::new(self.body.to_string())
            .with_url(format!("https://example.com{}", self.target()))
            .with_timestamp(now())
            .with_id("evt_1")
            .sign(scheme, secret)
            .unwrap();
        self.add_headers(&mut signed.headers);
        signed
    }

    fn add_headers(&self, headers: &mut http::HeaderMap) {
        for (name, value) in &self.headers {
            headers.insert(name, value.parse().unwrap());
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A text of these characters, of this length.
fn text_of(charset: Charset, len: usize) -> String {
    let all = match charset {
        Charset::Digits => "4817",
        Charset::Hex => "0a1b2c3d",
        _ => "Zm9v1",
    };
    all.chars().cycle().take(len).collect()
}

/// The answer is one that no browser takes for a page, and has what the question asked for.
#[track_caller]
fn check_answer(answer: &Answer, handshake: &Handshake, name: &str, challenge: &str) {
    assert_eq!(
        answer.status, handshake.answer.status,
        "{name}: {:?}",
        answer.rejection
    );
    let template = handshake.answer.body.to_string();
    if !template.contains('|') {
        let want = template.replace("{challenge}", challenge);
        let want = want.replace("{{", "{").replace("}}", "}");
        let want = if handshake.method == Method::HEAD {
            String::new()
        } else {
            want
        };
        assert_eq!(answer.text(), want, "{name}");
    }
    if !answer.body.is_empty() {
        let kind = answer.header("content-type").unwrap();
        let known = ["text/plain; charset=utf-8", "application/json"];
        assert!(known.contains(&kind), "{name}: {kind}");
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{name}"
        );
    }
}

/// T-L4: each question is answered after the provider's own check and in its own form, at its
/// shortest and at its longest, and not beyond.
#[tokio::test]
async fn t_l4_each_question_is_answered_after_its_own_check_and_no_other() {
    let mut asked = Vec::new();
    for (id, scheme) in crate::signable() {
        for handshake in scheme
            .handshakes
            .iter()
            .filter(|handshake| !handshake.pairs)
        {
            let runs = Counter::default();
            let service = layer(&scheme).layer(counting(&runs));
            let ask = async |question: &Question| {
                let request = if handshake.signed {
                    request(&question.signed(&scheme, right(&scheme)))
                } else {
                    question.bare(&handshake.method)
                };
                send(&service, request).await
            };
            let field = handshake.challenge.as_ref();
            let lengths = field.map_or(vec![0], |field| vec![field.min, field.max]);
            for len in lengths {
                let challenge = field.map_or(String::new(), |field| text_of(field.charset, len));
                let answer = ask(&Question::new(handshake, &challenge)).await;
                check_answer(&answer, handshake, &format!("{id} {len}"), &challenge);
            }
            assert_eq!(runs.count(), 0, "{id}: a question is no event");
            // What is no challenge is echoed by nobody, whatever else becomes of the request.
            if let Some(field) = field {
                let long = text_of(field.charset, field.max + 1);
                let marks = ["<b>bold</b>", "a\u{e9}b", "a\r\nb", &long];
                for mark in marks {
                    let question = Question::new(handshake, mark);
                    let Ok(()) = question
                        .headers
                        .iter()
                        .try_for_each(|(_, value)| value.parse::<http::HeaderValue>().map(drop))
                    else {
                        continue;
                    };
                    let answer = ask(&question).await;
                    assert!(!answer.text().contains(mark), "{id}: {mark:?}");
                    assert_eq!(answer.header("location"), None);
                }
            }
            // Without its check it is refused, and the handler does not run.
            let runs = Counter::default();
            let service = layer(&scheme).layer(counting(&runs));
            let challenge = field.map_or(String::new(), |field| text_of(field.charset, field.min));
            let question = Question::new(handshake, &challenge);
            if handshake.signed {
                let forged = request(&question.signed(&scheme, wrong(&scheme)));
                for bad in [forged, question.bare(&handshake.method)] {
                    let answer = send(&service, bad).await;
                    assert_eq!(answer.status, 401, "{id}");
                    assert!(answer.rejection.is_some(), "{id}");
                }
            }
            for expect in &handshake.when {
                let mut other = Question::new(handshake, &challenge);
                match &expect.at {
                    Locate::Query(name) => {
                        let pairs = other.query.iter_mut();
                        pairs
                            .filter(|(key, _)| key == name)
                            .for_each(|(_, value)| value.push('x'));
                    }
                    _ => continue,
                }
                let answer = send(&service, other.bare(&handshake.method)).await;
                assert!(answer.rejection.is_some(), "{id}: {}", expect.at);
            }
            assert_eq!(runs.count(), 0, "{id}");
            asked.push(id);
        }
    }
    assert_eq!(
        asked,
        [
            "braintree",
            "dropbox",
            "figma",
            "intercom",
            "mandrill",
            "meta",
            "microsoft-graph",
            #[cfg(feature = "jwt")]
            "monday",
            "nylas",
            "slack",
            "trello",
            "twitch",
            "woocommerce",
            "worldline",
            "x",
            "zoom",
        ]
    );
}

/// Discord's own PINGs, as its vectors have them: nobody here can sign one.
#[cfg(feature = "ed25519")]
#[tokio::test]
async fn discord_s_ping_is_answered_where_it_is_signed() {
    use axum_webhook::{Endpoint, Secret, Timestamp, WebhookLayer, providers, testing::FixedClock};

    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    for (scheme, signature, time, body, want) in [
        (
            providers::discord_interactions(),
            "db498f32f467b5009df9e9832a79a7e217923d2f78ee3e630f737ca58a59992287db4386bed1ac29bcaaf33b5da9ced5c045ed31be9d014b759bfc6faf14910c",
            1_700_000_001,
            r#"{"application_id":"775799577604522054","id":"1054117862712311888","token":"a-token-for-tests","type":1,"user":{"id":"167348773423415296"},"version":1}"#,
            (200, r#"{"type":1}"#, Some("application/json")),
        ),
        (
            providers::discord_webhook_events(),
            "831982de8d92e6b27dfcbbaed90bae2469a2cf2092ee80423066bd5eabfcd87caf749cb4247e8416d4d813568c26733fd09b7392545bd47389735b52aa0a5103",
            1_729_262_500,
            r#"{"version":1,"application_id":"1234560123453231555","type":0}"#,
            (204, "", None),
        ),
    ] {
        let runs = Counter::default();
        let endpoint = Endpoint::new(scheme, Secret::new(key).unwrap()).unwrap();
        let service = WebhookLayer::for_endpoint(endpoint)
            .unwrap()
            .with_clock(FixedClock::new(Timestamp::from_unix_seconds(time)))
            .layer(counting(&runs));
        let ask = |body: &str| {
            Request::post("/webhook")
                .header("content-type", "application/json")
                .header("x-signature-ed25519", signature)
                .header("x-signature-timestamp", time.to_string())
                .body(Body::from(body.to_owned()))
                .unwrap()
        };
        let answer = send(&service, ask(body)).await;
        let kind = answer.header("content-type");
        assert_eq!((answer.status.as_u16(), answer.text(), kind), want);
        let changed = body.replace("\"version\":1", "\"version\":2");
        let answer = send(&service, ask(&changed)).await;
        answer.assert_refused("changed", "mismatch");
        assert_eq!(runs.count(), 0);
    }
}
