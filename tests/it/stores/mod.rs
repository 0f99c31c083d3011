//! The stores: each of them, the contract that all of them keep, and the model that they all follow.

mod memory;
