//! How many bytes of bodies are held at once: `server.body_budget`.

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{middleware::WebhookLayer, units::ByteSize};

/// The bytes, or `None` for no limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodyBudget(Option<ByteSize>);

impl BodyBudget {
    pub(super) fn limit(self, layer: WebhookLayer) -> WebhookLayer {
        match self.0 {
            Some(bytes) => layer.with_body_budget(bytes),
            None => layer.dangerous_without_body_budget(),
        }
    }
}

impl<'de> Deserialize<'de> for BodyBudget {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text == "off" {
            return Ok(Self(None));
        }
        let bytes: ByteSize = text
            .parse()
            .map_err(|error| D::Error::custom(format!("{error}; or \"off\", for no limit")))?;
        Ok(Self(Some(bytes)))
    }
}
