use axum_webhook::VerifiedWebhook;

fn forge(payload: String) -> VerifiedWebhook<String> {
    VerifiedWebhook { payload }
}

fn main() {}
