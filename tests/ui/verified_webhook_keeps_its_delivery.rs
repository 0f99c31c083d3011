use axum_webhook::VerifiedWebhook;

fn change(hook: VerifiedWebhook) -> VerifiedWebhook<String> {
    VerifiedWebhook {
        payload: String::from("forged"),
        ..hook
    }
}

fn take(hook: VerifiedWebhook) {
    let _ = hook.delivery;
}

fn main() {}
