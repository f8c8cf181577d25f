//! Requests to the management API.

use std::{
    io::{BufReader, Read},
    time::Duration,
};

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::{
    Agent, Body,
    config::Config,
    http::{self, Request, Response, StatusCode, header, request},
    tls::{RootCerts, TlsConfig},
};

use super::{
    address::Address,
    failure::{Failure, Refusal},
    text::plain,
    token::Token,
    unreachable,
};

/// How long an answer may take, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// An event stream is heard of every 15 seconds; one that is silent for three times as long is dead.
const SILENCE: Duration = Duration::from_secs(45);

/// The largest answer that is read, in bytes. The status of ten thousand breakers is a tenth of it.
const LARGEST: u64 = 256 * 1024 * 1024;

pub(super) struct Client {
    agent: Agent,
    pub(super) address: Address,
    token: Option<Token>,
    /// Whether the address is what goes without saying.
    is_default: bool,
    timeout: Option<Duration>,
}

/// An answer of the API that is no refusal.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) json: Value,
}

impl Answer {
    /// The same as what is expected to be in it.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        T::deserialize(&self.json).map_err(|error| {
            Failure::NoAnswer(format!(
                "the answer is not what this version of cbctl knows: {}",
                plain(&error.to_string())
            ))
        })
    }
}

impl Client {
    pub(super) fn new(
        address: Address,
        token: Option<Token>,
        is_default: bool,
        timeout: Option<Duration>,
    ) -> Self {
        let mut config = Config::builder()
            .http_status_as_error(false)
            // A redirect would be followed without the token, and a change as a question.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(timeout.unwrap_or(PATIENCE)))
            .user_agent(concat!("cbctl/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build());
        if address.is_loopback {
            config = config.proxy(None);
        }
        Self { agent: config.build().new_agent(), address, token, is_default, timeout }
    }

    /// Asks for something.
    pub(super) fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, Failure> {
        self.json(self.request("GET", path, query), "", Some(self.patience()), &[])
    }

    /// The same, where these statuses are answers too.
    pub(super) fn get_also(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        also: &[u16],
    ) -> Result<Answer, Failure> {
        self.json(self.request("GET", path, query), "", Some(self.patience()), also)
    }

    /// Asks for a text.
    pub(super) fn get_text(&self, path: &[&str]) -> Result<String, Failure> {
        let response = self.send(self.request("GET", path, &[]), "", Some(self.patience()))?;
        let text = self.body(response)?;
        String::from_utf8(text).map_err(|_| self.strange("a text that is not in UTF-8"))
    }

    /// Changes something.
    pub(super) fn change(
        &self,
        method: &str,
        path: &[&str],
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer, Failure> {
        self.json(self.request(method, path, query), &body.to_string(), Some(self.patience()), &[])
    }

    /// Has something done that takes as long as it takes.
    pub(super) fn run(&self, path: &[&str], body: &Value) -> Result<Answer, Failure> {
        self.json(self.request("POST", path, &[]), &body.to_string(), self.timeout, &[])
    }

    /// Opens the stream of events, from behind the one of this id.
    pub(super) fn events(
        &self,
        after: Option<&str>,
    ) -> Result<BufReader<impl Read + use<>>, Failure> {
        let mut request =
            self.request("GET", &["events"], &[]).header(header::ACCEPT, "text/event-stream");
        if let Some(id) = after {
            request = request.header("Last-Event-ID", id);
        }
        let request = request.body(String::new()).map_err(|error| self.unsendable(&error))?;
        let request = self
            .agent
            .configure_request(request)
            .timeout_recv_response(Some(self.patience()))
            .timeout_per_read(Some(SILENCE))
            .build();
        let response = self.agent.run(request).map_err(|error| self.unreachable(&error))?;
        let response = self.accept(response, &[])?;
        if !has_type(&response, "text/event-stream") {
            return Err(self.strange("no stream of events"));
        }
        Ok(BufReader::new(response.into_body().into_reader()))
    }

    /// A stream that was there and is no more.
    pub(super) fn lost(&self, why: &str) -> Failure {
        Failure::NoAnswer(format!("{why}, from {}", self.address))
    }

    fn patience(&self) -> Duration {
        self.timeout.unwrap_or(PATIENCE)
    }

    fn request(&self, method: &str, path: &[&str], query: &[(&str, &str)]) -> request::Builder {
        let mut request = Request::builder()
            .method(method)
            .uri(self.address.of(path, query))
            .header(header::ACCEPT, "application/json, text/plain;q=0.9")
            // Without a token, this is what shows the server that no page from elsewhere asks.
            .header(header::ORIGIN, self.address.origin());
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.secret()));
        }
        request
    }

    fn json(
        &self,
        request: request::Builder,
        body: &str,
        patience: Option<Duration>,
        also: &[u16],
    ) -> Result<Answer, Failure> {
        let response = self.send_also(request, body, patience, also)?;
        let status = response.status().as_u16();
        let body = self.body(response)?;
        let json = serde_json::from_slice(&body).map_err(|_| self.strange("no JSON"))?;
        Ok(Answer { status, json })
    }

    fn send(
        &self,
        request: request::Builder,
        body: &str,
        patience: Option<Duration>,
    ) -> Result<Response<Body>, Failure> {
        self.send_also(request, body, patience, &[])
    }

    fn send_also(
        &self,
        request: request::Builder,
        body: &str,
        patience: Option<Duration>,
        also: &[u16],
    ) -> Result<Response<Body>, Failure> {
        let response = if body.is_empty() {
            let request = request.body(()).map_err(|error| self.unsendable(&error))?;
            let request = self.agent.configure_request(request).timeout_global(patience).build();
            self.agent.run(request)
        } else {
            let request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body)
                .map_err(|error| self.unsendable(&error))?;
            let request = self.agent.configure_request(request).timeout_global(patience).build();
            self.agent.run(request)
        };
        self.accept(response.map_err(|error| self.unreachable(&error))?, also)
    }

    fn body(&self, response: Response<Body>) -> Result<Vec<u8>, Failure> {
        let read = response.into_body().into_with_config().limit(LARGEST).read_to_vec();
        read.map_err(|error| self.unreachable(&error))
    }

    /// Takes an answer that is one.
    fn accept(&self, response: Response<Body>, also: &[u16]) -> Result<Response<Body>, Failure> {
        let status = response.status();
        if status.is_success()
            || also.contains(&status.as_u16()) && has_type(&response, "application/json")
        {
            return Ok(response);
        }
        if status.is_redirection() {
            let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
            let to = to.map_or_else(String::new, |to| format!(" `{}`", plain(to)));
            return Err(self.strange(&format!("that it is elsewhere{to}: give that to --url, without what comes behind the path of the API")));
        }
        if !has_type(&response, "application/problem+json") {
            return Err(self.strange(&format!("{status}, and not as the management API does")));
        }
        let problem = serde_json::from_slice(&self.body(response)?).unwrap_or_default();
        let advice = self.advice(status);
        Err(Failure::Refused(Refusal { status: status.as_u16(), problem, advice }))
    }

    /// What to do about a refusal, where that has to do with how `cbctl` was called.
    fn advice(&self, status: StatusCode) -> Option<String> {
        let source = self.token.as_ref().map(|token| token.source.as_str());
        Some(match (status, source) {
            (StatusCode::UNAUTHORIZED, None) => {
                "give a token in the variable CBCTL_TOKEN, or the name of a file with it in CBCTL_TOKEN_FILE"
                    .to_owned()
            }
            (StatusCode::UNAUTHORIZED, Some(source)) => {
                format!("the token comes from {source}; is it the one of {}?", self.address)
            }
            (StatusCode::FORBIDDEN, Some(source)) => {
                format!("the token comes from {source}; changes take the token for writing")
            }
            _ => return None,
        })
    }

    /// Somebody answers who is not the management API.
    fn strange(&self, what: &str) -> Failure {
        Failure::NoAnswer(format!(
            "{} answered {what}; the URL is to be the one that the management API is nested at{}",
            self.address,
            self.by_default()
        ))
    }

    fn unsendable(&self, error: &http::Error) -> Failure {
        Failure::Usage(format!("this cannot be asked of {}: {error}", self.address))
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let why = unreachable::why(error, &self.address);
        Failure::NoAnswer(format!("no answer from {}: {why}{}", self.address, self.by_default()))
    }

    fn by_default(&self) -> &'static str {
        if self.is_default {
            "\nthis URL is the default: give another with --url or in the variable CBCTL_URL"
        } else {
            ""
        }
    }
}

fn has_type(response: &Response<Body>, wanted: &str) -> bool {
    let given = response.headers().get(header::CONTENT_TYPE).and_then(|given| given.to_str().ok());
    given.is_some_and(|given| {
        given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
    })
}
