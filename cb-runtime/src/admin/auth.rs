//! Who may ask for what.

use std::{fmt, sync::Arc};

use axum::http::{HeaderMap, header, request::Parts};
use subtle::{Choice, ConstantTimeEq};

/// Who may see the breakers and who may change them. There is no default: each program chooses.
///
/// Whatever is chosen, a change needs proof that no web page elsewhere has sent it: a bearer token, which
/// such a page does not have, or an `Origin` that is the server's own.
#[derive(Clone)]
pub struct Auth(Kind);

#[derive(Clone)]
enum Kind {
    Tokens { read: Token, write: Token },
    LoopbackOnly,
    Custom(Arc<Known>),
}

/// Whom a program knows by a request's head.
type Known = dyn Fn(&Parts) -> Option<Caller> + Send + Sync;

/// A secret. Shown nowhere.
#[derive(Clone)]
struct Token(Arc<[u8]>);

/// Somebody who may ask, and for what.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    who: Arc<str>,
    may_write: bool,
}

impl Auth {
    /// A token for those who may only look, and one for those who may change things as well. Sent as
    /// `Authorization: Bearer TOKEN`, and never taken from anywhere else.
    ///
    /// An empty token is nobody's: with `Auth::tokens("", write)` every caller needs the other. Of two that
    /// are equal, the one that may change things counts. Tokens are compared in a time that tells nothing
    /// of them, save their length in steps of 256 bytes. Make them long and random, for there is no limit
    /// to how often somebody may try: `openssl rand -hex 32`.
    pub fn tokens(read: impl Into<String>, write: impl Into<String>) -> Self {
        Self(Kind::Tokens { read: Token::new(read.into()), write: Token::new(write.into()) })
    }

    /// Everybody on this machine, without a token. Whoever serves it must serve it on a loopback address
    /// alone; [`serve`](super::serve) refuses others.
    ///
    /// A request whose `Host` is not loopback is refused, so that no name elsewhere can be made to point
    /// here, and so is one from another machine, where the server tells where it comes from (as `serve`
    /// does, and axum's `into_make_service_with_connect_info::<SocketAddr>`). A change needs an `Origin`
    /// that is the same as the `Host`: `curl -H 'Origin: http://127.0.0.1:PORT'`.
    ///
    /// Every user of the machine may then change every breaker. Not behind a proxy: all of the world comes
    /// from loopback there.
    pub const fn loopback_only() -> Self {
        Self(Kind::LoopbackOnly)
    }

    /// Whom a function of the program knows by the request's head: by a session, a certificate, or what a
    /// proxy has put in a header. `None` for strangers.
    ///
    /// A change still needs an `Authorization: Bearer …`, whatever the function makes of it, or a
    /// same-origin `Origin`. A function that panics knows nobody.
    ///
    /// ```
    /// use cb_runtime::admin::{Auth, Caller};
    ///
    /// let auth = Auth::custom(|request| {
    ///     let user = request.headers.get("x-forwarded-user")?.to_str().ok()?;
    ///     Some(if user == "ops" { Caller::writer(user) } else { Caller::reader(user) })
    /// });
    /// ```
    pub fn custom(known: impl Fn(&Parts) -> Option<Caller> + Send + Sync + 'static) -> Self {
        Self(Kind::Custom(Arc::new(known)))
    }

    pub(super) const fn is_loopback_only(&self) -> bool {
        matches!(self.0, Kind::LoopbackOnly)
    }

    pub(super) const fn has_tokens(&self) -> bool {
        matches!(self.0, Kind::Tokens { .. })
    }

    /// Who sent this.
    pub(super) fn caller(&self, request: &Parts) -> Option<Caller> {
        match &self.0 {
            Kind::Tokens { read, write } => {
                let given = bearer(&request.headers).unwrap_or_default();
                // Both are always compared, so that the time tells not which it may have been.
                let (writes, reads) = (write.is(given), read.is(given));
                if writes.into() {
                    Some(Caller::writer("the write token"))
                } else if reads.into() {
                    Some(Caller::reader("the read token"))
                } else {
                    None
                }
            }
            Kind::LoopbackOnly => Some(Caller::writer("somebody on this machine")),
            Kind::Custom(known) => {
                let known = || known(request);
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(known)).ok().flatten()
            }
        }
    }
}

/// The token of a request that has one, and only one.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (one, None) = (all.next()?, all.next()) else { return None };
    let (scheme, token) = one.as_bytes().split_at_checked("bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

impl Token {
    fn new(token: String) -> Self {
        Self(token.into_bytes().into())
    }

    /// Whether the other is the same. An empty one is no other's.
    fn is(&self, given: &[u8]) -> Choice {
        let size = self.0.len().max(given.len()).next_multiple_of(256);
        let padded = |bytes: &[u8]| {
            let mut padded = bytes.to_vec();
            padded.resize(size, 0);
            padded
        };
        let length = |bytes: &[u8]| bytes.len() as u64;
        padded(&self.0).ct_eq(&padded(given))
            & length(&self.0).ct_eq(&length(given))
            & !length(&self.0).ct_eq(&0)
    }
}

impl Caller {
    /// Somebody who may look at everything. `who` is what the audit calls them.
    pub fn reader(who: impl Into<Arc<str>>) -> Self {
        Self { who: who.into(), may_write: false }
    }

    /// Somebody who may change things as well.
    pub fn writer(who: impl Into<Arc<str>>) -> Self {
        Self { who: who.into(), may_write: true }
    }

    pub(super) fn who(&self) -> &str {
        &self.who
    }

    pub(super) const fn may_write(&self) -> bool {
        self.may_write
    }
}

/// Without the tokens.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Tokens { .. } => "Auth::tokens(..)",
            Kind::LoopbackOnly => "Auth::loopback_only()",
            Kind::Custom(_) => "Auth::custom(..)",
        })
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let right = if self.may_write { "writer" } else { "reader" };
        write!(f, "Caller::{right}({:?})", self.who)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, Request};

    use super::*;

    fn with(authorizations: &[&str]) -> Parts {
        let mut request = Request::new(());
        for one in authorizations {
            let value = HeaderValue::from_str(one).expect("the header can be sent");
            request.headers_mut().append(header::AUTHORIZATION, value);
        }
        request.into_parts().0
    }

    fn right(auth: &Auth, authorizations: &[&str]) -> Option<bool> {
        auth.caller(&with(authorizations)).map(|caller| caller.may_write())
    }

    #[test]
    fn a_token_is_known_by_all_of_its_bytes() {
        let auth = Auth::tokens("look", "change");
        assert_eq!(right(&auth, &["Bearer look"]), Some(false));
        assert_eq!(right(&auth, &["Bearer change"]), Some(true));
        assert_eq!(right(&auth, &["bearer change "]), Some(true), "the scheme in any case");
        let strangers: [&[&str]; 8] = [
            &[],
            &["Bearer "],
            &["Bearer chang"],
            &["Bearer changed"],
            &["Basic change"],
            &["change"],
            &["Bearer change", "Bearer change"],
            &["Bearer"],
        ];
        for strange in strangers {
            assert_eq!(right(&auth, strange), None, "{strange:?}");
        }
        let long = format!("Bearer change{}", "x".repeat(256));
        assert_eq!(right(&auth, &[&long]), None);
    }

    #[test]
    fn an_empty_token_is_nobodys_and_of_equal_ones_the_stronger_counts() {
        let auth = Auth::tokens("", "");
        assert_eq!(right(&auth, &["Bearer "]), None);
        assert_eq!(right(&auth, &[]), None);
        assert_eq!(right(&Auth::tokens("same", "same"), &["Bearer same"]), Some(true));
    }

    #[test]
    fn a_token_shows_nowhere() {
        let shown = format!("{:?}", Auth::tokens("look-secret", "change-secret"));
        assert_eq!(shown, "Auth::tokens(..)");
    }

    #[test]
    fn a_function_that_panics_knows_nobody() {
        assert_eq!(right(&Auth::custom(|_| panic!("no session store")), &["Bearer x"]), None);
        assert_eq!(right(&Auth::custom(|_| Some(Caller::writer("ops"))), &[]), Some(true));
    }
}
