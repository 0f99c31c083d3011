//! One secret at two endpoints: what a delivery to the one is worth at the other.

use axum_webhook::{WebhookLayer, scheme::Scheme, sign::Signed, testing::FixedClock};
use tower::Layer as _;

use super::support::{Counter, counting, endpoint, now, request, send, signed_to};

/// The endpoints `/a` and `/b` of one scheme, with one secret.
fn siblings(scheme: &Scheme) -> WebhookLayer {
    let at = |path: &str| endpoint(scheme).with_path(path).with_name(path);
    WebhookLayer::by_path(vec![at("/a"), at("/b")])
        .unwrap()
        .with_clock(FixedClock::new(now()))
}

/// A delivery that somebody sends to another path than it was made for.
fn moved(signed: &Signed, path: &str) -> Signed {
    let (_, rest) = signed.url.split_once("/a").unwrap();
    Signed {
        url: format!("https://example.com{path}{rest}"),
        ..signed.clone()
    }
}

/// Where the URL is signed, a captured delivery is good at its own endpoint only. Elsewhere nothing in it says
/// which endpoint it was for, so the report warns whoever gives two of them one secret.
#[tokio::test]
async fn t_r9_a_delivery_counts_at_its_sibling_only_where_nothing_names_the_endpoint() {
    let (mut bound, mut warned) = (Vec::new(), 0);
    for (id, scheme) in crate::signable() {
        let runs = Counter::default();
        let layer = siblings(&scheme);
        let service = layer.layer(counting(&runs));
        let delivery = signed_to(&scheme, "/a");
        let answer = send(&service, request(&moved(&delivery, "/b"))).await;
        if answer.rejection.is_some() {
            assert_eq!(runs.count(), 0, "{id}");
            bound.push(id);
        } else {
            answer.assert_handled(id);
            let report = layer.report();
            let warnings = report.endpoints[1].warnings.iter().map(ToString::to_string);
            let is_warned = warnings
                .into_iter()
                .any(|it| it.contains("are the same one"));
            assert!(is_warned, "{id}: {report}");
            warned += 1;
        }
        let at_home = send(&service, request(&delivery)).await;
        at_home.assert_handled(id);
    }
    assert_eq!(
        bound,
        [
            "bird",
            "contentful",
            "hubspot",
            "hubspot-v2",
            "mandrill",
            #[cfg(feature = "jwt")]
            "messagebird",
            #[cfg(feature = "jwt")]
            "monday",
            "plivo",
            "plivo-v2",
            "shopee",
            "square",
            "trello",
            "twilio"
        ]
    );
    assert!(warned > 50, "{warned}");
}
