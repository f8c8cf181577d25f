//! Spans around calls of all kinds of functions. That they are right is tested elsewhere: here, that they
//! are in nobody's way.

use cb_runtime::circuit_breaker;

use crate::support::{Fault, send, turn};

struct Client<'a>(&'a str);

impl Client<'_> {
    #[circuit_breaker(
        name = "spans.method",
        key = key.as_ref(),
        span,
        call_timeout = "1s",
        cancelled = "failure",
        max_concurrent = 4,
        retry(max_attempts = 2, delay = "1ms"),
        fallback = Self::other
    )]
    async fn ask<T: AsRef<str> + Clone + Send>(&self, key: T, span: &str) -> Result<usize, Fault> {
        turn().await;
        if span.is_empty() {
            return Err(Fault::Down);
        }
        Ok(self.0.len() + key.as_ref().len() + span.len())
    }

    async fn other<T: AsRef<str> + Clone + Send>(&self, key: T, _: &str) -> Result<usize, Fault> {
        Ok(key.as_ref().len() + self.0.len())
    }

    #[circuit_breaker(name = "spans.changing", failure_threshold = 1, span)]
    async fn change(&mut self, to: String) -> Result<String, Fault> {
        turn().await;
        self.0 = "changed";
        Ok(to)
    }

    #[circuit_breaker(name = "spans.plain", span = true, enabled = !self.0.is_empty(), max_concurrent = 1)]
    fn plain<'s>(&'s self, span: &'s mut u32) -> Result<&'s mut u32, Fault> {
        *span += 1;
        Ok(span)
    }
}

#[tokio::test]
async fn spans_are_in_nobodys_way() {
    let mut client = Client("client");
    assert_eq!(send(client.ask("key", "span")).await.ok(), Some(13));
    assert_eq!(send(client.ask("key".to_owned(), "")).await.ok(), Some(9));
    assert_eq!(send(client.change("new".to_owned())).await.ok().as_deref(), Some("new"));
    let mut count = 1;
    assert_eq!(client.plain(&mut count).ok(), Some(&mut 2));
    assert_eq!(Client("").plain(&mut count).ok(), Some(&mut 3));
}
