//! A secret as a user pastes it, which never shows itself.

#[cfg(any(feature = "ed25519", feature = "public-key"))]
use std::sync::Arc;
use std::{
    fmt,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

#[cfg(any(feature = "ed25519", feature = "public-key"))]
use crate::crypto::public::PrivateKey;
use crate::timestamp::Timestamp;

/// The most bytes of a secret's file: more than any JWK set or certificate chain has.
const MAX_FILE_LEN: u64 = 64 << 10;

/// A secret as the provider's dashboard shows it.
///
/// It is wiped from memory when it is dropped, prints as `[redacted]`, and has
/// neither `PartialEq` nor `Display`. There is no empty secret: every way of
/// making one refuses it.
///
/// ```
/// use axum_webhook::Secret;
///
/// let secret = Secret::new("It's a Secret to Everybody")?.with_id("2026-11");
/// assert!(!format!("{secret:?}").contains("Everybody"));
/// assert!(Secret::new("  ").is_err());
/// # Ok::<(), axum_webhook::SecretError>(())
/// ```
#[derive(Clone)]
pub struct Secret {
    pub(super) value: Value,
    pub(super) id: Option<String>,
    pub(super) not_before: Option<Timestamp>,
    pub(super) not_after: Option<Timestamp>,
    pub(super) parts: Vec<(String, Zeroizing<String>)>,
    files: Vec<SecretFile>,
}

/// A file that a secret, or a part of it, was read from.
#[derive(Clone, Debug)]
pub(crate) struct SecretFile {
    /// The part's name; `None` for the secret itself.
    part: Option<String>,
    pub(crate) path: PathBuf,
}

/// What a secret is made from.
#[derive(Clone)]
pub(super) enum Value {
    /// A text, which the scheme's [`SecretFormat`](crate::scheme::SecretFormat) turns into a key.
    Text(Zeroizing<String>),
    /// The key itself.
    Bytes(Zeroizing<Vec<u8>>),
    /// A public key with its private one, which only tests have.
    #[cfg(any(feature = "ed25519", feature = "public-key"))]
    Pair(String, Arc<PrivateKey>),
    /// What the provider publishes, at its usual URL or at this one.
    Remote(
        #[cfg_attr(
            not(feature = "remote-keys"),
            expect(dead_code, reason = "without the feature no endpoint is built with it")
        )]
        Option<String>,
    ),
}

impl Secret {
    /// Creates a secret from the text that the provider's dashboard shows.
    ///
    /// The scheme knows whether that text is the key or an encoding of it.
    ///
    /// # Errors
    ///
    /// If the text is empty or blank, or begins or ends with white space: that is
    /// nearly always a newline of a file or a slip of the clipboard. Where it
    /// really belongs to the key, use [`from_bytes`](Self::from_bytes).
    pub fn new(text: impl Into<String>) -> Result<Self, SecretError> {
        Ok(Self::with_value(Value::Text(checked(text.into())?)))
    }

    /// Creates a secret from the bytes of the key itself, whatever the scheme's secret format.
    ///
    /// # Errors
    ///
    /// If there are no bytes, or all of them are white space.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, SecretError> {
        let bytes = Zeroizing::new(bytes.into());
        if bytes.is_empty() {
            return Err(SecretError::Empty);
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(SecretError::Blank);
        }
        Ok(Self::with_value(Value::Bytes(bytes)))
    }

    /// Creates a secret from the environment variable called `name`.
    ///
    /// # Errors
    ///
    /// If the variable is not set or not Unicode, or its value is not a secret
    /// as in [`new`](Self::new).
    pub fn from_env(name: &str) -> Result<Self, SecretError> {
        match std::env::var(name) {
            Ok(text) => Self::new(text),
            Err(std::env::VarError::NotPresent) => Err(SecretError::EnvNotSet(name.to_owned())),
            Err(std::env::VarError::NotUnicode(_)) => Err(SecretError::EnvNotText(name.to_owned())),
        }
    }

    /// Creates a secret from the file at `path`, without the one line end that editors and mounts add.
    ///
    /// It is read once, and again where the secret is one of [`FileKeys`](crate::FileKeys).
    ///
    /// # Errors
    ///
    /// If the file can't be read, is not UTF-8 or has more than 64 KiB, or its text is not a secret as in [`new`](Self::new).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SecretError> {
        let path = path.as_ref();
        let mut secret = Self::with_value(Value::Text(read_file(path)?));
        secret.files.push(SecretFile {
            part: None,
            path: path.to_owned(),
        });
        Ok(secret)
    }

    /// Creates a secret from what stands in a file.
    pub(crate) fn from_text_of_file(text: &str) -> Result<Self, SecretError> {
        Ok(Self::with_value(Value::Text(text_of_file(text)?)))
    }

    /// Stands for the keys that the provider publishes, for schemes with
    /// [`remote_keys`](crate::scheme::Scheme::remote_keys): they are fetched when a request needs
    /// them, kept, and fetched anew. Needs the feature `remote-keys`.
    ///
    /// Named parts, an id and limits of time belong to it as to any other secret. Several of them
    /// (two topics, two webhook ids) share what is fetched.
    #[must_use]
    pub fn remote() -> Self {
        Self::with_value(Value::Remote(None))
    }

    /// As [`remote`](Self::remote), from another `url` on the provider's hosts. Where the
    /// requests name the URL, it is the one below which theirs have to be.
    #[must_use]
    pub fn remote_at(url: impl Into<String>) -> Self {
        Self::with_value(Value::Remote(Some(url.into())))
    }

    /// Gives the secret an id, which logs, metrics and handlers see.
    /// Without one it is `key-1`, `key-2` … by its place in the keyring.
    ///
    /// Where requests name their key, this is the name: a key with an id is tried for its own
    /// requests only, and a request that names an unknown one is refused.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Limits the secret to the time from `time` on.
    #[must_use]
    pub fn with_not_before(mut self, time: Timestamp) -> Self {
        self.not_before = Some(time);
        self
    }

    /// Limits the secret to the time before `time`.
    #[must_use]
    pub fn with_not_after(mut self, time: Timestamp) -> Self {
        self.not_after = Some(time);
        self
    }

    /// Adds a named part, for schemes that need more than one value (Braintree's `public_key`).
    ///
    /// # Errors
    ///
    /// If the value is empty or blank, or begins or ends with white space.
    pub fn with_part(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self, SecretError> {
        self.parts.push((name.into(), checked(value.into())?));
        Ok(self)
    }

    /// Adds a named part as [`with_part`](Self::with_part) does, from a file as in [`from_file`](Self::from_file).
    ///
    /// # Errors
    ///
    /// As [`from_file`](Self::from_file).
    pub fn with_part_from_file(
        mut self,
        name: impl Into<String>,
        path: impl AsRef<Path>,
    ) -> Result<Self, SecretError> {
        let (name, path) = (name.into(), path.as_ref());
        self.parts.push((name.clone(), read_file(path)?));
        self.files.push(SecretFile {
            part: Some(name),
            path: path.to_owned(),
        });
        Ok(self)
    }

    /// This secret's id and parts with the value of `other`.
    pub(crate) fn with_value_of(self, other: Self) -> Self {
        Self {
            value: other.value,
            files: Vec::new(),
            ..self
        }
    }

    /// The files that the secret and its parts were read from.
    pub(crate) fn files(&self) -> &[SecretFile] {
        &self.files
    }

    /// What its files held when they were read, in the same order.
    pub(crate) fn file_texts(&self) -> impl Iterator<Item = Zeroizing<String>> {
        self.files
            .iter()
            .map(|file| match (&file.part, &self.value) {
                (None, Value::Text(text)) => text.clone(),
                (None, _) => Zeroizing::default(),
                (Some(name), _) => {
                    let mut parts = self.parts.iter();
                    let part = parts.find(|(part, _)| part == name);
                    part.map(|(_, value)| value.clone()).unwrap_or_default()
                }
            })
    }

    /// The secret with what its files hold now, in the order of [`files`](Self::files).
    pub(crate) fn with_texts(mut self, texts: impl IntoIterator<Item = Zeroizing<String>>) -> Self {
        for (file, text) in self.files.iter().zip(texts) {
            match &file.part {
                None => self.value = Value::Text(text),
                Some(name) => {
                    let part = self.parts.iter_mut().find(|(part, _)| part == name);
                    if let Some((_, value)) = part {
                        *value = text;
                    }
                }
            }
        }
        self
    }

    /// The bytes as given, for signing with a credential.
    pub(crate) fn expose(&self) -> &[u8] {
        match &self.value {
            Value::Text(text) => text.as_bytes(),
            Value::Bytes(bytes) => bytes,
            #[cfg(any(feature = "ed25519", feature = "public-key"))]
            Value::Pair(public, _) => public.as_bytes(),
            Value::Remote(_) => &[],
        }
    }

    /// Whether it stands for keys that are fetched.
    pub(crate) const fn is_remote(&self) -> bool {
        matches!(self.value, Value::Remote(_))
    }

    /// The id that its owner gave it.
    #[cfg(feature = "remote-keys")]
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The URL of the keys that are fetched, where the operator says one.
    #[cfg(feature = "remote-keys")]
    pub(crate) fn remote_url(&self) -> Option<&str> {
        match &self.value {
            Value::Remote(url) => url.as_deref(),
            _ => None,
        }
    }

    /// The value of a named part.
    #[cfg(feature = "remote-keys")]
    pub(crate) fn part(&self, name: &str) -> Option<&str> {
        let mut parts = self.parts.iter();
        let (_, value) = parts.find(|(part, _)| part == name)?;
        Some(value.as_str())
    }

    /// The same secret with other bytes, for a diagnosis that reads it in another way.
    pub(crate) fn with_bytes(mut self, bytes: Zeroizing<Vec<u8>>) -> Self {
        self.value = Value::Bytes(bytes);
        self
    }

    pub(super) fn with_value(value: Value) -> Self {
        Self {
            value,
            id: None,
            not_before: None,
            not_after: None,
            parts: Vec::new(),
            files: Vec::new(),
        }
    }
}

/// The text of a secret, from its file.
pub(crate) fn read_file(path: &Path) -> Result<Zeroizing<String>, SecretError> {
    let failed = |reason: String| SecretError::File {
        path: path.display().to_string(),
        reason,
    };
    let mut text = Zeroizing::new(String::new());
    File::open(path)
        .and_then(|file| file.take(MAX_FILE_LEN + 1).read_to_string(&mut text))
        .map_err(|error| failed(error.kind().to_string()))?;
    if text.len() as u64 > MAX_FILE_LEN {
        return Err(failed("it has more than 64 KiB".to_owned()));
    }
    text_of_file(&text)
}

/// The text of a file without the one line end that editors and mounts add.
fn text_of_file(text: &str) -> Result<Zeroizing<String>, SecretError> {
    let line = text.strip_suffix('\n').unwrap_or(text);
    checked(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// The text, if it can be a secret at all.
fn checked(text: String) -> Result<Zeroizing<String>, SecretError> {
    let text = Zeroizing::new(text);
    // A prefix alone is what is left of a secret that was cut off, and everybody knows it.
    if text.is_empty() || text.as_str() == "whsec_" {
        return Err(SecretError::Empty);
    }
    if text.trim().is_empty() {
        return Err(SecretError::Blank);
    }
    // A PEM text ends with a newline by right; the key is between its lines.
    let is_pem = text.starts_with("-----BEGIN ");
    if text.trim().len() != text.len() && !is_pem {
        return Err(SecretError::SurroundingWhiteSpace);
    }
    Ok(text)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.parts.iter().map(|(name, _)| name).collect();
        f.debug_struct("Secret")
            .field("value", &format_args!("[redacted]"))
            .field("id", &self.id)
            .field("not_before", &self.not_before)
            .field("not_after", &self.not_after)
            .field("parts", &parts)
            .field("files", &self.files)
            .finish()
    }
}

/// Why a text is not a secret. It never contains the text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// It is empty, so everybody would know it.
    Empty,
    /// It is nothing but white space.
    Blank,
    /// It begins or ends with white space.
    SurroundingWhiteSpace,
    /// The environment variable is not set.
    EnvNotSet(String),
    /// The environment variable is not Unicode.
    EnvNotText(String),
    /// The file can't be read.
    File {
        /// Its path.
        path: String,
        /// Why.
        reason: String,
    },
    /// It should be hexadecimal and is not.
    NotHex,
    /// It should be base64 with padding and is not.
    NotBase64,
    /// It can't be decoded, and looks like this instead: an API key, a placeholder.
    OtherKind(&'static str),
    /// It decodes to fewer bytes than a key needs.
    TooShort {
        /// How many bytes it decodes to.
        len: usize,
    },
    /// It is nothing but zero bytes, which a MAC can't tell from an empty key.
    OnlyZeros,
    /// It stands for keys that are fetched, which takes an [`Endpoint`](crate::Endpoint).
    Remote,
    /// It should be text and is not.
    NotText,
    /// It should be a public key of the scheme's kind and is not.
    PublicKey {
        /// Why; nothing of the key is in it.
        reason: String,
    },
    /// It should be `user:password` and has no colon, or nothing on one side of it.
    NotUserPassword,
    /// It is not ASCII, and the scheme normalises such secrets, which needs the feature `nfkd`.
    NeedsNfkd,
    /// The scheme needs this named part beside the value.
    MissingPart(String),
    /// The scheme has no named part like this.
    UnknownPart(String),
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the secret is empty, so everybody would know it"),
            Self::Blank => f.write_str("the secret is nothing but white space"),
            Self::SurroundingWhiteSpace => f.write_str(
                "the secret begins or ends with white space, often the newline of a file; remove it",
            ),
            Self::EnvNotSet(name) => write!(f, "the environment variable {name} is not set"),
            Self::EnvNotText(name) => write!(f, "the environment variable {name} is not Unicode"),
            Self::File { path, reason } => write!(f, "the file {path} can't be read: {reason}"),
            Self::NotHex => f.write_str("the secret should be hexadecimal and is not"),
            Self::NotBase64 => f.write_str(
                "the secret should be base64 with padding (after `whsec_`, if it has that) and is not",
            ),
            Self::OtherKind(kind) => {
                write!(f, "the secret looks like {kind}, not like the secret of a webhook")
            }
            Self::TooShort { len } => write!(
                f,
                "the secret decodes to {len} bytes; a key has at least {}, since fewer can be guessed",
                super::key::MIN_DECODED_LEN
            ),
            Self::OnlyZeros => {
                f.write_str("the secret is nothing but zero bytes, which is the same as an empty one")
            }
            Self::Remote => f.write_str("the secret is to be fetched, which only an endpoint does"),
            Self::NotText => f.write_str("the public key should be text"),
            Self::PublicKey { reason } => f.write_str(reason),
            Self::NotUserPassword => f.write_str("the secret should be `user:password`"),
            Self::NeedsNfkd => {
                f.write_str("the secret is not ASCII; this scheme then needs feature \"nfkd\"")
            }
            Self::MissingPart(name) => write!(f, "the secret lacks its part {name:?}"),
            Self::UnknownPart(name) => write!(f, "the scheme has no secret part {name:?}"),
        }
    }
}

impl std::error::Error for SecretError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_value_is_not_that_of_the_files() {
        let path = std::env::temp_dir().join(format!("axum-webhook-value-{}", std::process::id()));
        std::fs::write(&path, "a secret in a file").expect("a file");
        let secret = Secret::from_file(&path).expect("a secret").with_id("mine");
        std::fs::remove_file(&path).expect("it is there");
        let other = secret.with_value_of(Secret::new("another one").expect("a secret"));
        assert_eq!(other.expose(), b"another one");
        assert_eq!(other.id.as_deref(), Some("mine"));
        assert!(other.files().is_empty());
    }

    #[test]
    fn bytes_that_are_tried_stand_in_no_file() {
        let path = std::env::temp_dir().join(format!("axum-webhook-bytes-{}", std::process::id()));
        std::fs::write(&path, "a secret in a file").expect("a file");
        let secret = Secret::from_file(&path).expect("a secret");
        std::fs::remove_file(&path).expect("it is there");
        let tried = secret.with_bytes(Zeroizing::new(b"others".to_vec()));
        assert!(tried.file_texts().all(|text| text.is_empty()));
    }

    #[cfg(feature = "remote-keys")]
    #[test]
    fn only_what_is_to_be_fetched_has_a_url() {
        let url = "https://example.com/keys";
        assert_eq!(Secret::remote_at(url).remote_url(), Some(url));
        assert_eq!(Secret::remote().remote_url(), None);
        let pasted = Secret::new(url).expect("a secret");
        assert_eq!(pasted.remote_url(), None);
    }
}
