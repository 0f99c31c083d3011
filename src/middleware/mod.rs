//! The tower layer: thin shells around the core.
//!
//! A request goes through these steps, in this order (`asking.rs` up to the second, `open.rs` up to the fifth, `claim.rs` for the last two, `future.rs` around them):
//!
//! 1. the endpoint is selected by configuration, never by what the request claims;
//! 2. method, `Content-Encoding`, `Content-Length`, the shape of the signature's
//!    header and a timestamp in a header are checked: a request that fails here
//!    is answered with its body unread;
//!    Then the keys are asked for, where they are not there from the start;
//! 3. the body is read within its limit and deadlines, and hashed as it arrives, unless it is one frame;
//! 4. signature, body hash and timestamp are verified: only now there is a witness;
//! 5. a signed handshake is answered;
//! 6. the event is claimed, so that nothing is handled twice;
//! 7. the handler runs, and its answer commits the claim or releases it.

mod asking;
mod body;
mod budget;
mod claim;
mod error;
mod future;
mod handle;
#[cfg(feature = "inspector")]
mod inspected;
mod layer;
mod open;
mod paths;
mod refuse;
mod select;
mod service;
mod shadow;

pub use self::{
    error::LayerError,
    future::ResponseFuture,
    handle::{RotateError, WebhookHandle},
    layer::WebhookLayer,
    service::WebhookService,
};
