//! How the page looks, as far as that can be told in figures.

use cb_runtime::{Config, circuit_breaker, registry, testing};
use serde_json::json;

use crate::{Browser, Server, open};

/// As relative luminance, from 0 to 1, as contrast is reckoned with.
const LUMINANCE: &str = "(colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}";

/// Every text that is seen against what it stands on, and those of less contrast than 4.5 : 1.
const PALE: &str = "(() => {
    const luminance = LUMINANCE;
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const pixel = (colours) => {
        canvas.clearRect(0, 0, 1, 1);
        for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
        return `rgb(${[...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).join(' ')})`;
    };
    const found = [];
    for (const node of document.querySelectorAll('body *')) {
        const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
        if (!own || !node.checkVisibility({ visibilityProperty: true }) || node.closest('.unseen, noscript')) continue;
        const under = [];
        for (let at = node; at; at = at.parentElement) under.unshift(getComputedStyle(at).backgroundColor);
        const paper = luminance(pixel(under));
        const ink = luminance(pixel([...under, getComputedStyle(node).color]));
        const contrast = (Math.max(paper, ink) + 0.05) / (Math.min(paper, ink) + 0.05);
        if (contrast < 4.5) found.push(`${contrast.toFixed(2)} ${node.className}: ${node.textContent.slice(0, 40)}`);
    }
    return found;
})()";

/// The texts of too little contrast, as an expression.
pub(crate) fn pale() -> String {
    PALE.replace("LUMINANCE", LUMINANCE)
}

async fn with_all_kinds() -> Server {
    let server = Server::start();
    server.opened("db", "connection refused").await;
    server.breaker("llm", Config::builder().service_type("llm").critical(true));
    server.breaker("mail", Config::builder()).force_open();
    server.breaker("geo", Config::builder()).disable();
    server.breaker("search", Config::builder()).metrics_only();
    server
}

#[tokio::test]
async fn it_is_dark_where_that_is_preferred_and_can_be_read_in_both() {
    let server = with_all_kinds().await;
    let Some(page) = open(&server).await else { return };
    page.until("document.querySelectorAll('.row').length === 5").await;
    page.js("document.querySelector('.row[data-kind=open] .name-button').click()").await;
    page.until("document.querySelector('.settings')").await;
    let too_pale = pale();
    let paper =
        format!("({LUMINANCE})(getComputedStyle(document.documentElement).backgroundColor)");
    let mut papers = Vec::new();
    for scheme in ["light", "dark"] {
        page.prefer("prefers-color-scheme", scheme).await;
        page.until(&format!("matchMedia('(prefers-color-scheme: {scheme})').matches")).await;
        papers.push(page.js(&paper).await.as_f64().unwrap());
        let found = page.js(&too_pale).await;
        assert_eq!(found, json!([]), "{scheme}");
    }
    assert!(papers[0] > 0.8 && papers[1] < 0.05, "{papers:?}");
    page.prefer("prefers-reduced-motion", "reduce").await;
    page.until("document.getAnimations().length === 0").await;
    page.end(&[]).await;
}

#[tokio::test]
async fn a_telephone_has_room_for_it() {
    let server = with_all_kinds().await;
    let long = "a/very/long/name/without/any/place/to/break/it/in/two".repeat(2);
    server.opened(&long, &"an_error_that_has_no_end_and_no_space_either".repeat(4)).await;
    let Some(page) = open(&server).await else { return };
    page.size(380, 760).await;
    page.until("innerWidth === 380 && document.querySelectorAll('.row').length > 1").await;
    let too_wide = "[...document.querySelectorAll('body *')].filter((node) =>
        node.checkVisibility() && !node.closest('.unseen, .kinds, svg, .skip') && node.getBoundingClientRect().right > innerWidth + 0.5)
        .map((node) => node.outerHTML.slice(0, 120))";
    let fits = async |part: &str| {
        let found = page.js(too_wide).await;
        assert_eq!(found, json!([]), "{part}");
        assert_eq!(page.js("document.documentElement.scrollWidth").await, 380, "{part}");
    };
    fits("the list").await;
    for view in ["alerts", "events", "breakers"] {
        page.click(&format!(".views [data-view={view}]")).await;
        fits(view).await;
    }
    page.js("document.querySelector('.row[data-kind=open] .name-button').click()").await;
    page.until(
        "document.querySelector('.settings') && document.querySelectorAll('.uplot').length === 3",
    )
    .await;
    fits("the details").await;
    for dialog in ["reset", "forced_open", "edit"] {
        page.click(&format!("[data-act={dialog}]")).await;
        page.until("document.querySelector('dialog[open]')").await;
        fits(dialog).await;
        page.click("dialog .buttons button:first-child").await;
        page.until("!document.querySelector('dialog')").await;
    }
    page.end(&[]).await;
}

#[tokio::test]
async fn breakers_are_chosen_by_name_type_and_state() {
    let server = with_all_kinds().await;
    let Some(page) = open(&server).await else { return };
    let shows = async |names: &[&str]| {
        let found =
            "[...document.querySelectorAll('.name-button')].map((name) => name.textContent).join()";
        page.until(&format!("{found} === {}", json!(names.join(",")))).await;
    };
    // What is in trouble comes first.
    shows(&["db", "mail", "geo", "search", "llm"]).await;
    for (kind, name) in [("open", "db"), ("disabled", "geo"), ("closed", "llm")] {
        page.click(&format!(".kinds [data-kind={kind}]")).await;
        shows(&[name]).await;
    }
    page.click(".kinds [data-kind='']").await;
    page.click("#type option[value=llm]").await;
    shows(&["llm"]).await;
    page.fill("#filter", "nothing").await;
    page.until("document.querySelector('.list .nothing h3').textContent === 'None of them fits'")
        .await;
    page.click(".list .nothing button").await;
    page.click("#sort option[value=name]").await;
    shows(&["db", "geo", "llm", "mail", "search"]).await;
    page.fill("#filter", "ea").await;
    shows(&["search"]).await;
    // The address leads back to the same.
    page.client.refresh().await.unwrap();
    shows(&["search"]).await;
    page.end(&[]).await;
}

#[tokio::test]
async fn ages_are_by_the_servers_clock() {
    let server = with_all_kinds().await;
    let Some(page) = Browser::start().await else { return };
    let ahead = "const now = Date.now; Date.now = () => now() + 86_400_000;";
    page.tell("Page.addScriptToEvaluateOnNewDocument", json!({ "source": ahead })).await;
    page.go(&server.url("")).await;
    page.until("/^(just now|\\d+ s ago)$/.test(document.querySelector('.row[data-kind=open] .of-last small:last-child time').textContent)").await;
    page.until("/^probe in \\d+ s$/.test(document.querySelector('.row[data-kind=open] .of-state small').textContent)").await;
    page.end(&[]).await;
}

#[tokio::test]
async fn figures_do_not_claim_more_than_is_known() {
    let server = Server::start();
    for number in 0..199 {
        server.breaker(&format!("svc-{number}"), Config::builder());
    }
    server.opened("db", "connection refused").await;
    server.breaker("a", Config::builder().failure_threshold(u32::MAX));
    let Some(page) = open(&server).await else { return };
    page.until("document.querySelector('.row[data-kind=open]')").await;
    let cut = "[...document.querySelectorAll('.of-row')].filter((cell) => cell.scrollWidth > cell.clientWidth)
        .map((cell) => cell.textContent)";
    assert_eq!(page.js(cut).await, json!([]), "rows of failures that have no room");
    // From when on its paths are, in seconds since an hour ago.
    let begun = "Math.min(...[...document.querySelectorAll('.row[data-kind=open] .timeline path')]
        .flatMap((path) => [...(path.getAttribute('d') ?? '').matchAll(/M([\\d.]+)/g)].map((begin) => Number(begin[1]))))";
    let begun = page.js(begun).await.as_f64().unwrap();
    assert!(begun > 3000.0, "the program is {begun} s younger than an hour");
    assert!(page.text("document.querySelector('.figures').textContent").await.contains("99.5 %"));
    page.end(&[]).await;
}

/// Its key and its error are any text.
#[circuit_breaker(name = "dashboard.tenant", key = tenant, failure_threshold = 1)]
async fn of_tenant(tenant: &str, error: &str) -> anyhow::Result<()> {
    Err(anyhow::Error::msg(error.to_owned()))
}

#[tokio::test]
async fn what_comes_from_outside_stays_text() {
    testing::isolated(outside_texts()).await;
}

async fn outside_texts() {
    let texts = [
        "<img src=x onerror=\"document.title='hit'\">",
        "'\"><script>document.title='hit'</script>",
        "\u{1b}[31mred\u{1b}[0m & &amp; `code` \u{202e}back",
        "javascript:document.title='hit'/../?#",
    ];
    let server = Server::of(registry());
    for text in texts {
        of_tenant(text, text).await.unwrap_err();
    }
    let Some(page) = open(&server).await else { return };
    page.until("document.querySelectorAll('.row').length === 4").await;
    let names = "[...document.querySelectorAll('.name-button')]";
    let found = page.js(&format!("{names}.map((name) => name.textContent).sort()")).await;
    let mut expected = texts.map(|text| format!("dashboard.tenant[{text}]"));
    expected.sort();
    assert_eq!(found, json!(expected));
    for text in texts {
        let (name, text) = (json!(format!("dashboard.tenant[{text}]")), json!(text));
        page.js(&format!("{names}.find((button) => button.textContent === {name}).click()")).await;
        page.until(&format!("document.querySelector('#detail h2').textContent === {name}")).await;
        page.until(&format!("document.querySelector('.last-error').textContent === {text}")).await;
        page.until(&format!("document.querySelector('.history').textContent.includes({text})"))
            .await;
        page.click("[data-act=reset]").await;
        page.until(&format!(
            "document.querySelector('dialog h2').textContent === `Reset ${{{name}}}?`"
        ))
        .await;
        page.fill("dialog [name=reason]", "<b>\"done\"</b>").await;
        page.click("dialog [type=submit]").await;
        page.until("document.querySelector('.history').textContent.includes('<b>\"done\"</b>')")
            .await;
        // The address leads back to it.
        page.client.refresh().await.unwrap();
        page.until("document.querySelectorAll('.row').length === 4").await;
        page.until(&format!("document.querySelector('#detail h2').textContent === {name}")).await;
    }
    page.until("document.querySelectorAll('.row[data-kind=closed]').length === 4").await;
    assert_eq!(page.js("document.querySelectorAll('img, b b, main script').length").await, 0);
    assert_eq!(page.text("document.title").await, "Circuit breakers");
    page.end(&[]).await;
}
