use axum_webhook::{Keyring, Secret};

fn compare(a: Secret, b: Secret) -> bool {
    a == b
}

fn compare_keys(a: Keyring, b: Keyring) -> bool {
    a == b
}

fn main() {}
