//! Strangers who want the receiver's memory, over real connections.
//!
//! ```text
//! cargo test --test memory
//! cargo test --test memory -- t_m3
//! ```
//!
//! It measures the memory of its own process, so it is a program of its own, and its tests run one after the other.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

#[path = "../support/chosen.rs"]
mod chosen;
mod client;
#[path = "../support/proc.rs"]
mod proc;
mod process;
mod store;
mod strangers;

use std::process::ExitCode;

use self::chosen::Chosen;

type Test = (&'static str, fn());

const TESTS: &[Test] = &[
    (
        "t_m1_slow_large_bodies_are_bounded",
        strangers::t_m1_slow_large_bodies_are_bounded,
    ),
    (
        "t_m2_what_the_head_refuses_costs_no_body",
        strangers::t_m2_what_the_head_refuses_costs_no_body,
    ),
    (
        "t_m3_bodies_that_trickle_are_cut",
        strangers::t_m3_bodies_that_trickle_are_cut,
    ),
    (
        "t_m4_a_body_in_pieces_of_one_byte_is_handled",
        strangers::t_m4_a_body_in_pieces_of_one_byte_is_handled,
    ),
    (
        "t_m5_a_large_signature_costs_little",
        strangers::t_m5_a_large_signature_costs_little,
    ),
    (
        "t_m6_a_flood_of_events_is_bounded_and_evicts_nothing",
        store::t_m6_a_flood_of_events_is_bounded_and_evicts_nothing,
    ),
    (
        "t_m7_a_zip_bomb_is_not_unpacked",
        strangers::t_m7_a_zip_bomb_is_not_unpacked,
    ),
];

fn main() -> ExitCode {
    let chosen = Chosen::by_arguments();
    for (name, test) in TESTS {
        if !chosen.runs(name) {
            continue;
        }
        println!("test {name} …");
        test();
    }
    ExitCode::SUCCESS
}
