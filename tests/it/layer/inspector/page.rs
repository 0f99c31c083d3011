//! Who may ask, what the browser is told, and that what a sender wrote is never code.

use axum::{Router, body::Body};
use axum_webhook::{inspector, providers};
use http::{Request, header};
use tower::Layer as _;

use super::{
    super::support::{Counter, counting, layer, of_body, request, send, with_header},
    Page, get, replay,
};

const PATHS: &[&str] = &[
    "",
    "/page.js",
    "/page.css",
    "/icon.svg",
    "/deliveries",
    "/deliveries/1",
    "/deliveries/99",
    "/events",
];

#[tokio::test]
async fn every_answer_holds_the_browser_to_the_page_s_own_files() {
    let inspector = inspector();
    let page = Page::of(&inspector);
    let mut requests: Vec<_> = PATHS
        .iter()
        .filter(|path| **path != "/events")
        .map(|path| get(path))
        .collect();
    let mut foreign = get("/deliveries");
    foreign
        .headers_mut()
        .insert(header::HOST, "evil.example".parse().unwrap());
    requests.push(foreign);
    requests.push(replay(1).body(Body::empty()).unwrap());
    requests.push(
        Request::delete("/inspector/deliveries")
            .header(header::HOST, "localhost")
            .body(Body::empty())
            .unwrap(),
    );
    for request in requests {
        let name = format!("{} {}", request.method(), request.uri());
        let answer = page.send(request).await;
        let policy = answer.header("content-security-policy").expect(&name);
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(
                policy.split("; ").any(|said| said == rule),
                "{name}: {rule} in {policy}"
            );
        }
        assert!(!policy.contains("unsafe"), "{name}");
        for (header, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(header), Some(value), "{name}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), None, "{name}");
    }
}

#[tokio::test]
async fn other_names_than_those_of_this_machine_are_refused() {
    let named = inspector().with_host("Admin.Example.com");
    let page = Page::of(&named);
    for (host, want) in [
        ("localhost", 200),
        ("LOCALHOST:3000", 200),
        ("hooks.localhost:3000", 200),
        ("127.0.0.1:3000", 200),
        ("127.1.2.3", 200),
        ("[::1]:3000", 200),
        ("admin.example.com", 200),
        ("admin.example.com:8443", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.nip.io", 403),
        ("notlocalhost", 403),
        ("example.com", 403),
        ("10.0.0.1", 403),
        ("user@evil.example", 403),
        ("", 403),
    ] {
        for path in ["", "/deliveries", "/page.js"] {
            let mut request = get(path);
            request
                .headers_mut()
                .insert(header::HOST, host.parse().unwrap());
            assert_eq!(page.send(request).await.status, want, "{host:?} {path}");
        }
    }
    let mut without = get("/deliveries");
    without.headers_mut().remove(header::HOST);
    assert_eq!(page.send(without).await.status, 403);
    let mut doubled = get("/deliveries");
    doubled
        .headers_mut()
        .append(header::HOST, "localhost".parse().unwrap());
    assert_eq!(page.send(doubled).await.status, 403);
}

#[tokio::test]
async fn another_site_may_lead_to_the_page_and_not_ask_it() {
    let inspector = inspector();
    let page = Page::of(&inspector);
    for (site, mode, want) in [
        ("cross-site", "navigate", 200),
        ("cross-site", "no-cors", 403),
        ("cross-site", "cors", 403),
        ("same-origin", "cors", 200),
        ("none", "navigate", 200),
    ] {
        let mut request = get("/deliveries?q=x");
        for (name, value) in [("sec-fetch-site", site), ("sec-fetch-mode", mode)] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        assert_eq!(page.send(request).await.status, want, "{site} {mode}");
    }
}

#[tokio::test]
async fn the_page_finds_its_files_wherever_it_is_mounted() {
    let inspector = inspector();
    let nested = |path: &str| Router::new().nest(path, inspector.router());
    let served = |path: &str| Router::new().nest_service(path, inspector.router::<()>());
    for (app, path, base) in [
        (nested("/inspector"), "/inspector", "./inspector"),
        (nested("/a/b"), "/a/b", "./b"),
        (served("/inspector"), "/inspector", "./inspector"),
        (served("/inspector"), "/inspector/", "."),
        (served("/a/b"), "/a/b", "./b"),
    ] {
        let ask = |path: String| {
            Request::get(path)
                .header(header::HOST, "localhost")
                .body(Body::empty())
                .unwrap()
        };
        let answer = send(&app, ask(path.to_owned())).await;
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(
            answer.text().contains(&format!("src=\"{base}/page.js\"")),
            "{path}"
        );
        assert!(!answer.text().contains("{{"), "{path}");
        let file = format!("{}/page.js", path.trim_end_matches('/'));
        assert_eq!(send(&app, ask(file)).await.status, 200);
    }
    // At the root, and inside a router with a state of its own.
    let app: Router = Router::<u8>::new().merge(inspector.router()).with_state(1);
    let root = Request::get("/")
        .header(header::HOST, "localhost")
        .body(Body::empty())
        .unwrap();
    assert!(send(&app, root).await.text().contains("src=\"./page.js\""));
    // A path that a stranger chooses gets no text into the page.
    let app: Router = Router::new().nest("/{tenant}", inspector.router());
    let hostile = Request::get("/x%22%3E<script>")
        .header(header::HOST, "localhost")
        .body(Body::empty());
    if let Ok(hostile) = hostile {
        let answer = send(&app, hostile).await;
        assert_eq!(answer.status, 404);
        assert!(!answer.text().contains("<script>"));
    }
}

#[tokio::test]
async fn what_a_sender_wrote_is_never_html() {
    let scheme = providers::github();
    let inspector = inspector();
    let service = layer(&scheme)
        .with_inspector(&inspector)
        .layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    let hostile = "<img src=x onerror=alert(1)>";
    let body = format!(r#"{{"a":"{hostile}","{hostile}":"</script><script>alert(1)</script>"}}"#);
    let delivery = of_body(&scheme, "/webhook/%3Cimg%3E?x=%3Cscript%3E", body);
    let delivery = with_header(&delivery, "x-hostile", hostile);
    let delivery = with_header(&delivery, "x-github-event", hostile);
    send(&service, request(&delivery))
        .await
        .assert_handled("hostile");
    for path in ["/deliveries", "/deliveries/1", "/deliveries?q=%3Cimg"] {
        let answer = page.get(path).await;
        // It is said as it is, as JSON, which no browser takes for anything else.
        assert!(answer.text().contains(hostile), "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{path}"
        );
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
    }
    for path in ["", "?x=%3Cscript%3E", "/page.js"] {
        assert!(!page.get(path).await.text().contains(hostile), "{path}");
    }
}

#[test]
fn the_page_makes_no_html_of_texts_and_asks_nobody_else() {
    let script = include_str!("../../../../src/inspector/page.js");
    for word in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "DOMParser",
    ] {
        assert!(!script.contains(word), "{word}");
    }
    let html = include_str!("../../../../src/inspector/page.html");
    let style = include_str!("../../../../src/inspector/page.css");
    for (name, text) in [("script", script), ("page", html), ("style", style)] {
        assert!(!text.contains("://"), "{name}");
    }
    for word in ["style=", "onclick", "<script>", "<style"] {
        assert!(!html.contains(word), "{word}");
    }
}
