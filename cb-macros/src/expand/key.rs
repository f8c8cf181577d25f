//! The key that tells one breaker of a name from another.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{
    Ident, Pat, PatIdent, PatReference,
    spanned::Spanned,
    visit_mut::{self, VisitMut},
};

use super::Expansion;
use crate::near;

impl Expansion<'_> {
    /// The site, or with `key = tenant` that of the key's value:
    ///
    /// ```text
    /// {
    ///     let site: &'static Site = /* the site */;
    ///     site.at(AsKey::as_key(&(tenant)))
    /// }
    /// ```
    ///
    /// The expression only looks at the arguments, which the body has after it.
    ///
    /// Where the calls have settings, they go along as they are.
    pub(super) fn keyed(&self, site: TokenStream, has_calls: bool) -> TokenStream {
        let Self { settings, runtime, .. } = self;
        let Some(key) = settings.key.as_ref().map(|key| &key.0) else { return site };
        let span = key.span();
        let (private, _) = runtime.named_at(span);
        let shown = quote_spanned!(span=> #private::AsKey::as_key(&(#key)));
        let bound = self.bound();
        if has_calls {
            return code! {{
                #bound
                let (site, calls): (&'static #runtime::__private::Site, _) = #site;
                (site.at(#shown), calls)
            }};
        }
        code! {{
            #bound
            let site: &'static #runtime::__private::Site = #site;
            site.at(#shown)
        }}
    }

    /// The names in the arguments' patterns, as references, for an expression that stands before the
    /// body: they have no value yet where the argument has a name of its own.
    pub(super) fn bound(&self) -> TokenStream {
        let is_name =
            |pattern: &Pat, name: &Ident| matches!(pattern, Pat::Ident(own) if own.ident == *name);
        let unbound = self.patterns.iter().filter(|(pattern, name)| !is_name(pattern, name));
        unbound
            .map(|(pattern, name)| {
                let mut pattern = pattern.clone();
                let mut by_reference = ByReference::default();
                by_reference.visit_pat_mut(&mut pattern);
                let behind = by_reference.behind;
                quote_spanned! {near(pattern.span())=>
                    #[allow(unused_variables, clippy::no_effect_underscore_binding)]
                    let #pattern = &#name;
                    #(
                        #[allow(unused_variables, clippy::no_effect_underscore_binding)]
                        let #behind = &**#behind;
                    )*
                }
            })
            .collect()
    }
}

/// Makes a pattern bind all its names by reference, when it is held against a reference.
#[derive(Default)]
struct ByReference {
    /// The names behind an `&`, once for each: they are references to references then.
    behind: Vec<Ident>,
}

impl VisitMut for ByReference {
    fn visit_pat_ident_mut(&mut self, name: &mut PatIdent) {
        (name.by_ref, name.mutability) = (None, None);
        visit_mut::visit_pat_ident_mut(self, name);
    }

    fn visit_pat_mut(&mut self, pattern: &mut Pat) {
        let mut references = 0;
        while let Pat::Reference(PatReference { pat, .. }) = pattern {
            references += 1;
            *pattern = (**pat).clone();
        }
        if let Pat::Ident(name) = pattern {
            self.behind.extend(std::iter::repeat_n(name.ident.clone(), references));
        }
        visit_mut::visit_pat_mut(self, pattern);
    }
}
