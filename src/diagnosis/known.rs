//! Which provider has which headers: what is known of the catalogue where the catalogue itself is not there.
//!
//! [`providers::ALL`](crate::providers::ALL) names every scheme, so that a program which looks into it carries all of them. This
//! text is what a hint needs of it.

use std::{collections::HashMap, sync::OnceLock};

/// A line for each provider: its id, the headers of its signature, and after a bar its other headers.
///
/// A test writes it (`UPDATE_KNOWN=1 cargo test known`) and says where it differs.
const TEXT: &str = include_str!("known.txt");

/// What is known of a provider's headers.
pub(super) struct Known {
    pub(super) id: &'static str,
    pub(super) others: Vec<&'static str>,
}

/// The providers by the headers of their signatures.
pub(super) fn by_signature() -> &'static HashMap<&'static str, Vec<Known>> {
    static KNOWN: OnceLock<HashMap<&'static str, Vec<Known>>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut known: HashMap<_, Vec<_>> = HashMap::new();
        for line in TEXT.lines() {
            let (own, others) = line.split_once(" |").unwrap_or((line, ""));
            let mut own = own.split(' ');
            let id = own.next().unwrap_or_default();
            for name in own {
                known.entry(name).or_default().push(Known {
                    id,
                    others: others.split_whitespace().collect(),
                });
            }
        }
        known
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, env, fs};

    use super::*;
    use crate::{
        diagnosis::head::{header_names, other_places},
        providers,
    };

    #[test]
    fn the_text_is_that_of_the_catalogue() {
        let mut text = String::new();
        for (id, describe) in providers::ALL {
            let shapes = describe().shapes;
            let signatures = shapes
                .iter()
                .flat_map(|shape| header_names(&shape.signature.at))
                // Half of the world's requests have this one.
                .filter(|name| name != http::header::AUTHORIZATION);
            let names = |names: &BTreeSet<String>| -> String {
                names.iter().flat_map(|name| [" ", name]).collect()
            };
            let signatures: BTreeSet<_> = signatures.map(|name| name.to_string()).collect();
            if signatures.is_empty() {
                continue;
            }
            let others = shapes.iter().flat_map(other_places);
            let others: BTreeSet<_> = others.map(|name| name.to_string()).collect();
            text += id;
            text += &names(&signatures);
            if !others.is_empty() {
                text += " |";
                text += &names(&others);
            }
            text += "\n";
        }
        if env::var_os("UPDATE_KNOWN").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/diagnosis/known.txt");
            fs::write(path, text).expect("the file can be written");
        } else {
            assert_eq!(TEXT, text, "UPDATE_KNOWN=1 cargo test known");
        }
    }
}
