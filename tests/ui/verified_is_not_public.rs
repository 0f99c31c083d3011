use axum_webhook::Verified;

fn main() {}
