//! A body as text that a person can read, without what is masked.

use std::fmt::Write as _;

use crate::{
    form::pairs,
    inspector::mask::{MASK, Masks},
    scheme::MediaType,
};

/// As many bytes are shown of a body that is no text.
const HEX_BYTES: usize = 512;
const HEX_LINE: usize = 16;
const INDENT: &str = "  ";
/// Lists and objects that are nested deeper stay on their line.
const MAX_INDENT: usize = 40;

/// The text of a body: JSON and forms with a line for each value, anything else as it is. `on_masked` hears what is masked.
pub(super) fn print(
    text: &str,
    kind: Option<MediaType>,
    masks: &Masks<'_>,
    on_masked: &mut dyn FnMut(&str),
) -> String {
    if kind == Some(MediaType::Form) {
        form(text, masks, on_masked)
    } else if is_json(text) {
        json(text, masks, on_masked)
    } else {
        masks.clean(text).into_owned()
    }
}

/// Whether it begins as an object or a list does.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_ascii_start().starts_with(['{', '['])
}

/// The fields of a form, decoded, one below the other.
fn form(text: &str, masks: &Masks<'_>, on_masked: &mut dyn FnMut(&str)) -> String {
    let mut out = String::new();
    for (name, value) in pairs(text.as_bytes()) {
        let (name, value) = (
            String::from_utf8_lossy(&name),
            String::from_utf8_lossy(&value),
        );
        let _ = write!(out, "{} = ", masks.clean(&name));
        if masks.hides_form(&name) {
            on_masked(&value);
            out.push_str(MASK);
        } else if is_json(&value) {
            out.push_str(&json(&value, masks, on_masked));
        } else {
            out.push_str(&masks.clean(&value));
        }
        out.push('\n');
    }
    out
}

/// The first bytes, as numbers and as characters.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    let lines = bytes.get(..HEX_BYTES).unwrap_or(bytes).chunks(HEX_LINE);
    for (number, line) in lines.enumerate() {
        let _ = write!(out, "{:06x}  ", number * HEX_LINE);
        for at in 0..HEX_LINE {
            let _ = match line.get(at) {
                Some(byte) => write!(out, "{byte:02x} "),
                None => write!(out, "   "),
            };
        }
        out.push(' ');
        out.extend(line.iter().map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        }));
        out.push('\n');
    }
    out
}

/// Prints JSON with a line for each value. Every text and number stays as it is written.
///
/// It goes through the tokens once, and also takes JSON that is cut off.
fn json(text: &str, masks: &Masks<'_>, on_masked: &mut dyn FnMut(&str)) -> String {
    let mut printer = Printer {
        tokens: Tokens { text, at: 0 },
        out: String::with_capacity(text.len() * 2),
        path: Vec::new(),
        levels: Vec::new(),
    };
    printer.run(masks, on_masked);
    printer.out
}

struct Printer<'t> {
    tokens: Tokens<'t>,
    out: String,
    /// The names and numbers from the root to the value.
    path: Vec<String>,
    levels: Vec<Level>,
}

#[derive(Clone, Copy)]
enum Level {
    Object,
    /// With the number of the element.
    List(usize),
}

impl Printer<'_> {
    fn run(&mut self, masks: &Masks<'_>, on_masked: &mut dyn FnMut(&str)) {
        let mut is_name = false;
        while let Some(token) = self.tokens.next() {
            match token {
                "{" | "[" => {
                    if masks.hides_json(&self.path, false) {
                        self.mask(token, on_masked);
                        continue;
                    }
                    self.out.push_str(token);
                    is_name = token == "{";
                    self.levels.push(if is_name {
                        Level::Object
                    } else {
                        Level::List(0)
                    });
                    self.path.push("0".to_owned());
                    if !matches!(self.tokens.peek(), Some("}" | "]")) {
                        self.line();
                    }
                }
                "}" | "]" => {
                    let was_empty = self.out.ends_with(['{', '[']);
                    self.levels.pop();
                    self.path.pop();
                    is_name = false;
                    if !was_empty {
                        self.line();
                    }
                    self.out.push_str(token);
                }
                "," => {
                    self.out.push(',');
                    is_name = matches!(self.levels.last(), Some(Level::Object));
                    if let Some(Level::List(number)) = self.levels.last_mut() {
                        *number += 1;
                        let number = number.to_string();
                        self.path.pop();
                        self.path.push(number);
                    }
                    self.line();
                }
                ":" => {
                    self.out.push_str(": ");
                    is_name = false;
                }
                name if is_name => {
                    self.path.pop();
                    self.path.push(decoded(name));
                    self.out.push_str(&cleaned(name, masks));
                }
                value if masks.hides_json(&self.path, value.starts_with('"')) => {
                    self.mask(value, on_masked);
                }
                value => self.out.push_str(&cleaned(value, masks)),
            }
        }
    }

    /// Masks a value of which `first` is the first token.
    fn mask(&mut self, first: &str, on_masked: &mut dyn FnMut(&str)) {
        let _ = write!(self.out, "\"{MASK}\"");
        let mut depth = 0_usize;
        let mut token = Some(first.to_owned());
        while let Some(current) = token {
            match current.as_str() {
                "{" | "[" => depth += 1,
                "}" | "]" => depth = depth.saturating_sub(1),
                "," | ":" => {}
                scalar => on_masked(&decoded(scalar)),
            }
            if depth == 0 {
                return;
            }
            token = self.tokens.next().map(str::to_owned);
        }
    }

    fn line(&mut self) {
        if self.levels.len() <= MAX_INDENT {
            self.out.push('\n');
            for _ in 0..self.levels.len() {
                self.out.push_str(INDENT);
            }
        }
    }
}

/// The text of a string token; any other token as it is.
fn decoded(token: &str) -> String {
    serde_json::from_str(token).unwrap_or_else(|_| token.trim_matches('"').to_owned())
}

/// A token as it is written, unless it has something masked in it.
fn cleaned(token: &str, masks: &Masks<'_>) -> String {
    let plain = decoded(token);
    let clean = masks.clean(&plain);
    if clean == plain {
        return token.to_owned();
    }
    serde_json::to_string(&clean).unwrap_or_else(|_| format!("\"{MASK}\""))
}

/// Cuts a text into the tokens of JSON, without saying whether they are in order.
struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    fn peek(&self) -> Option<&'t str> {
        Tokens { ..*self }.next()
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let rest = self.text.get(self.at..)?;
        let trimmed = rest.trim_start();
        let start = self.at + (rest.len() - trimmed.len());
        let len = match trimmed.as_bytes().first()? {
            b'"' => string(trimmed.as_bytes()),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => trimmed
                .find(|c: char| c.is_whitespace() || "{}[],:\"".contains(c))
                .unwrap_or(trimmed.len()),
        };
        self.at = start + len;
        trimmed.get(..len)
    }
}

/// The length of the string with which `text` begins; all of it where the string has no end.
fn string(text: &[u8]) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn plain(text: &str) -> String {
        print(text, None, &Masks::default(), &mut |_| {})
    }

    #[test]
    fn json_gets_lines_and_keeps_every_value_as_it_is_written() {
        let pretty = plain(r#"{"a":1.00,"b":[],"c":{"d":"é\n{"},"e":[true,null,{}]}"#);
        let want = r#"{
  "a": 1.00,
  "b": [],
  "c": {
    "d": "é\n{"
  },
  "e": [
    true,
    null,
    {}
  ]
}"#;
        assert_eq!(pretty, want);
    }

    #[test]
    fn json_that_is_cut_off_is_shown_as_far_as_it_goes() {
        assert_eq!(
            plain(r#"{"a":[1,"unfin"#),
            "{\n  \"a\": [\n    1,\n    \"unfin"
        );
        let odd = json("]}{,:", &Masks::default(), &mut |_| {});
        assert_eq!(odd, "\n]\n}{\n  ,\n  : ");
    }

    #[test]
    fn credentials_in_json_are_masked_and_so_are_their_copies() {
        let mut masked = Vec::new();
        let text = r#"{"access_token":"very-secret-value","tokens":7,"auth":{"password":"hunter2hunter2"}}"#;
        let pretty = print(text, None, &Masks::default(), &mut |value| {
            masked.push(value.to_owned());
        });
        assert_eq!(masked, ["very-secret-value", "hunter2hunter2"]);
        assert!(
            !pretty.contains("secret-value") && !pretty.contains("hunter2"),
            "{pretty}"
        );
        assert!(pretty.contains("\"tokens\": 7"), "{pretty}");
    }

    #[test]
    fn forms_have_a_line_for_each_field() {
        let text = "a=x+y&token=abc&payload=%7B%22b%22%3A1%7D";
        let pretty = print(text, Some(MediaType::Form), &Masks::default(), &mut |_| {});
        assert_eq!(
            pretty,
            format!("a = x y\ntoken = {MASK}\npayload = {{\n  \"b\": 1\n}}\n")
        );
    }

    #[test]
    fn what_is_no_text_is_shown_in_hex() {
        let dump = hex(b"\x00\xffAB");
        assert_eq!(
            dump,
            format!("000000  00 ff 41 42 {} ..AB\n", "   ".repeat(12))
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 8, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                proptest::collection::btree_map("[a-z\"\\\\é]{0,3}", inner, 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn pretty_json_is_the_same_json(value in any_json()) {
            let pretty = json(&value.to_string(), &Masks::default(), &mut |_| {});
            prop_assert_eq!(serde_json::from_str::<Value>(&pretty).ok(), Some(value));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*", tokens in "[\\[\\]{},:\"a1 \\\\]{0,64}") {
            plain(&text);
            json(&text, &Masks::default(), &mut |_| {});
            json(&tokens, &Masks::default(), &mut |_| {});
        }
    }
}
