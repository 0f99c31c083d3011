//! The catalogue: one file, one function, one literal for each provider.
//!
//! Each function's page says where its facts come from, what is signed and what
//! is not, and what people trip over.
//!
//! ```
//! use axum_webhook::providers;
//!
//! let scheme = providers::find("github").expect("it is in the catalogue");
//! assert_eq!(scheme, providers::github());
//! assert_eq!(providers::find("dodo"), Some(providers::dodo_payments()));
//! ```
//!
//! Some sign with a private key and need a feature: `ed25519` (Discord, Telnyx,
//! fal.ai, Standard Webhooks `v1a`) or `public-key` (SendGrid, Wise, Kick, ShipStation, Travis CI, Midtrans SNAP, AWS SNS,
//! PayPal, and the tokens of Plaid, Fireblocks, Google Pub/Sub push, Gemini's dynamic webhooks and Azure Event Grid). Moralis needs
//! `keccak`. Without it, building an endpoint says which. The tokens with a secret (MessageBird, monday.com, Netlify, Vonage)
//! need `jwt`, which is a default feature. Those with [`remote_keys`](crate::scheme::Scheme::remote_keys) need no pasted key: see
//! [`Secret::remote`](crate::Secret::remote).
//!
//! # What signs nothing
//!
//! No preset pretends to verify these. Put a long random secret into the URL or a
//! header of your choice, describe it as a [`Scheme`] of your own with
//! `algorithm = "shared-token"`, and take nothing from the body without asking the provider's API:
//!
//! - classic Mollie webhooks (a form with `id`): fetch the payment by that id;
//! - Mailchimp audiences, Datadog, Azure Event Grid without Entra ID, Docker Hub;
//! - Strapi, AssemblyAI and Deepgram, where you choose the header yourself.
//!
//! Azure Event Grid asks whether the URL is ours, in one way for each of its schemas, and is answered
//! behind the token only. Give the token twice: as the secret, and as its part `token` for the
//! question of `CloudEvents`, which comes before there is any delivery.
//!
//! ```
//! # use axum_webhook::scheme::Scheme;
//! let scheme: Scheme = toml::from_str(r#"
//!     id = "event-grid"
//!     algorithm = "shared-token"
//!     coverage = "credential"
//!     secret_parts = ["token"]
//!     signature = { at = { query = "token" }, encoding = "text" }
//!     event_id = { json = "/0/id" }          # of the first event: a delivery is a list
//!     event_type = { json = "/0/eventType" }
//!
//!     [[handshake]]                          # the Event Grid schema wants exactly 200
//!     method = "POST"
//!     signed = true
//!     when = [{ at = { header = "aeg-event-type" }, is = "SubscriptionValidation" }]
//!     challenge = { at = { json = "/0/data/validationCode" }, charset = "token", min = 1, max = 128 }
//!     answer = { status = 200, content_type = "application/json", body = '{{"validationResponse":"{challenge}"}}' }
//!
//!     [[handshake]]                          # CloudEvents
//!     method = "OPTIONS"
//!     signed = false
//!     when = [{ at = { query = "token" }, is = { secret = "token" } }]
//!     challenge = { at = { header = "webhook-request-origin" }, charset = "token", min = 1, max = 128 }
//!
//!     [handshake.answer]
//!     status = 200
//!     headers = [{ name = "webhook-allowed-origin", value = "{challenge}" }, { name = "webhook-allowed-rate", value = "*" }]
//!     body = ""
//! "#)?;
//! scheme.validate()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is left out, and why
//!
//! - `strava`: the reference signs nothing, an example page shows a header whose key nobody names.
//! - `column`: no page or code of Column's own shows its signature.
//! - `synthflow`: signs one id only, and three spellings of its header are about.
//! - `trendmicro-conformity`: whether its token is decoded before use could be read nowhere.
//! - `fitbit`, `npm-hooks`, `orbit`: gone.
//! - `paddle-classic`: RSA with SHA-1 over PHP's serialisation, which no other provider has, of a retired product.
//! - `jira-jwt`: sources conflict whether Jira's dynamic webhooks are signed at all; those of Connect need a canonical form of
//!   the query, choose their key by an unsigned claim, and are being phased out.
//! - `dialpad`: its whole body is a token, so that what is verified is not what the handler would get.
//!
//! `docs/COVERAGE.md` in the repository goes through the providers of similar tools, name by name.

use crate::scheme::Scheme;

mod ably;
mod adyen;
mod adyen_platform;
mod aftership;
mod airship;
mod airtable;
mod airwallex;
mod alchemy;
mod aliases;
mod anthropic;
mod asana;
mod autodesk_aps;
mod aws_sns;
mod aws_sns_v1;
mod azure_event_grid;
mod bigcommerce;
mod bird;
mod bitbucket;
mod bolt;
mod box_webhooks;
mod braintree;
mod brex;
mod buildkite;
mod cal_com;
mod calendly;
mod castle;
mod chargify;
mod checkr;
mod circleci;
mod clerk;
mod clickup;
mod cloudflare_notifications;
mod cloudflare_stream;
mod coinbase_cdp;
mod coinbase_commerce;
mod contentful;
mod cursor;
mod customer_io;
mod datocms;
mod discord_interactions;
mod discord_webhook_events;
mod docusign;
mod dodo_payments;
mod dropbox;
mod easypost;
mod elevenlabs;
mod fal_ai;
mod figma;
mod fireblocks;
mod firecrawl;
mod flutterwave_v3;
mod flutterwave_v4;
mod forgejo;
mod frameio;
mod ghost;
mod gitea;
mod github;
mod gitlab;
mod gitlab_token;
mod go1;
mod gocardless;
mod gogs;
mod google_gemini;
mod google_gemini_dynamic;
mod google_pubsub_push;
mod grafana;
mod gusto;
mod hcp_terraform;
mod heroku;
mod hubspot;
mod hubspot_v1;
mod hubspot_v2;
mod hygraph;
mod increase;
mod intercom;
mod jira;
mod kick;
mod klarna;
mod langfuse;
mod launchdarkly;
mod lazada;
mod lemon_squeezy;
mod line;
mod linear;
mod lithic;
mod mailgun;
mod mandrill;
mod mercado_pago;
mod messagebird;
mod meta;
mod microsoft_graph;
mod midtrans;
mod midtrans_iris;
mod midtrans_snap_bi;
mod modern_treasury;
mod mollie;
mod monday;
mod mongodb_atlas;
mod moralis;
mod mux;
mod netlify;
mod notion;
mod nylas;
mod onfido;
mod openai;
mod paddle;
mod pagerduty;
mod paypal;
mod paystack;
mod persona;
mod pinwheel;
mod plaid;
mod plivo;
mod plivo_v2;
mod polar;
mod postmark;
mod prismic;
mod pusher;
mod qiscus;
mod qualifio;
mod quickbooks;
mod quicknode;
mod ramp;
mod razorpay;
mod recall_ai;
mod render;
mod replicate;
mod resend;
mod retell_ai;
mod revolut_business;
mod revolut_merchant;
mod sanity;
mod segment;
mod sendbird;
mod sendgrid;
mod sentry;
mod shipstation;
mod shopee;
mod shopify;
mod shopify_events;
mod signal_sciences;
mod slack;
mod sonatype_nexus;
mod square;
mod standard_webhooks;
mod standard_webhooks_v1a;
mod storyblok;
mod stripe;
mod stytch;
mod supabase_auth_hooks;
mod svix;
mod telegram;
mod telnyx;
mod tiktok;
mod tiktok_shop;
mod tokopedia;
mod travis_ci;
mod trello;
mod twilio;
mod twitch;
mod typeform;
mod vapi;
mod vercel;
mod vmware_workspace_one;
mod vonage;
mod vonage_sms;
mod webex;
mod webflow;
mod wise;
mod woocommerce;
mod workos;
mod worldline;
mod x;
mod xendit;
mod xero;
mod zendesk;
mod zoom;

pub use self::{
    ably::ably, adyen::adyen, adyen_platform::adyen_platform, aftership::aftership,
    airship::airship, airtable::airtable, airwallex::airwallex, alchemy::alchemy, aliases::ALIASES,
    anthropic::anthropic, asana::asana, autodesk_aps::autodesk_aps, aws_sns::aws_sns,
    aws_sns_v1::aws_sns_v1, azure_event_grid::azure_event_grid, bigcommerce::bigcommerce,
    bird::bird, bitbucket::bitbucket, bolt::bolt, box_webhooks::box_webhooks, braintree::braintree,
    brex::brex, buildkite::buildkite, cal_com::cal_com, calendly::calendly, castle::castle,
    chargify::chargify, checkr::checkr, circleci::circleci, clerk::clerk, clickup::clickup,
    cloudflare_notifications::cloudflare_notifications, cloudflare_stream::cloudflare_stream,
    coinbase_cdp::coinbase_cdp, coinbase_commerce::coinbase_commerce, contentful::contentful,
    cursor::cursor, customer_io::customer_io, datocms::datocms,
    discord_interactions::discord_interactions, discord_webhook_events::discord_webhook_events,
    docusign::docusign, dodo_payments::dodo_payments, dropbox::dropbox, easypost::easypost,
    elevenlabs::elevenlabs, fal_ai::fal_ai, figma::figma, fireblocks::fireblocks,
    firecrawl::firecrawl, flutterwave_v3::flutterwave_v3, flutterwave_v4::flutterwave_v4,
    forgejo::forgejo, frameio::frameio, ghost::ghost, gitea::gitea, github::github, gitlab::gitlab,
    gitlab_token::gitlab_token, go1::go1, gocardless::gocardless, gogs::gogs,
    google_gemini::google_gemini, google_gemini_dynamic::google_gemini_dynamic,
    google_pubsub_push::google_pubsub_push, grafana::grafana, gusto::gusto,
    hcp_terraform::hcp_terraform, heroku::heroku, hubspot::hubspot, hubspot_v1::hubspot_v1,
    hubspot_v2::hubspot_v2, hygraph::hygraph, increase::increase, intercom::intercom, jira::jira,
    kick::kick, klarna::klarna, langfuse::langfuse, launchdarkly::launchdarkly, lazada::lazada,
    lemon_squeezy::lemon_squeezy, line::line, linear::linear, lithic::lithic, mailgun::mailgun,
    mandrill::mandrill, mercado_pago::mercado_pago, messagebird::messagebird, meta::meta,
    microsoft_graph::microsoft_graph, midtrans::midtrans, midtrans_iris::midtrans_iris,
    midtrans_snap_bi::midtrans_snap_bi, modern_treasury::modern_treasury, mollie::mollie,
    monday::monday, mongodb_atlas::mongodb_atlas, moralis::moralis, mux::mux, netlify::netlify,
    notion::notion, nylas::nylas, onfido::onfido, openai::openai, paddle::paddle,
    pagerduty::pagerduty, paypal::paypal, paystack::paystack, persona::persona, pinwheel::pinwheel,
    plaid::plaid, plivo::plivo, plivo_v2::plivo_v2, polar::polar, postmark::postmark,
    prismic::prismic, pusher::pusher, qiscus::qiscus, qualifio::qualifio, quickbooks::quickbooks,
    quicknode::quicknode, ramp::ramp, razorpay::razorpay, recall_ai::recall_ai, render::render,
    replicate::replicate, resend::resend, retell_ai::retell_ai, revolut_business::revolut_business,
    revolut_merchant::revolut_merchant, sanity::sanity, segment::segment, sendbird::sendbird,
    sendgrid::sendgrid, sentry::sentry, shipstation::shipstation, shopee::shopee, shopify::shopify,
    shopify_events::shopify_events, signal_sciences::signal_sciences, slack::slack,
    sonatype_nexus::sonatype_nexus, square::square, standard_webhooks::standard_webhooks,
    standard_webhooks_v1a::standard_webhooks_v1a, storyblok::storyblok, stripe::stripe,
    stytch::stytch, supabase_auth_hooks::supabase_auth_hooks, svix::svix, telegram::telegram,
    telnyx::telnyx, tiktok::tiktok, tiktok_shop::tiktok_shop, tokopedia::tokopedia,
    travis_ci::travis_ci, trello::trello, twilio::twilio, twitch::twitch, typeform::typeform,
    vapi::vapi, vercel::vercel, vmware_workspace_one::vmware_workspace_one, vonage::vonage,
    vonage_sms::vonage_sms, webex::webex, webflow::webflow, wise::wise, woocommerce::woocommerce,
    workos::workos, worldline::worldline, x::x, xendit::xendit, xero::xero, zendesk::zendesk,
    zoom::zoom,
};

/// A provider's id, and the function that describes it.
pub type Entry = (&'static str, fn() -> Scheme);

/// Everything that follows from the list of providers.
macro_rules! catalogue {
    ($(($id:literal, $name:ident),)*) => {
        /// Every provider of the catalogue, sorted by id.
        pub const ALL: &[Entry] = &[$(($id, $name)),*];

        /// The text of each provider's file, which has its name.
        #[cfg(feature = "cli")]
        const FILES: &[(&str, &str)] = &[$(($id, include_str!(concat!(stringify!($name), ".rs")))),*];
    };
}

catalogue! {
    ("ably", ably),
    ("adyen", adyen),
    ("adyen-platform", adyen_platform),
    ("aftership", aftership),
    ("airship", airship),
    ("airtable", airtable),
    ("airwallex", airwallex),
    ("alchemy", alchemy),
    ("anthropic", anthropic),
    ("asana", asana),
    ("autodesk-aps", autodesk_aps),
    ("aws-sns", aws_sns),
    ("aws-sns-v1", aws_sns_v1),
    ("azure-event-grid", azure_event_grid),
    ("bigcommerce", bigcommerce),
    ("bird", bird),
    ("bitbucket", bitbucket),
    ("bolt", bolt),
    ("box", box_webhooks),
    ("braintree", braintree),
    ("brex", brex),
    ("buildkite", buildkite),
    ("cal-com", cal_com),
    ("calendly", calendly),
    ("castle", castle),
    ("chargify", chargify),
    ("checkr", checkr),
    ("circleci", circleci),
    ("clerk", clerk),
    ("clickup", clickup),
    ("cloudflare-notifications", cloudflare_notifications),
    ("cloudflare-stream", cloudflare_stream),
    ("coinbase-cdp", coinbase_cdp),
    ("coinbase-commerce", coinbase_commerce),
    ("contentful", contentful),
    ("cursor", cursor),
    ("customer-io", customer_io),
    ("datocms", datocms),
    ("discord-interactions", discord_interactions),
    ("discord-webhook-events", discord_webhook_events),
    ("docusign", docusign),
    ("dodo-payments", dodo_payments),
    ("dropbox", dropbox),
    ("easypost", easypost),
    ("elevenlabs", elevenlabs),
    ("fal-ai", fal_ai),
    ("figma", figma),
    ("fireblocks", fireblocks),
    ("firecrawl", firecrawl),
    ("flutterwave-v3", flutterwave_v3),
    ("flutterwave-v4", flutterwave_v4),
    ("forgejo", forgejo),
    ("frameio", frameio),
    ("ghost", ghost),
    ("gitea", gitea),
    ("github", github),
    ("gitlab", gitlab),
    ("gitlab-token", gitlab_token),
    ("go1", go1),
    ("gocardless", gocardless),
    ("gogs", gogs),
    ("google-gemini", google_gemini),
    ("google-gemini-dynamic", google_gemini_dynamic),
    ("google-pubsub-push", google_pubsub_push),
    ("grafana", grafana),
    ("gusto", gusto),
    ("hcp-terraform", hcp_terraform),
    ("heroku", heroku),
    ("hubspot", hubspot),
    ("hubspot-v1", hubspot_v1),
    ("hubspot-v2", hubspot_v2),
    ("hygraph", hygraph),
    ("increase", increase),
    ("intercom", intercom),
    ("jira", jira),
    ("kick", kick),
    ("klarna", klarna),
    ("langfuse", langfuse),
    ("launchdarkly", launchdarkly),
    ("lazada", lazada),
    ("lemon-squeezy", lemon_squeezy),
    ("line", line),
    ("linear", linear),
    ("lithic", lithic),
    ("mailgun", mailgun),
    ("mandrill", mandrill),
    ("mercado-pago", mercado_pago),
    ("messagebird", messagebird),
    ("meta", meta),
    ("microsoft-graph", microsoft_graph),
    ("midtrans", midtrans),
    ("midtrans-iris", midtrans_iris),
    ("midtrans-snap-bi", midtrans_snap_bi),
    ("modern-treasury", modern_treasury),
    ("mollie", mollie),
    ("monday", monday),
    ("mongodb-atlas", mongodb_atlas),
    ("moralis", moralis),
    ("mux", mux),
    ("netlify", netlify),
    ("notion", notion),
    ("nylas", nylas),
    ("onfido", onfido),
    ("openai", openai),
    ("paddle", paddle),
    ("pagerduty", pagerduty),
    ("paypal", paypal),
    ("paystack", paystack),
    ("persona", persona),
    ("pinwheel", pinwheel),
    ("plaid", plaid),
    ("plivo", plivo),
    ("plivo-v2", plivo_v2),
    ("polar", polar),
    ("postmark", postmark),
    ("prismic", prismic),
    ("pusher", pusher),
    ("qiscus", qiscus),
    ("qualifio", qualifio),
    ("quickbooks", quickbooks),
    ("quicknode", quicknode),
    ("ramp", ramp),
    ("razorpay", razorpay),
    ("recall-ai", recall_ai),
    ("render", render),
    ("replicate", replicate),
    ("resend", resend),
    ("retell-ai", retell_ai),
    ("revolut-business", revolut_business),
    ("revolut-merchant", revolut_merchant),
    ("sanity", sanity),
    ("segment", segment),
    ("sendbird", sendbird),
    ("sendgrid", sendgrid),
    ("sentry", sentry),
    ("shipstation", shipstation),
    ("shopee", shopee),
    ("shopify", shopify),
    ("shopify-events", shopify_events),
    ("signal-sciences", signal_sciences),
    ("slack", slack),
    ("sonatype-nexus", sonatype_nexus),
    ("square", square),
    ("standard-webhooks", standard_webhooks),
    ("standard-webhooks-v1a", standard_webhooks_v1a),
    ("storyblok", storyblok),
    ("stripe", stripe),
    ("stytch", stytch),
    ("supabase-auth-hooks", supabase_auth_hooks),
    ("svix", svix),
    ("telegram", telegram),
    ("telnyx", telnyx),
    ("tiktok", tiktok),
    ("tiktok-shop", tiktok_shop),
    ("tokopedia", tokopedia),
    ("travis-ci", travis_ci),
    ("trello", trello),
    ("twilio", twilio),
    ("twitch", twitch),
    ("typeform", typeform),
    ("vapi", vapi),
    ("vercel", vercel),
    ("vmware-workspace-one", vmware_workspace_one),
    ("vonage", vonage),
    ("vonage-sms", vonage_sms),
    ("webex", webex),
    ("webflow", webflow),
    ("wise", wise),
    ("woocommerce", woocommerce),
    ("workos", workos),
    ("worldline", worldline),
    ("x", x),
    ("xendit", xendit),
    ("xero", xero),
    ("zendesk", zendesk),
    ("zoom", zoom),
}

/// The scheme of the provider called `id`, which may be one of the [`ALIASES`].
#[must_use]
pub fn find(id: &str) -> Option<Scheme> {
    let id = lookup(ALIASES, id).unwrap_or(id);
    lookup(ALL, id).map(|describe| describe())
}

/// The page of the provider called `id`, as Markdown: what is signed, where that is known from, and what people trip over.
///
/// It is the documentation of the provider's function. Behind the feature `cli`, since it is large.
#[cfg(feature = "cli")]
#[must_use]
pub fn docs(id: &str) -> Option<String> {
    let id = lookup(ALIASES, id).unwrap_or(id);
    let file = lookup(FILES, id)?;
    let page = file
        .lines()
        .skip_while(|line| !line.starts_with("///"))
        .map_while(|line| line.strip_prefix("///"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line));
    Some(page.collect::<Vec<_>>().join("\n"))
}

/// The value of `key` in a table that is sorted by its keys.
fn lookup<T: Copy>(table: &[(&str, T)], key: &str) -> Option<T> {
    let position = table.binary_search_by(|(name, _)| (*name).cmp(key)).ok()?;
    table.get(position).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests;
