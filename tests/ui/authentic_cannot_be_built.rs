use axum_webhook::Authentic;

fn forge() -> Authentic {
    Authentic {}
}

fn main() {}
