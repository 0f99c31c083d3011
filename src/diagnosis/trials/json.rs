//! JSON, as the usual libraries write it.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// The deepest nesting that is written anew.
const MAX_DEPTH: usize = 64;

/// How a library writes JSON.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// What stands behind a comma and a colon.
    space: &'static str,
    /// What stands before each line, for each level; without it there are no lines.
    indent: Option<&'static str>,
    strings: Strings,
    sorted: bool,
    /// Whether its users often put a newline behind it.
    pub(super) with_newline: bool,
}

/// How the characters of a string are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    /// As they came.
    AsTheyCame,
    /// Each as itself, but for those that must be escaped.
    Plain,
    /// Beyond ASCII as `\u…`.
    Ascii,
    /// As [`Ascii`](Self::Ascii), and a slash as `\/`.
    AsciiAndSlashes,
    /// `<`, `>` and `&` as `\u…`.
    Html,
}

const COMPACT: Style = Style {
    space: "",
    indent: None,
    strings: Strings::AsTheyCame,
    sorted: false,
    with_newline: true,
};

/// The likeliest first.
pub(super) const STYLES: &[(&str, Style)] = &[
    ("compact JSON", COMPACT),
    (
        "JSON with an indent of two spaces",
        Style {
            indent: Some("  "),
            ..COMPACT
        },
    ),
    (
        "JSON with a space behind each comma and colon (as Python writes it)",
        Style {
            space: " ",
            with_newline: false,
            ..COMPACT
        },
    ),
    (
        "JSON with a space behind each comma and colon and all in ASCII (as Python writes it)",
        Style {
            space: " ",
            strings: Strings::Ascii,
            with_newline: false,
            ..COMPACT
        },
    ),
    (
        "compact JSON without needless escapes (as JavaScript writes it)",
        Style {
            strings: Strings::Plain,
            with_newline: false,
            ..COMPACT
        },
    ),
    (
        "compact JSON with escaped slashes (as PHP writes it)",
        Style {
            strings: Strings::AsciiAndSlashes,
            with_newline: false,
            ..COMPACT
        },
    ),
    (
        "compact JSON, all in ASCII",
        Style {
            strings: Strings::Ascii,
            with_newline: false,
            ..COMPACT
        },
    ),
    (
        "compact JSON with <, > and & escaped (as Go writes it)",
        Style {
            strings: Strings::Html,
            ..COMPACT
        },
    ),
    (
        "compact JSON with sorted names",
        Style {
            sorted: true,
            ..COMPACT
        },
    ),
    (
        "JSON with sorted names and a space behind each comma and colon",
        Style {
            sorted: true,
            space: " ",
            with_newline: false,
            ..COMPACT
        },
    ),
    (
        "JSON with an indent of four spaces",
        Style {
            indent: Some("    "),
            ..COMPACT
        },
    ),
    (
        "JSON with an indent of a tab",
        Style {
            indent: Some("\t"),
            ..COMPACT
        },
    ),
];

/// Writes a JSON text anew; `None` where it is too deep, or longer than `max` would be.
pub(super) fn write(json: &str, style: Style, max: usize) -> Option<Vec<u8>> {
    if style.sorted {
        let mut sorted = String::new();
        sort(json, &mut sorted, 0)?;
        return Writer::new(style, max).write(&sorted);
    }
    Writer::new(style, max).write(json)
}

struct Writer {
    style: Style,
    max: usize,
    out: Vec<u8>,
    depth: usize,
}

impl Writer {
    const fn new(style: Style, max: usize) -> Self {
        Self {
            style,
            max,
            out: Vec::new(),
            depth: 0,
        }
    }

    fn write(mut self, json: &str) -> Option<Vec<u8>> {
        let mut rest = json.trim_start();
        let mut empty = false;
        while let Some(first) = rest.bytes().next() {
            let len = token_len(rest)?;
            let (token, after) = rest.split_at_checked(len)?;
            rest = after.trim_start();
            if empty && !matches!(first, b'}' | b']') {
                self.line();
            }
            match first {
                b'{' | b'[' => {
                    self.depth += 1;
                    self.out.push(first);
                }
                b'}' | b']' => {
                    self.depth = self.depth.checked_sub(1)?;
                    if !empty {
                        self.line();
                    }
                    self.out.push(first);
                }
                b',' => {
                    self.out.push(first);
                    if self.style.indent.is_none() {
                        self.out.extend(self.style.space.as_bytes());
                    }
                    self.line();
                }
                b':' => {
                    self.out.push(first);
                    let space = if self.style.indent.is_some() {
                        " "
                    } else {
                        self.style.space
                    };
                    self.out.extend(space.as_bytes());
                }
                b'"' => self.string(token),
                _ => self.out.extend(token.as_bytes()),
            }
            empty = matches!(first, b'{' | b'[');
            if self.depth > MAX_DEPTH || self.out.len() > self.max {
                return None;
            }
        }
        Some(self.out)
    }

    fn line(&mut self) {
        if let Some(indent) = self.style.indent {
            self.out.push(b'\n');
            for _ in 0..self.depth {
                self.out.extend(indent.as_bytes());
            }
        }
    }

    fn string(&mut self, token: &str) {
        let how = self.style.strings;
        let text = match how {
            Strings::AsTheyCame => None,
            _ => serde_json::from_str::<String>(token).ok(),
        };
        let Some(text) = text else {
            self.out.extend(token.as_bytes());
            return;
        };
        self.out.push(b'"');
        for c in text.chars() {
            self.character(c, how);
        }
        self.out.push(b'"');
    }

    fn character(&mut self, c: char, how: Strings) {
        let ascii = matches!(how, Strings::Ascii | Strings::AsciiAndSlashes);
        let short = match c {
            '"' => Some("\\\""),
            '\\' => Some("\\\\"),
            '\n' => Some("\\n"),
            '\r' => Some("\\r"),
            '\t' => Some("\\t"),
            '\u{8}' => Some("\\b"),
            '\u{c}' => Some("\\f"),
            '/' if how == Strings::AsciiAndSlashes => Some("\\/"),
            _ => None,
        };
        let html = how == Strings::Html && matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
        if let Some(short) = short {
            self.out.extend(short.as_bytes());
        } else if c.is_control() && c.is_ascii() && c != '\u{7f}'
            || (ascii && !c.is_ascii())
            || html
        {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                self.out.extend(format!("\\u{unit:04x}").as_bytes());
            }
        } else {
            let mut bytes = [0; 4];
            self.out.extend(c.encode_utf8(&mut bytes).as_bytes());
        }
    }
}

/// The length of the token at the start of a valid JSON text.
fn token_len(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'{' | b'}' | b'[' | b']' | b',' | b':' => Some(1),
        b'"' => {
            let mut escaped = false;
            let end = bytes.iter().skip(1).position(|byte| {
                let ends = *byte == b'"' && !escaped;
                escaped = *byte == b'\\' && !escaped;
                ends
            })?;
            Some(end + 2)
        }
        _ => {
            let ends = |c: char| matches!(c, ',' | '}' | ']') || c.is_ascii_whitespace();
            Some(text.find(ends).unwrap_or(text.len()))
        }
    }
}

/// The text with the names of its objects in order.
fn sort(json: &str, out: &mut String, depth: usize) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    let json = json.trim();
    let comma = |index: usize, out: &mut String| {
        if index > 0 {
            out.push(',');
        }
    };
    if json.starts_with('{') {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(json).ok()?;
        out.push('{');
        for (index, (name, value)) in members.into_iter().enumerate() {
            comma(index, out);
            out.push_str(&serde_json::to_string(&name).ok()?);
            out.push(':');
            sort(value.get(), out, depth + 1)?;
        }
        out.push('}');
    } else if json.starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(json).ok()?;
        out.push('[');
        for (index, value) in elements.into_iter().enumerate() {
            comma(index, out);
            sort(value.get(), out, depth + 1)?;
        }
        out.push(']');
    } else {
        out.push_str(json);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, wants: &[(&str, &str)]) {
        for (name, want) in wants {
            let (_, style) = STYLES
                .iter()
                .find(|(said, _)| said.starts_with(name))
                .expect("a style");
            let got = write(json, *style, 10_000).expect("it fits");
            assert_eq!(String::from_utf8(got).expect("text"), *want, "{name}");
        }
    }

    #[test]
    fn json_is_written_as_the_usual_libraries_write_it() {
        check(
            "{ \"b\" : [1.00, {} , []],\"a\":\"x/\\u00e9 <\\\"\" }",
            &[
                ("compact JSON", r#"{"b":[1.00,{},[]],"a":"x/\u00e9 <\""}"#),
                (
                    "JSON with an indent of two",
                    "{\n  \"b\": [\n    1.00,\n    {},\n    []\n  ],\n  \"a\": \"x/\\u00e9 <\\\"\"\n}",
                ),
                (
                    "JSON with a space behind each comma and colon (",
                    r#"{"b": [1.00, {}, []], "a": "x/\u00e9 <\""}"#,
                ),
                (
                    "compact JSON without",
                    r#"{"b":[1.00,{},[]],"a":"x/é <\""}"#,
                ),
                (
                    "compact JSON with escaped slashes",
                    r#"{"b":[1.00,{},[]],"a":"x\/\u00e9 <\""}"#,
                ),
                (
                    "compact JSON with <",
                    r#"{"b":[1.00,{},[]],"a":"x/é \u003c\""}"#,
                ),
                (
                    "compact JSON with sorted",
                    r#"{"a":"x/\u00e9 <\"","b":[1.00,{},[]]}"#,
                ),
            ],
        );
    }

    #[test]
    fn what_would_grow_without_end_is_left() {
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        for (_, style) in STYLES {
            assert!(write(&deep, *style, usize::MAX).is_none());
        }
        let wide = format!(
            "{}1{}{}",
            "[".repeat(60),
            ",1".repeat(10_000),
            "]".repeat(60)
        );
        let (_, indented) = STYLES.get(1).expect("the second");
        assert!(write(&wide, *indented, 100_000).is_none());
    }
}
