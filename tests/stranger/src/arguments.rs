//! Arguments of every form.

use cb_runtime::circuit_breaker;

use crate::support::{Fault, counts, send, turn};

struct Point {
    x: u32,
    y: u32,
}

#[circuit_breaker(name = "arguments.patterns")]
async fn patterns(
    (a, b): (u32, u32),
    Point { x, y: up }: Point,
    [first, .., last]: [u32; 3],
    &c: &u32,
    mut v: Vec<u32>,
    _: String,
    _unused: u8,
) -> Result<u32, Fault> {
    v.push(1);
    turn().await;
    v.push(1);
    Ok(a + b + x + up + first + last + c + v.iter().sum::<u32>())
}

#[tokio::test]
async fn patterns_are_bound_in_the_body() {
    let answer =
        send(patterns((1, 2), Point { x: 3, y: 4 }, [5, 0, 6], &7, vec![8], String::new(), 0));
    assert_eq!(answer.await.ok(), Some(38));
}

#[derive(Clone, Debug)]
struct Order {
    article: String,
    number: u32,
}

#[circuit_breaker(name = "arguments.kept", failure_threshold = 1, fallback = kept_too)]
async fn kept(
    (a, b): (u32, String),
    Order { article, mut number }: Order,
    mut v: Vec<u32>,
    _: &str,
    _unused: u32,
    ref c: u32,
    all @ (one, _): (u32, u32),
) -> Result<String, Fault> {
    v.push(a + number + *c + all.0 + one);
    number += 1;
    turn().await;
    drop((b, article, v, number));
    Err(Fault::Down)
}

async fn kept_too(
    (a, b): (u32, String),
    order: Order,
    v: Vec<u32>,
    text: &str,
    unused: u32,
    c: u32,
    pair: (u32, u32),
) -> Result<String, Fault> {
    turn().await;
    Ok(format!("{a} {b} {} {} {v:?} {text} {unused} {c} {pair:?}", order.article, order.number))
}

#[tokio::test]
async fn a_fallback_has_each_argument_whole_and_as_it_was() {
    for _ in 0..2 {
        let order = Order { article: "tea".into(), number: 2 };
        let call = kept((1, "b".into()), order, vec![3], "hidden", 4, 5, (6, 7));
        let answer = send(call).await.ok();
        assert_eq!(answer.as_deref(), Some("1 b tea 2 [3] hidden 4 5 (6, 7)"));
    }
    assert_eq!(counts("arguments.kept"), [0, 1, 0, 1, 2]);
}

#[circuit_breaker(name = "arguments.kept_plain", fallback = |pair, text, cause| {
    let (a, b): (u32, u32) = pair;
    Ok(format!("{a} {b} {text} {cause}"))
})]
fn kept_plain((a, mut b): (u32, u32), mut text: String) -> Result<String, Fault> {
    b += a;
    text.push_str(&b.to_string());
    Err(Fault::NotFound)
}

#[test]
fn so_has_a_plain_one() {
    let answer = kept_plain((1, 2), "three".into()).ok();
    assert_eq!(answer.as_deref(), Some("1 2 three there is no such thing"));
}

#[circuit_breaker(name = "arguments.exclusive", failure_threshold = 1, fallback = exclusive_too)]
async fn exclusive(list: &mut Vec<u32>, n: &mut u32, slice: &mut [u32]) -> Result<usize, Fault> {
    list.push(*n);
    turn().await;
    *n += 1;
    slice.reverse();
    Err(Fault::Down)
}

fn exclusive_too(list: &mut Vec<u32>, n: &mut u32, slice: &mut [u32]) -> Result<usize, Fault> {
    list.push(*n);
    slice.reverse();
    *n += 1;
    Ok(list.len())
}

#[tokio::test]
async fn a_mutable_reference_is_lent_twice() {
    let (mut list, mut n, mut slice) = (vec![], 1, [1, 2]);
    assert_eq!(send(exclusive(&mut list, &mut n, &mut slice)).await.ok(), Some(2));
    assert_eq!((&*list, n, slice), (&[1, 2][..], 3, [1, 2]));
    assert_eq!(exclusive(&mut list, &mut n, &mut slice).await.ok(), Some(3));
    assert_eq!((&*list, n, slice), (&[1, 2, 3][..], 4, [2, 1]));
}

#[circuit_breaker(name = "arguments.opaque", fallback = |numbers, _, name, _| {
    Ok(format!("{} {}", name.as_ref(), numbers.count()))
})]
async fn opaque(
    numbers: impl Iterator<Item = u32> + Clone,
    step: impl FnOnce(u32) -> u32,
    name: &impl AsRef<str>,
) -> Result<String, Fault> {
    let sum = step(numbers.sum());
    turn().await;
    if sum == 0 { Err(Fault::Down) } else { Ok(format!("{} {sum}", name.as_ref())) }
}

#[tokio::test]
async fn opaque_types() {
    let moved = String::from("moved");
    let step = move |n| {
        drop(moved);
        n * 2
    };
    assert_eq!(send(opaque(1..3, step, &"sum")).await.ok().as_deref(), Some("sum 6"));
    assert_eq!(send(opaque(0..1, |n| n, &"none")).await.ok().as_deref(), Some("none 1"));
}

#[circuit_breaker(name = "arguments.raw", fallback = |r#type, r#fn| Ok(r#type + &r#fn.to_string()))]
async fn raw(r#type: String, mut r#fn: u32) -> Result<String, Fault> {
    r#fn += 1;
    turn().await;
    if r#type.is_empty() { Err(Fault::Down) } else { Ok(format!("{type} {fn}")) }
}

#[tokio::test]
async fn raw_names() {
    assert_eq!(send(raw("a".into(), 1)).await.ok().as_deref(), Some("a 2"));
    assert_eq!(send(raw(String::new(), 1)).await.ok().as_deref(), Some("1"));
}

#[circuit_breaker(name = "arguments.with_attributes", fallback = |_, b| Ok(b))]
async fn with_attributes(
    #[allow(unused_variables)] a: u32,
    #[allow(clippy::cast_lossless)] b: u64,
) -> Result<u64, Fault> {
    turn().await;
    Err(Fault::Down)
}

#[tokio::test]
async fn attributes_on_arguments() {
    assert_eq!(send(with_attributes(1, 2)).await.ok(), Some(2));
}

#[circuit_breaker(name = "arguments.many", fallback = many_too)]
#[allow(clippy::too_many_arguments)]
async fn many(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: String,
) -> Result<String, Fault> {
    turn().await;
    Err(Fault::Down)
}

#[allow(clippy::too_many_arguments)]
async fn many_too(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: String,
) -> Result<String, Fault> {
    Ok(format!("{} {i}", a + b + c + d + e + f + g + h))
}

#[tokio::test]
async fn many_arguments() {
    let answer = send(many(1, 1, 1, 1, 1, 1, 1, 1, "i".into())).await.ok();
    assert_eq!(answer.as_deref(), Some("8 i"));
}

#[circuit_breaker(name = "arguments.inside", fallback = inside_too)]
async fn inside(a: Option<&str>, b: (&str, &[u32]), c: Option<Box<u32>>) -> Result<String, Fault> {
    turn().await;
    Err(Fault::Down)
}

async fn inside_too(
    a: Option<&str>,
    b: (&str, &[u32]),
    c: Option<Box<u32>>,
) -> Result<String, Fault> {
    Ok(format!("{a:?} {b:?} {c:?}"))
}

#[tokio::test]
async fn references_inside_other_types() {
    let answer = send(inside(Some("a"), ("b", &[1]), None)).await.ok();
    assert_eq!(answer.as_deref(), Some("Some(\"a\") (\"b\", [1]) None"));
}
