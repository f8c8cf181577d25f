//! Has the attribute's source compiled as a library.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cfg=cb_fuzz");
}
