use axum_webhook::ShadowVerdict;

fn forge() -> ShadowVerdict {
    ShadowVerdict { rejection: None }
}

fn main() {}
