//! What is found, under a name that stays.

use std::fmt;

use crate::verify::VerifyError;

/// Why a request was refused, as far as it can be told: a stable code, and a sentence for the operator.
///
/// No secret, no expected signature and no body is in it, and of a received value eight characters at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    code: Code,
    message: String,
    proven: bool,
}

impl Diagnosis {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            proven: false,
        }
    }

    /// What a trial has shown.
    pub(super) fn proven(code: Code, message: impl Into<String>) -> Self {
        Self {
            proven: true,
            ..Self::new(code, message)
        }
    }

    /// A stable name of the cause, such as `body-newline`: see the table of [the module](crate::diagnosis).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code.name()
    }

    /// What is wrong, and where to look, in plain words.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether a trial has shown it: with this one thing different, the signature is right.
    /// Everything else is a guess or a fact.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        self.proven
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Declares the codes with their names, so that none is left out of the table.
macro_rules! codes {
    ($($variant:ident $name:literal)+) => {
        /// The causes, by their stable names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code { $($variant),+ }

        impl Code {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$variant),+];

            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

codes! {
    BodyBudgetFull "body-budget-full"
    BodyCharset "body-charset"
    BodyEmpty "body-empty"
    BodyForm "body-form"
    BodyLength "body-length"
    BodyLineEnds "body-line-ends"
    BodyMark "body-mark"
    BodyNewline "body-newline"
    BodyNotSigned "body-not-signed"
    BodyPacked "body-packed"
    BodyReplaced "body-replaced"
    BodySeen "body-seen"
    BodyTooLarge "body-too-large"
    BodyUnpacked "body-unpacked"
    BodyWrittenAnew "body-written-anew"
    ClockSkew "clock-skew"
    ContentDiffers "content-differs"
    ContentEncoding "content-encoding"
    ContentType "content-type"
    CredentialForm "credential-form"
    EmptyBatch "empty-batch"
    FitsSeveral "fits-several"
    HeaderAbsent "header-absent"
    HeaderDoubled "header-doubled"
    HeaderEmpty "header-empty"
    HeaderNotSigned "header-not-signed"
    KeyExpired "key-expired"
    KeyNotChosen "key-not-chosen"
    KeyNotYet "key-not-yet"
    KeyUnknown "key-unknown"
    KeysTried "keys-tried"
    Malformed "malformed"
    Method "method"
    Mismatch "mismatch"
    NoLiveKey "no-live-key"
    NoPublicUrl "no-public-url"
    OldDelivery "old-delivery"
    OldSignature "old-signature"
    OtherAlgorithm "other-algorithm"
    OtherEndpoint "other-endpoint"
    OtherFamily "other-family"
    OtherPath "other-path"
    OtherPreset "other-preset"
    OtherProvider "other-provider"
    PrefixMissing "prefix-missing"
    SecretEncoding "secret-encoding"
    SecretForm "secret-form"
    SecretKind "secret-kind"
    SecretPrefix "secret-prefix"
    SecretQuotes "secret-quotes"
    SecretShort "secret-short"
    SecretTwice "secret-twice"
    SecretWhiteSpace "secret-white-space"
    Separator "separator"
    SignatureCase "signature-case"
    SignatureEncoding "signature-encoding"
    SignatureLength "signature-length"
    SignatureList "signature-list"
    SignatureSpace "signature-space"
    SignatureVersion "signature-version"
    Tenant "tenant"
    TimeZone "time-zone"
    TimestampForm "timestamp-form"
    TimestampSigned "timestamp-signed"
    TimestampUnit "timestamp-unit"
    TokenAlgorithm "token-algorithm"
    TokenClaim "token-claim"
    TokenExpired "token-expired"
    TokenForm "token-form"
    TokenNotYet "token-not-yet"
    TooLong "too-long"
    TooMany "too-many"
    TrialsCut "trials-cut"
    TrialsNone "trials-none"
    TrialsPaused "trials-paused"
    UnknownPath "unknown-path"
    Unsigned "unsigned"
    UrlPort "url-port"
    UrlQuery "url-query"
    UrlScheme "url-scheme"
    UrlSeen "url-seen"
    UrlSlash "url-slash"
}

impl Code {
    /// What is left to say of an error of which nothing more is known.
    pub(super) const fn of(error: &VerifyError) -> Self {
        match error {
            VerifyError::NoShape => Self::ContentType,
            VerifyError::Missing { .. } => Self::HeaderAbsent,
            VerifyError::Duplicate { .. } => Self::HeaderDoubled,
            VerifyError::TooLong { .. } => Self::TooLong,
            VerifyError::Malformed { .. } | VerifyError::Unexpected { .. } => Self::Malformed,
            VerifyError::SignatureMalformed { .. } => Self::SignatureEncoding,
            VerifyError::TimestampMalformed { .. } => Self::TimestampForm,
            VerifyError::TooManySignatures => Self::TooMany,
            VerifyError::Stale { .. } | VerifyError::Future { .. } => Self::ClockSkew,
            VerifyError::SeparatorInValue { .. } => Self::Separator,
            VerifyError::HeaderNotSigned { .. } => Self::HeaderNotSigned,
            VerifyError::NoPublicUrl => Self::NoPublicUrl,
            VerifyError::UnknownKeyId | VerifyError::KeyNotFound { .. } => Self::KeyUnknown,
            VerifyError::Tenant { .. } => Self::Tenant,
            VerifyError::NoLiveKey => Self::NoLiveKey,
            VerifyError::EmptyBatch => Self::EmptyBatch,
            VerifyError::Mismatch => Self::Mismatch,
            VerifyError::BodyHashMismatch => Self::BodyNotSigned,
            VerifyError::TokenExpired { .. } => Self::TokenExpired,
            VerifyError::TokenNotYetValid { .. } => Self::TokenNotYet,
            VerifyError::ClaimMismatch { .. } => Self::TokenClaim,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_each_code_once_and_no_other() {
        let table = include_str!("../../docs/DIAGNOSIS.md");
        let listed: Vec<_> = table
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .collect();
        let codes: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert!(codes.is_sorted(), "{codes:?}");
        assert_eq!(listed, codes);
    }
}
