//! What valgrind is told. Without it, these calls do nothing.

use std::ffi::c_void;

unsafe extern "C" {
    fn ctgrind_hide(at: *mut c_void, len: usize);
    fn ctgrind_show(at: *mut c_void, len: usize);
    fn ctgrind_be_quiet();
    fn ctgrind_report();
}

/// Marks bytes as undefined: from here on, each branch and each address that depends on them is reported.
pub fn hide(bytes: &mut [u8]) {
    // SAFETY: the bytes are borrowed for the call, which changes what valgrind knows of them and not them.
    unsafe { ctgrind_hide(bytes.as_mut_ptr().cast(), bytes.len()) }
}

/// Whether it is so, without a report of whoever asks.
pub fn show(mut yes: bool) -> bool {
    // SAFETY: as above; a `bool` is one byte.
    unsafe { ctgrind_show((&raw mut yes).cast(), 1) }
    yes
}

/// Runs what may depend on a secret, such as the check that there is one at all.
pub fn quietly<T>(run: impl FnOnce() -> T) -> T {
    // SAFETY: valgrind counts these calls; nothing else happens.
    unsafe { ctgrind_be_quiet() }
    let result = run();
    // SAFETY: as above.
    unsafe { ctgrind_report() }
    result
}
