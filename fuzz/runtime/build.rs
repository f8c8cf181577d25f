//! Has the runtime's source compiled with what only random input needs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cfg=cb_fuzz");
}
