//! What must be true of every answer of the attribute's.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    File, Item, ItemFn, Signature, TypeTraitObject,
    visit::{self, Visit},
};

/// Longer input is not tried. `syn` reads what is nested by recursion and knows no bound: a good
/// thousand levels overflow the stack, here as in the compiler, in this macro as in every other that
/// is built on it. So many bytes cannot nest so deep.
pub(crate) const LONGEST: usize = 1024;

/// Has the attribute answer, which must not panic, and looks at what came out.
///
/// # Panics
/// Where it cannot be read as Rust, or where what stood under the attribute is not in it.
pub(crate) fn check(settings: &TokenStream, item: &TokenStream) {
    let output = attribute::expanded(settings.clone(), item.clone());
    let shown = || {
        let output = attribute::expanded(settings.clone(), item.clone());
        format!("\n#[circuit_breaker({settings})]\n{item}\nbecame\n{output}")
    };
    // Written out and read again, as the one in the output is: `syn` has an order of its own for some
    // things.
    let written = syn::parse2::<ItemFn>(item.clone());
    let Ok(function) = written.and_then(|written| syn::parse2::<ItemFn>(quote!(#written))) else {
        // Told to be no function, and otherwise left alone.
        let (output, item) = (output.to_string(), item.to_string());
        assert!(output.ends_with(&item), "the item is gone:{}", shown());
        assert!(output.len() > item.len(), "nothing was said:{}", shown());
        return;
    };
    if has_bare_trait(&function.sig) {
        return;
    }
    let file = match syn::parse2::<File>(output) {
        Ok(file) => file,
        Err(error) => panic!("not Rust: {error}:{}", shown()),
    };
    assert!(file.attrs.is_empty(), "an attribute has got out of its function:{}", shown());
    let Some((Item::Fn(same), errors)) = file.items.split_last() else {
        panic!("no function:{}", shown())
    };
    assert_eq!(same.sig.ident, function.sig.ident, "another function:{}", shown());
    assert_eq!(same.vis, function.vis, "another visibility:{}", shown());
    assert_eq!(same.sig.output, function.sig.output, "another return type:{}", shown());
    assert_eq!(same.sig.inputs.len(), function.sig.inputs.len(), "other arguments:{}", shown());
    assert!(errors.iter().all(is_error), "more than the function and errors:{}", shown());
}

/// Whether a trait is a type without `dyn`, as in `Box<Error>` or `-> Error +`. That is read, and refused
/// later whatever is made of it; and what is right around a type is not right around such a one.
fn has_bare_trait(signature: &Signature) -> bool {
    let mut found = BareTrait(false);
    found.visit_signature(signature);
    found.0
}

struct BareTrait(bool);

impl Visit<'_> for BareTrait {
    fn visit_type_trait_object(&mut self, object: &TypeTraitObject) {
        self.0 |= object.dyn_token.is_none();
        visit::visit_type_trait_object(self, object);
    }
}

fn is_error(item: &Item) -> bool {
    matches!(item, Item::Macro(call) if call.mac.path.segments.last().is_some_and(|last| last.ident == "compile_error"))
}
