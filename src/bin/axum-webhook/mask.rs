//! What is a credential, so that nothing shows it.

/// A URL without its user and password; `None` where it has none.
pub(crate) fn without_user(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at_checked(end)?;
    let (_, host) = authority.rsplit_once('@')?;
    Some(format!("{scheme}://{host}{target}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_no_part_of_what_is_shown() {
        let masked = without_user("https://u:p@h.example:8443/a@b?c");
        assert_eq!(masked.as_deref(), Some("https://h.example:8443/a@b?c"));
        assert_eq!(without_user("https://h.example/a@b"), None);
    }
}
