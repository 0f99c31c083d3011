//! Twilio: a text message as a form, signed together with the URL that Twilio was given, and answered in `TwiML`.
//!
//! ```text
//! cargo run --example twilio
//! ```
//!
//! It prints signed `curl` lines. `TWILIO_AUTH_TOKEN` is the account's primary token, and `PUBLIC_URL` where Twilio reaches
//! this server, such as `https://hooks.example.com`: without it, the address that it listens on.

mod support;

use std::{env, error::Error};

use axum::{
    Router,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::post,
};
use axum_webhook::{Endpoint, PublicUrl, VerifiedWebhook, WebhookLayer, providers, sign::Draft};
use serde::Deserialize;

/// What this service reads of a message.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    #[serde(rename = "MessageSid")]
    sid: MessageSid,
    from: Phone,
    #[serde(default)]
    body: String,
}

/// `SM` or `MM`, and 32 hexadecimal digits.
///
/// Twilio signs the names and values of the form with nothing between them. Whoever has seen a message can move the borders
/// and the signature still fits, so what counts is held to its form.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct MessageSid(String);

impl TryFrom<String> for MessageSid {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = text.strip_prefix("SM").or(text.strip_prefix("MM"));
        match digits {
            Some(digits) if digits.len() == 32 && digits.bytes().all(|c| c.is_ascii_hexdigit()) => {
                Ok(Self(text))
            }
            _ => Err("no message's id"),
        }
    }
}

/// A number in the form of E.164. Short codes and `whatsapp:` would need forms of their own.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Phone(String);

impl TryFrom<String> for Phone {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.strip_prefix('+') {
            Some(digits)
                if matches!(digits.len(), 1..=15) && digits.bytes().all(|c| c.is_ascii_digit()) =>
            {
                Ok(Self(text))
            }
            _ => Err("no number in the form of E.164"),
        }
    }
}

/// No id is signed as such, so nothing tells repeats but the message's own: what you store, store by it.
async fn on_message(hook: VerifiedWebhook<Message>) -> Response {
    let message = &hook.payload;
    println!(
        "{}: {} wrote {} characters",
        message.sid.0,
        message.from.0,
        message.body.chars().count()
    );
    let answer = "<Response><Message>Thank you!</Message></Response>";
    ([(CONTENT_TYPE, "text/xml")], answer).into_response()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = support::listen().await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let public_url: PublicUrl = env::var("PUBLIC_URL")
        .as_deref()
        .unwrap_or(&origin)
        .parse()?;
    let token = support::secret("TWILIO_AUTH_TOKEN", "12345")?;
    let endpoint =
        Endpoint::new(providers::twilio(), token.clone())?.with_public_url(public_url.clone());
    let layer = WebhookLayer::for_endpoint(endpoint)?
        .on_refusal(|rejection| println!("refused: {rejection} {:?}", rejection.diagnoses()));
    let app = Router::new().route("/sms", post(on_message)).layer(layer);

    let sid = "SM0123456789abcdef0123456789abcdef";
    let message = format!("MessageSid={sid}&From=%2B4915112345678&Body=Hello");
    let signed_for = public_url.join("/sms");
    for (what, url, form) in [
        ("200: a message", signed_for.as_str(), &message),
        (
            "422: genuine, but no message",
            signed_for.as_str(),
            &"CallSid=CA1&From=%2B1".to_owned(),
        ),
        (
            "401: a genuine message to another URL",
            "https://staging.example.com/sms",
            &message,
        ),
    ] {
        let signed = Draft::new(form.as_str())
            .with_content_type("application/x-www-form-urlencoded")
            .with_url(url)
            .sign(&providers::twilio(), token.clone())?;
        let line = support::curl(&format!("{origin}/sms"), &signed)?;
        println!("\n# {what}\n{line}");
    }
    println!("\nlistening on {origin}/sms, which Twilio knows as {signed_for}");
    axum::serve(listener, app)
        .with_graceful_shutdown(support::shutdown())
        .await?;
    Ok(())
}
