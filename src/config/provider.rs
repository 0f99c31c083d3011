//! A provider by its name, as people write it.

use crate::{config::ConfigError, providers, scheme::Scheme};

/// The scheme of the provider called `id`.
///
/// # Errors
///
/// If there is none. Where it is a slip of the keyboard, the error names the one that is meant.
pub fn provider(id: &str) -> Result<Scheme, ConfigError> {
    providers::find(id).ok_or_else(|| {
        let hint = nearest(id).map_or(String::new(), |near| format!("; did you mean {near:?}?"));
        ConfigError::at("provider", format!("there is no provider {id:?}{hint}"))
    })
}

/// The provider whose id is a slip of the keyboard away.
fn nearest(id: &str) -> Option<&'static str> {
    providers::ALL
        .iter()
        .map(|(known, _)| (distance(id, known), *known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min()
        .map(|(_, known)| known)
}

/// The Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (y, above) in b.bytes().zip(row.iter_mut().skip(1)) {
            let next = (diagonal + usize::from(x != y))
                .min(left + 1)
                .min(*above + 1);
            diagonal = *above;
            *above = next;
            left = next;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keyboard_is_seen() {
        assert_eq!(nearest("strpe"), Some("stripe"));
        assert_eq!(nearest("gihtub"), Some("github"));
        assert_eq!(nearest("something-else"), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
