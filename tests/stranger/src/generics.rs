//! Type parameters, lifetimes, constants and bounds.

use std::fmt::{Debug, Display};

use cb_runtime::circuit_breaker;

use crate::support::{Fault, counts, send, turn};

#[circuit_breaker(name = "generics.bounds", fallback = |value, _, _| Ok(value))]
async fn bounds<'a, T, const N: usize>(value: T, list: &'a [T; N], at: usize) -> Result<T, Fault>
where
    T: Clone + Send + Sync + 'a,
    [T; N]: Debug,
{
    turn().await;
    list.get(at).cloned().ok_or(Fault::NotFound)
}

#[tokio::test]
async fn a_generic_function_has_one_breaker_for_all_its_types() {
    assert_eq!(send(bounds("none", &["a", "b"], 1)).await.ok(), Some("b"));
    assert_eq!(send(bounds(0, &[1, 2, 3], 3)).await.ok(), Some(0));
    assert_eq!(send(bounds::<String, 0>("x".into(), &[], 0)).await.ok().as_deref(), Some("x"));
    assert_eq!(counts("generics.bounds"), [1, 2, 0, 0, 2]);
}

#[circuit_breaker(name = "generics.shared_threshold", failure_threshold = 2)]
fn fails<T: Default>(down: bool) -> Result<T, Fault> {
    if down { Err(Fault::Down) } else { Ok(T::default()) }
}

#[test]
fn the_types_fail_together() {
    assert!(fails::<u8>(true).is_err());
    assert!(fails::<String>(true).is_err());
    assert!(fails::<u8>(false).is_err_and(|fault| fault.is_rejection()));
    assert!(fails::<Vec<u8>>(false).is_err_and(|fault| fault.is_rejection()));
}

struct Cache<K, const SIZE: usize> {
    keys: Vec<K>,
}

impl<K: Clone + Send + Sync + Display, const SIZE: usize> Cache<K, SIZE> {
    #[circuit_breaker(name = "generics.method", fallback = Self::show::<D>)]
    async fn get<D: Display + Send + Clone>(&mut self, key: K, suffix: D) -> Result<String, Fault> {
        turn().await;
        self.keys.push(key);
        if self.keys.len() > SIZE { Err(Fault::Down) } else { Ok(suffix.to_string()) }
    }

    async fn show<D: Display>(&mut self, key: K, suffix: D) -> Result<String, Fault> {
        self.keys.clear();
        Ok(format!("{key}{suffix}"))
    }

    #[circuit_breaker(name = "generics.associated")]
    fn with(keys: impl IntoIterator<Item = K>) -> Result<Self, Fault> {
        let keys: Vec<K> = keys.into_iter().collect();
        if keys.len() > SIZE { Err(Fault::Down) } else { Ok(Self { keys }) }
    }
}

#[tokio::test]
async fn a_method_of_a_generic_type() {
    let mut cache = Cache::<_, 1>::with(Vec::new()).expect("an answer");
    assert_eq!(send(cache.get("a", 1)).await.ok().as_deref(), Some("1"));
    assert_eq!(send(cache.get("b", "!")).await.ok().as_deref(), Some("b!"));
    assert!(cache.keys.is_empty());
    assert!(Cache::<u8, 1>::with([1, 2]).is_err());
}

#[circuit_breaker(name = "generics.lifetimes", fallback = |a, _b: &'b str| Ok(a))]
async fn lifetimes<'a: 'b, 'b>(a: &'a str, b: &'b str) -> Result<&'b str, Fault> {
    turn().await;
    if b.is_empty() { Err(Fault::Down) } else { Ok(b) }
}

#[tokio::test]
async fn lifetimes_with_bounds() {
    let a = String::from("a");
    let chosen = {
        let b = String::from("b");
        send(lifetimes(&a, &b)).await.ok().map(ToOwned::to_owned)
    };
    assert_eq!(chosen.as_deref(), Some("b"));
    assert_eq!(lifetimes(&a, "").await.ok(), Some("a"));
}

#[circuit_breaker(name = "generics.callback", fallback = |_, value| Ok(format!("{value:?}")))]
async fn callback<F, Fut>(ask: F, value: Option<u32>) -> Result<String, Fault>
where
    F: FnOnce(Option<u32>) -> Fut,
    Fut: Future<Output = Result<String, Fault>>,
{
    ask(value).await
}

#[circuit_breaker(name = "generics.higher_ranked")]
async fn higher_ranked(
    text: String,
    look: impl for<'a> Fn(&'a str) -> &'a str,
) -> Result<usize, Fault> {
    let length = look(&text).len();
    turn().await;
    Ok(length + look(&text).len())
}

#[tokio::test]
async fn functions_as_arguments() {
    let ask = async |value| {
        Err::<String, _>(if value == Some(1) { Fault::Down } else { Fault::NotFound })
    };
    assert_eq!(callback(ask, Some(1)).await.ok().as_deref(), Some("Some(1)"));
    let ask =
        |value: Option<u32>| async move { Ok(value.map_or_else(String::new, |n| n.to_string())) };
    assert_eq!(send(callback(ask, Some(1))).await.ok().as_deref(), Some("1"));
    assert_eq!(send(higher_ranked(" ab ".into(), str::trim)).await.ok(), Some(4));
}
