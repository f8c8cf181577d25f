//! A browser with one page, and what can be asked of it.

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Server, driver::Driver};

/// How long a condition may take to come true, on a computer with much else to do.
const PATIENCE: u32 = 30_000;

/// A headless Chromium of one test.
pub(crate) struct Browser {
    pub(crate) client: Client,
    session: String,
    driver: Driver,
    http: reqwest::Client,
    _profile: TempDir,
}

/// A browser on the page of this server; `None` where there is no browser.
pub(crate) async fn open(server: &Server) -> Option<Browser> {
    let browser = Browser::start().await?;
    browser.go(&server.url("")).await;
    browser.until("document.body.dataset.phase === 'live'").await;
    Some(browser)
}

impl Browser {
    pub(crate) async fn start() -> Option<Self> {
        let driver = Driver::start()?;
        let profile = TempDir::new().unwrap();
        let profile_argument = format!("--user-data-dir={}", profile.path().display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1500,900",
            &profile_argument,
        ];
        let wishes = json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": PATIENCE + 10_000 },
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wishes.as_object().unwrap().clone())
            .connect(&driver.url())
            .await
            .unwrap();
        let session = client.session_id().await.unwrap().unwrap();
        let browser =
            Self { client, session, driver, http: reqwest::Client::new(), _profile: profile };
        let listen = "window.violations = [];
            addEventListener('securitypolicyviolation', (event) =>
                violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));";
        browser.tell("Page.addScriptToEvaluateOnNewDocument", json!({ "source": listen })).await;
        Some(browser)
    }

    pub(crate) async fn go(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// What of Chromium's own protocol `WebDriver` has no words for.
    pub(crate) async fn tell(&self, command: &str, parameters: Value) -> Value {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": parameters })).await
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/session/{}/{path}", self.driver.url(), self.session);
        let answer = self.http.post(url).json(body).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["value"].take()
    }

    /// The value of an expression in the page.
    pub(crate) async fn js(&self, expression: &str) -> Value {
        self.client.execute(&format!("return ({expression})"), Vec::new()).await.unwrap()
    }

    pub(crate) async fn text(&self, expression: &str) -> String {
        self.js(expression).await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an expression is true in the page, which looks at it after each of its own tasks.
    pub(crate) async fn until(&self, condition: &str) {
        let script = format!(
            "const done = arguments[0];
             const end = performance.now() + {PATIENCE};
             const look = () => {{
               let is = false;
               try {{ is = Boolean({condition}); }} catch {{}}
               if (is) done(null);
               else if (performance.now() > end) done(document.body.innerText);
               else setTimeout(look, 10);
             }};
             look();"
        );
        let found = self.client.execute_async(&script, Vec::new()).await.unwrap();
        let faults = if found.is_null() { Vec::new() } else { self.faults().await };
        assert!(
            found.is_null(),
            "`{condition}` has not come true; {faults:#?}, and the page says:\n{}",
            found.as_str().unwrap_or_default()
        );
    }

    /// The one element that this selector finds, once it is there.
    pub(crate) async fn find(&self, css: &str) -> Element {
        self.until(&format!("document.querySelector({css:?})")).await;
        self.client.find(Locator::Css(css)).await.unwrap()
    }

    pub(crate) async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Writes into an input in the place of what stands there.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let input = self.find(css).await;
        input.clear().await.unwrap();
        input.send_keys(text).await.unwrap();
    }

    /// Presses keys, wherever the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    pub(crate) async fn size(&self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
    }

    pub(crate) async fn prefer(&self, feature: &str, value: &str) {
        let features = json!({ "features": [{ "name": feature, "value": value }] });
        self.tell("Emulation.setEmulatedMedia", features).await;
    }

    /// What went against the policy of the page, and the errors on its console.
    pub(crate) async fn faults(&self) -> Vec<String> {
        let violations = self.js("window.violations").await;
        let mut faults: Vec<String> = serde_json::from_value(violations).unwrap_or_default();
        let log = self.post("se/log", &json!({ "type": "browser" })).await;
        let errors = log.as_array().into_iter().flatten().filter(|line| line["level"] == "SEVERE");
        faults.extend(errors.filter_map(|line| Some(line["message"].as_str()?.to_owned())));
        faults
    }

    /// Ends it, on a page on which nothing has gone wrong but what is `expected`, of which each fault
    /// must have one.
    pub(crate) async fn end(self, expected: &[&str]) {
        let mut faults = self.faults().await;
        faults.retain(|fault| !expected.iter().any(|part| fault.contains(part)));
        assert!(faults.is_empty(), "{faults:#?}");
    }
}
