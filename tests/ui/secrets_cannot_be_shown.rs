use axum_webhook::Secret;

fn show(secret: Secret) -> String {
    format!("{secret}")
}

fn main() {}
