//! Whatever is written, the macro answers with code or with errors, and never panics.

use proc_macro2::TokenStream;

use crate::protect;

const KEYS: &[&str] = &[
    "name",
    "key",
    "max_keys",
    "service_type",
    "critical",
    "failure_threshold",
    "failure_rate",
    "slow_call",
    "slow_call_rate",
    "window",
    "min_calls",
    "recovery_timeout",
    "backoff",
    "half_open_max_calls",
    "success_threshold",
    "probe_timeout",
    "reset_timeout",
    "shed",
    "health_check",
    "response_times",
    "record_errors",
    "ignore_errors",
    "failure_if",
    "open_for",
    "call_timeout",
    "cancelled",
    "max_concurrent",
    "retry",
    "fallback",
    "fallback_on",
    "stale_if_error",
    "enabled",
    "span",
    "crate",
    "timeout",
    "r#type",
    "self",
    "a::b",
    "\"text\"",
    "é",
    "_",
];

const VALUES: &[&str] = &[
    "",
    "= ",
    "= \"search\"",
    "= \"\"",
    "= \"3s\"",
    "= \"999999999999999999999999y\"",
    "= 0",
    "= 5",
    "= -5",
    "= 99999999999999999999999999999",
    "= 1e400",
    "= 0.5",
    "= 0.5f32",
    "= -0.0",
    "= 2e0",
    "= -RATE",
    "= - -1",
    "= \"50%\"",
    "= \"%\"",
    "= 1_000_001",
    "= \"999us\"",
    "= (2.0, \"10m\", 0.1)",
    "= (factor = 2, max = MAX)",
    "= (2.0)",
    "= (2.0, 3.0, 4.0, 5.0)",
    "= a = b",
    "(factor = 2.0, max = \"10m\", jitter = 0.1)",
    "(2.0, MAX, jitter = JITTER, jitter = 2, 7)",
    "(jitter = )",
    "(max_attempts = 3, delay = \"100ms\", factor = 1.5, max_delay = \"10s\", jitter, when = |e| e.x())",
    "= (3, \"100ms\", 2, \"10s\", true, |e| e.x())",
    "(LIMIT, \"2m\", max_delay = MAX, jitter = 0.5, when = Self::again)",
    "(3, max_delay = \"1ms\", attempts = 2, jitter, jitter = false)",
    "(max_age = \"5m\", key = (a, &b), capacity = 10)",
    "(\"5m\", a, CAPACITY, store = &STORE)",
    "(key = \"a\", ttl = 5)",
    "= \"registered\"",
    "= [other, \"registered\"]",
    "= tenant.id",
    "= Self::ping",
    "= ping()",
    "= 'c'",
    "= b\"x\"",
    "= true",
    "= LIMIT",
    "= limit()",
    "= Self::other",
    "= <Self as Trait>::other",
    "= other::<T, 3>",
    "= |a| a",
    "= |a, _, cause| { cause }",
    "= |this, r#type| this.other(r#type)",
    "= || async move { self.x }",
    "= async |a: u32| Ok(a?)",
    "= move |(a, b), ..| a",
    "= [other, |a| Ok(a), async |_| Ok(1)]",
    "= []",
    "= [[other]]",
    "= A | B(_) | C { x: 1..=5, .. } if x > 3",
    "= x @ 1..",
    "= ..",
    "(a = 1, b)",
    "()",
    "[x]",
    "= {",
    "= , ,",
    "= if",
    "= match x {}",
    "= return",
    "= loop {}",
];

const ITEMS: &[&str] = &[
    "async fn f(a: u32, b: String) -> Result<u32, E> { Ok(a) }",
    "fn f(a: &str, r#type: &mut u8) -> Result<u32, E> { Ok(1) }",
    "pub(crate) async fn f(&mut self, (a, b): (u32, u32), mut v: Vec<u8>, _: u8) -> anyhow::Result<()> { Ok(()) }",
    "fn f(self: Arc<Self>, ref x @ (a, _): (u8, u8)) -> R<'_> where Self: Sized { self.g() }",
    "async fn f(mut self) {}",
    "fn f<'a, T: Trait<'a>, const N: usize>(t: T, x: impl Fn(&str) -> T) -> Result<impl Iterator<Item = T> + 'a, E> { x(t) }",
    "fn f<'a>(&'a self, q: &'a str) -> Pin<Box<dyn Future<Output = Result<u32, E>> + Send + 'a>> { Box::pin(async move { let __self = self; Ok(1) }) }",
    "fn f(x: u32) -> impl Future<Output = Result<u32, E>> + Send { let y = x; async move { Ok(y) } }",
    "fn f() -> BoxFuture<'static, ()> { g() }",
    "fn f() -> ! { loop {} }",
    "fn f() -> () {}",
    "const unsafe extern \"C\" fn f(x: u8, _: ...) -> u8 { 1 }",
    "#[circuit_breaker(name = \"x\")] #[other] async fn f(#[cfg(x)] a: u8) -> Result<(), E> { Err(a)? }",
    "async fn f(a: u8) -> Result<u8, E> { #![allow(unused)] Ok(a) }",
    "async fn f(&self) -> Result<(), E>;",
    "struct S { x: u8 }",
    "impl S { fn f() {} }",
    "mod m { }",
    "macro_rules! m { () => {} }",
    "let x = 1;",
    "fn",
    "",
];

/// The same numbers every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        // Knuth's MMIX generator: The Art of Computer Programming, volume 2, 3.3.4.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// Tokens, or nothing where the text is no tokens: such text never gets to a macro.
fn tokens(text: &str) -> Option<TokenStream> {
    text.parse().ok()
}

#[test]
fn whatever_is_written_is_answered() {
    let mut numbers = Numbers(1);
    let (mut expanded, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let mut attribute = String::from("name = \"search\", ");
        if numbers.below(8) == 0 {
            attribute.clear();
        }
        for _ in 0..numbers.below(4) {
            attribute.push_str(numbers.pick(KEYS));
            attribute.push_str(numbers.pick(VALUES));
            attribute.push_str(if numbers.below(20) == 0 { " " } else { ", " });
        }
        let item = numbers.pick(ITEMS);
        let (Some(attribute), Some(item)) = (tokens(&attribute), tokens(item)) else { continue };
        let output = protect(attribute, item).to_string();
        if output.contains("compile_error") { refused += 1 } else { expanded += 1 }
    }
    assert!(expanded > 1000 && refused > 1000, "{expanded} expanded, {refused} refused");
}

#[test]
fn each_value_for_each_key_on_each_item() {
    for key in KEYS {
        for value in VALUES {
            for item in ITEMS {
                let attribute = format!("name = \"search\", {key} {value}");
                if let (Some(attribute), Some(item)) = (tokens(&attribute), tokens(item)) {
                    let output = protect(attribute, item);
                    assert!(!output.is_empty(), "nothing for {key} {value}");
                    let refused = output.to_string().contains("compile_error");
                    assert!(refused || syn::parse2::<syn::ItemFn>(output).is_ok(), "{key} {value}");
                }
            }
        }
    }
}
