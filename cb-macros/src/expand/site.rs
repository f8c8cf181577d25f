//! The static through which a function finds its breaker, and what it declares of it.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Expansion, calls::Calls};
use crate::{
    args::Settings,
    fallback::Fallbacks,
    runtime::Runtime,
    value::{DEFAULT_CALLS, Setting as _, Window},
};

impl Expansion<'_> {
    /// The static through which the function finds its breaker, and its declaration. With settings of its
    /// calls, the pair of that static and of the one that has those.
    pub(super) fn site(&self, calls: Option<&Calls>) -> TokenStream {
        let Self { settings, runtime, .. } = self;
        let Some(name) = settings.name.as_ref().map(|name| &name.0) else { return code!() };
        let stale = settings.stale_if_error.as_ref().map(|_| "a stale answer".to_owned());
        let fallbacks = settings.fallback.as_ref().map(Fallbacks::describe);
        let answers: Vec<String> = stale.into_iter().chain(fallbacks).collect();
        let fallback = if answers.is_empty() {
            code!(::core::option::Option::None)
        } else {
            let described = answers.join(", then ");
            code!(::core::option::Option::Some(#described))
        };
        let (mut checks, written) = written(settings, runtime);
        let (mut with_calls, mut found) = (TokenStream::new(), code!(&CIRCUIT_BREAKER_SITE));
        let with_key = settings.key.as_ref().map(|_| code!(.with_key()));
        if let Some(Calls { checks: of_calls, written }) = calls {
            checks.extend(code! {
                #of_calls
                static CIRCUIT_BREAKER_CALLS: #runtime::__private::Calls =
                    #runtime::__private::Calls::new(#written);
            });
            with_calls = code!(.with_calls(&CIRCUIT_BREAKER_CALLS));
            found = code!((&CIRCUIT_BREAKER_SITE, &CIRCUIT_BREAKER_CALLS));
        }
        // Names of items are seen by the user's expressions too.
        code! {{
            fn circuit_breaker_here() -> &'static ::core::primitive::str {
                ::core::any::type_name_of_val(&circuit_breaker_here)
            }
            #checks
            static CIRCUIT_BREAKER: #runtime::Declaration = #runtime::Declaration::new(
                #name,
                circuit_breaker_here,
                (::core::file!(), ::core::line!()),
                #runtime::ConfigBuilder::new() #written,
                #fallback,
            )#with_key #with_calls;
            #runtime::__private::inventory::submit! { #runtime::__private::Declared(&CIRCUIT_BREAKER) }
            static CIRCUIT_BREAKER_SITE: #runtime::__private::Site =
                #runtime::__private::Site::new(&CIRCUIT_BREAKER);
            #found
        }}
    }
}

/// The setters of what is written, one after the other, and before them what the compiler is to
/// check of the constants among the values.
fn written(settings: &Settings, runtime: &Runtime) -> (TokenStream, TokenStream) {
    let (mut checks, mut setters) = (TokenStream::new(), TokenStream::new());
    macro_rules! set {
        ($($key:ident)*) => {$(
            if let Some(setting) = &settings.$key {
                let value = setting.value(runtime);
                checks.extend(setting.check(runtime));
                setters.extend(code!(.$key(#value)));
            }
        )*};
    }
    set!(max_keys service_type critical failure_threshold failure_rate slow_call slow_call_rate window
        min_calls recovery_timeout backoff half_open_max_calls success_threshold probe_timeout
        reset_timeout shed health_check response_times);
    checks.extend(fits_in_window(settings, runtime));
    (checks, setters)
}

/// That the window holds as many calls as are asked for, where only the compiler knows the numbers.
fn fits_in_window(settings: &Settings, runtime: &Runtime) -> Option<TokenStream> {
    let min_calls = settings.min_calls.as_ref()?;
    let is_known = settings.window.as_ref().is_none_or(Window::is_literal);
    if is_known && min_calls.literal().is_some() {
        return None;
    }
    let min_calls = min_calls.value(runtime);
    let window = match &settings.window {
        Some(window) => window.value(runtime),
        None => code!(#runtime::Window::Calls(#DEFAULT_CALLS)),
    };
    let message = "`min_calls` is more than the calls that the `window` holds, so that no rate would ever be judged: lower `min_calls`, or widen the `window`";
    let panic = quote_spanned!(settings.later_of_window?=> ::core::panic!(#message));
    // A window of no calls has been told about.
    Some(code! {
        const _: () = match #window {
            #runtime::Window::Calls(calls) if calls > 0 && #min_calls > calls => #panic,
            _ => (),
        };
    })
}
