//! A thousand breakers on one page.

use cb_runtime::Config;

use crate::{Browser, Server};

const MANY: usize = 1_000;

#[tokio::test]
async fn a_thousand_breakers_are_no_burden() {
    let server = Server::start();
    let breakers: Vec<_> = (0..MANY)
        .map(|number| {
            let name = format!("service_{number:04}");
            server.breaker(&name, Config::builder().failure_threshold(3).service_type("cache"))
        })
        .collect();
    let Some(page) = Browser::start().await else { return };
    page.go(&server.url("")).await;
    page.until("document.querySelectorAll('.row').length > 10").await;
    let paint =
        page.js("performance.getEntriesByName('first-contentful-paint')[0]?.startTime").await;
    let list = page.js("performance.now()").await;
    page.until("document.querySelector('.kinds b').textContent === '1,000'").await;
    assert!(page.js("document.querySelectorAll('.row').length").await.as_u64() < Some(100));

    // All of them change, and the page keeps up.
    page.js("void (window.long = [], new PerformanceObserver((list) => long.push(...list.getEntries().map((task) => task.duration))).observe({ entryTypes: ['longtask'] }))").await;
    page.js("void (window.began = performance.now())").await;
    for breaker in &breakers {
        for _ in 0..3 {
            breaker.try_acquire().unwrap().failure();
        }
    }
    page.until("document.querySelector('.kinds [data-kind=open] b').textContent === '1,000'").await;
    let opened = page.js("performance.now() - began").await;
    let scrolled = "(() => {
        const list = document.querySelector('#list');
        list.scrollTop = list.scrollHeight;
    })()";
    page.js(scrolled).await;
    page.until(
        "document.querySelector('.row:last-child .name-button').textContent === 'service_0999'",
    )
    .await;
    page.until("document.querySelectorAll('.event').length === 200").await;
    page.fill("#filter", "service_0500").await;
    page.until("document.querySelectorAll('.row').length === 1").await;
    let longest = page.js("Math.max(0, ...long)").await;
    println!(
        "1 000 breakers: first paint after {paint:.0} ms, the list after {list:.0} ms; all opened and shown in \
         {opened:.0} ms, with {longest:.0} ms at the most without an answer to the keyboard"
    );
    page.end(&[]).await;
}
