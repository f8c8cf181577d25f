//! What was written in the attribute: a list of keys, each with its place, and their values.

use std::time::Duration;

use darling::{Error, FromMeta, ast::NestedMeta, error::Accumulator};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{
    Expr, Ident, LitStr, Meta, MetaList, MetaNameValue, Pat, Path, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    spanned::Spanned,
};

use crate::{
    constants,
    fallback::Fallbacks,
    keys,
    runtime::RuntimePath,
    value::{
        Backoff, Cancelled, Code, Count, FallbackOn, Flag, HealthCheck, Keyed, Length, Name,
        OpenFor, Pattern, Rate, Retry, Shed, Stale, Switch, Text, Window,
    },
};

/// The settings, by key. A key that is not written, or was refused, is `None`.
#[derive(Default, FromMeta)]
pub(crate) struct Settings {
    pub(crate) name: Option<Name>,
    pub(crate) key: Option<Keyed>,
    pub(crate) max_keys: Option<Count>,
    pub(crate) service_type: Option<Text>,
    pub(crate) critical: Option<Flag>,
    pub(crate) failure_threshold: Option<Count>,
    pub(crate) failure_rate: Option<Rate>,
    pub(crate) slow_call: Option<Length>,
    pub(crate) slow_call_rate: Option<Rate>,
    pub(crate) window: Option<Window>,
    pub(crate) min_calls: Option<Count>,
    pub(crate) recovery_timeout: Option<Length>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) half_open_max_calls: Option<Count>,
    pub(crate) success_threshold: Option<Count>,
    pub(crate) probe_timeout: Option<Length>,
    pub(crate) reset_timeout: Option<Length>,
    pub(crate) shed: Option<Shed>,
    pub(crate) health_check: Option<HealthCheck>,
    pub(crate) response_times: Option<Switch>,
    pub(crate) record_errors: Option<Pattern>,
    pub(crate) ignore_errors: Option<Pattern>,
    pub(crate) failure_if: Option<Code>,
    pub(crate) open_for: Option<OpenFor>,
    pub(crate) call_timeout: Option<Length>,
    pub(crate) cancelled: Option<Cancelled>,
    pub(crate) max_concurrent: Option<Count>,
    pub(crate) retry: Option<Retry>,
    pub(crate) fallback: Option<Fallbacks>,
    pub(crate) fallback_on: Option<FallbackOn>,
    pub(crate) stale_if_error: Option<Stale>,
    pub(crate) enabled: Option<Code>,
    pub(crate) span: Option<Flag>,
    #[darling(rename = "crate")]
    pub(crate) runtime: Option<RuntimePath>,
    /// Whether the `call_timeout` is that of the service type's preset.
    #[darling(skip)]
    pub(crate) is_preset_timeout: bool,
    /// Where the later of `min_calls` and `window` stands, if the first is written.
    #[darling(skip)]
    pub(crate) later_of_window: Option<Span>,
}

/// The settings, and where their keys stand.
pub(crate) struct Args {
    pub(crate) settings: Settings,
    /// By key, what is worked out once for the program.
    pub(crate) constants: Vec<(String, TokenStream)>,
    keys: Vec<(String, Span)>,
    /// What was written that is no key, each with what is said of it.
    unknown: Vec<String>,
    /// Whether the list was read to its end.
    whole: bool,
}

impl Args {
    /// Reads the attribute. What is wrong goes to `errors`, and the rest is read all the same.
    pub(crate) fn read(attribute: TokenStream, errors: &mut Accumulator) -> Self {
        let mut entries = Entries::default();
        let outcome = (|input: ParseStream<'_>| entries.read(input)).parse2(attribute);
        // What breaks off within brackets leaves the rest of them unread, which is then told too: once
        // is enough.
        let problem = entries.broken_off.map_or(outcome, Err);
        let whole = problem.is_ok();
        let mut unknown = Vec::new();
        if let Err(problem) = problem {
            errors.push(problem.into());
        }
        let mut keys: Vec<(String, Span)> = Vec::new();
        let (mut known, mut constants) = (Vec::new(), Vec::new());
        for entry in entries.list {
            let (key, span) =
                (entry.path().require_ident().map(ToString::to_string), entry.path().span());
            let key = key.unwrap_or_else(|_| entry.path().to_token_stream().to_string());
            if keys::find(&key).is_none() {
                let message = keys::unknown(&key);
                errors.push(Error::custom(&message).with_span(&span));
                unknown.push(message);
            } else if keys.iter().any(|(before, _)| *before == key) {
                let message = format!("`{key}` is given twice: remove one of the two");
                errors.push(Error::custom(message).with_span(&span));
            } else {
                keys.push((key, span));
                known.push(entry);
            }
        }
        // One key at a time, so that a wrong value costs only itself.
        let mut settings = Settings::default();
        for entry in known {
            let constant = constants::value(&entry);
            if let Some(one) = errors.handle(Settings::from_list(&[NestedMeta::Meta(entry)])) {
                settings.take(one);
                constants.extend(constant);
            }
        }
        let mut args = Self { settings, constants, keys, unknown, whole };
        args.settings.later_of_window =
            args.later("min_calls", "window").or_else(|| args.key("min_calls"));
        args
    }

    /// Whether a key that is not there was not written: it may stand behind what could not be read,
    /// or be misspelled.
    pub(crate) fn is_complete(&self) -> bool {
        self.whole && self.unknown.is_empty()
    }

    /// Whether a key is surely not written: it does not stand behind what could not be read, and is
    /// not what an unknown key may have meant.
    pub(crate) fn lacks(&self, name: &str) -> bool {
        let quoted = format!("`{name}`");
        self.key(name).is_none()
            && self.whole
            && !self.unknown.iter().any(|message| message.contains(&quoted))
    }

    /// Where a key stands, if it is written.
    pub(crate) fn key(&self, name: &str) -> Option<Span> {
        self.keys.iter().find(|(key, _)| key == name).map(|(_, span)| *span)
    }

    /// If both keys are written, where the later one stands.
    pub(crate) fn later(&self, one: &str, other: &str) -> Option<Span> {
        let at = |name: &str| self.keys.iter().position(|(key, _)| key == name);
        let later = at(one)?.max(at(other)?);
        self.keys.get(later).map(|(_, span)| *span)
    }
}

impl Settings {
    /// Adds what the service type says of calls, which only an asynchronous function can keep to. What it
    /// says of the breaker is added where the program runs.
    pub(crate) fn add_preset(&mut self) {
        let service_type = self.service_type.as_ref().map(Text::text);
        let seconds = match service_type.as_deref() {
            Some("ml_model") => 60,
            Some("llm" | "ai_provider" | "thinking_engine") => 30,
            _ => return,
        };
        if self.call_timeout.is_none() {
            self.call_timeout = Some(Length::of(Duration::from_secs(seconds)));
            self.is_preset_timeout = true;
        }
    }

    /// Whether anything has the arguments beside the body, and so needs a name for each.
    pub(crate) fn needs_arguments(&self) -> bool {
        self.fallback.is_some() || self.retry.is_some() || self.stale_if_error.is_some()
    }

    /// Whether an expression looks at the arguments beside the body: then one that the body does not use
    /// is used all the same.
    pub(crate) fn looks_at_arguments(&self) -> bool {
        self.key.is_some()
            || self.retry.as_ref().is_some_and(|retry| retry.when.is_some())
            || self.stale_if_error.as_ref().is_some_and(|stale| stale.key.is_some())
    }

    /// Whether each call is to have a span.
    pub(crate) fn has_span(&self) -> bool {
        self.span.as_ref().is_some_and(Flag::is_on)
    }

    fn take(&mut self, one: Self) {
        macro_rules! take {
            ($($key:ident)*) => { $(if one.$key.is_some() { self.$key = one.$key; })* };
        }
        take!(name key max_keys service_type critical failure_threshold failure_rate slow_call
            slow_call_rate window min_calls recovery_timeout backoff half_open_max_calls
            success_threshold probe_timeout reset_timeout shed health_check response_times
            record_errors ignore_errors failure_if open_for call_timeout cancelled max_concurrent
            retry fallback fallback_on stale_if_error enabled span runtime);
    }
}

/// The list as it is written, up to where it cannot be read.
#[derive(Default)]
struct Entries {
    list: Vec<Meta>,
    broken_off: Option<syn::Error>,
}

impl Entries {
    fn read(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        while !input.is_empty() {
            match entry(input) {
                Ok(entry) => self.list.push(entry),
                Err(error) => {
                    self.broken_off = Some(error);
                    break;
                }
            }
            if input.is_empty() {
                break;
            }
            if let Err(error) = input.parse::<Token![,]>() {
                self.broken_off =
                    Some(syn::Error::new(error.span(), "expected `,` and the next setting"));
                break;
            }
        }
        // What is left unread has been told about.
        input.parse::<TokenStream>()?;
        Ok(())
    }
}

fn entry(input: ParseStream<'_>) -> syn::Result<Meta> {
    if input.peek(LitStr) {
        let text: LitStr = input.fork().parse()?;
        let message = format!("a setting has its key before it: write `name = {:?}`", text.value());
        return Err(syn::Error::new(text.span(), message));
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected a setting, as in `failure_threshold = 5`"));
    }
    let key = input.call(Ident::parse_any)?;
    let path = Path::from(key.clone());
    if input.peek(Token![=]) {
        let eq_token = input.parse()?;
        let value = value(&key, input)?;
        return Ok(Meta::NameValue(MetaNameValue { path, eq_token, value }));
    }
    if input.peek(syn::token::Paren) {
        let inside;
        let paren = syn::parenthesized!(inside in input);
        let delimiter = syn::MacroDelimiter::Paren(paren);
        return Ok(Meta::List(MetaList { path, delimiter, tokens: inside.parse()? }));
    }
    Ok(Meta::Path(path))
}

/// An expression, except where a pattern is wanted, which not every expression's grammar can hold.
fn value(key: &Ident, input: ParseStream<'_>) -> syn::Result<Expr> {
    let what = keys::find(&key.to_string()).map(|key| key.example);
    let missing = input.is_empty() || input.peek(Token![,]);
    if let (true, Some(example)) = (missing, what) {
        let message = format!("`{key}` has no value: write `{example}`");
        return Err(syn::Error::new(key.span(), message));
    }
    if key != "record_errors" && key != "ignore_errors" {
        return input.parse();
    }
    if is_closure(input) {
        return input.parse();
    }
    let pattern = Pat::parse_multi_with_leading_vert(input)?;
    let mut tokens = pattern.to_token_stream();
    if input.peek(Token![if]) {
        let if_token: Token![if] = input.parse()?;
        let guard: Expr = input.parse()?;
        if_token.to_tokens(&mut tokens);
        guard.to_tokens(&mut tokens);
    }
    Ok(Expr::Verbatim(tokens))
}

/// Whether a closure comes next, and no pattern that starts with a bar: that has another bar only
/// between patterns.
fn is_closure(input: ParseStream<'_>) -> bool {
    let Ok(Expr::Closure(closure)) = input.fork().parse() else { return false };
    if input.peek(Token![move]) || input.peek(Token![async]) {
        return true;
    }
    let mut parameters = closure.inputs.iter();
    match (parameters.next(), parameters.next()) {
        // `| NotFound | Refused` reads as a closure too.
        (Some(Pat::Ident(one)), None) => !one.ident.to_string().starts_with(char::is_uppercase),
        (Some(Pat::Wild(_)), None) | (Some(Pat::Type(_)), _) => true,
        _ => false,
    }
}
