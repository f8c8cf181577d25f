//! How an instance shares its breakers.

#[cfg(feature = "redis-tls")]
use std::fmt;
use std::time::Duration;

use super::error::SharedStateError;

/// How many instances must find a service down for all to open.
///
/// The instance that finds it down opens for itself in any case.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[non_exhaustive]
pub enum OpenOn {
    /// One.
    #[default]
    Any,
    /// So many; fewer than 2 is the same as [`Any`](Self::Any).
    Quorum(u32),
    /// Such a share of those that live, above 0 and at most 1, and at least one.
    Share(f64),
}

impl OpenOn {
    /// The same as a configuration would say it: `any`, a number of instances, or a share such as `50%`.
    ///
    /// ```
    /// use cb_runtime::OpenOn;
    ///
    /// assert_eq!(OpenOn::parse("any").unwrap(), OpenOn::Any);
    /// assert_eq!(OpenOn::parse("2").unwrap(), OpenOn::Quorum(2));
    /// assert_eq!(OpenOn::parse("50%").unwrap(), OpenOn::Share(0.5));
    /// assert!(OpenOn::parse("most").is_err());
    /// ```
    ///
    /// # Errors
    /// [`SharedStateError::OpenOn`] for anything else.
    pub fn parse(text: &str) -> Result<Self, SharedStateError> {
        let refused = || SharedStateError::OpenOn(text.to_owned());
        let found = match text.trim() {
            "any" => Self::Any,
            text => match text.strip_suffix('%') {
                Some(percent) => {
                    let percent: f64 = percent.trim_end().parse().map_err(|_| refused())?;
                    Self::Share(percent / 100.0)
                }
                None => Self::Quorum(text.parse().map_err(|_| refused())?),
            },
        };
        found.is_valid().then_some(found).ok_or_else(refused)
    }

    fn is_valid(self) -> bool {
        match self {
            Self::Any => true,
            Self::Quorum(instances) => instances > 0,
            Self::Share(share) => share > 0.0 && share <= 1.0,
        }
    }

    /// So many of the living instances.
    pub(super) fn needed(self, living: u32) -> u32 {
        match self {
            Self::Any => 1,
            Self::Quorum(instances) => instances.max(1),
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of a number is no greater and no less than 0"
            )]
            Self::Share(share) => (f64::from(living) * share).ceil().max(1.0) as u32,
        }
    }
}

/// What is sooner over has hardly begun, where another computer is asked.
const SHORT: Duration = Duration::from_millis(10);
const MINUTE: Duration = Duration::from_secs(60);

/// What a certificate in PEM begins with. The library takes a file without any as one that trusts nobody.
#[cfg(feature = "redis-tls")]
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// How an instance shares its breakers, see [`SharedState`](crate::SharedState).
///
/// ```
/// use std::time::Duration;
/// use cb_runtime::{OpenOn, SharedOptions};
///
/// let options = SharedOptions::new().prefix("shop").open_on(OpenOn::Quorum(2)).lease_wait(
///     Duration::from_millis(20),
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "options do nothing until a `SharedState` is made with them"]
pub struct SharedOptions {
    pub(super) prefix: String,
    pub(super) instance: String,
    pub(super) open_on: OpenOn,
    pub(super) lease_wait: Duration,
    pub(super) lease_time: Option<Duration>,
    pub(super) read_again: Duration,
    pub(super) timeout: Duration,
    #[cfg(feature = "redis-tls")]
    pub(super) root: Option<Pem>,
    #[cfg(feature = "redis-tls")]
    pub(super) client: Option<(Pem, Pem)>,
}

/// Certificates or a key, as a file has them. Not shown.
#[cfg(feature = "redis-tls")]
#[derive(Clone, PartialEq)]
pub(super) struct Pem(pub(super) Vec<u8>);

#[cfg(feature = "redis-tls")]
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Default for SharedOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl SharedOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            prefix: "cb".to_owned(),
            instance: format!("{:016x}", fastrand::u64(..)),
            open_on: OpenOn::Any,
            lease_wait: Duration::from_millis(50),
            lease_time: None,
            read_again: Duration::from_secs(5),
            timeout: Duration::from_secs(1),
            #[cfg(feature = "redis-tls")]
            root: None,
            #[cfg(feature = "redis-tls")]
            client: None,
        }
    }

    /// Instances share with those of the same prefix: give each program its own. Not empty, without `{`
    /// and `}`; default: `cb`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// What this instance is called; no two at once may have one name. Default: 16 random digits.
    pub fn instance(mut self, instance: impl Into<String>) -> Self {
        self.instance = instance.into();
        self
    }

    /// How many instances must find a service down for all to open. Default: [`OpenOn::Any`].
    ///
    /// With more than one, a single instance with a bad network card cannot open the breakers of all,
    /// nor reopen them while they are half-open. What an instance has found counts until its open time
    /// is over and as long again, or until it has closed by its own probes.
    pub fn open_on(mut self, open_on: OpenOn) -> Self {
        self.open_on = open_on;
        self
    }

    /// For how long a call that may be a probe waits to hear whether other instances leave it one; then
    /// the breaker decides alone. At most 1 min; default: 50 ms.
    pub fn lease_wait(mut self, time: Duration) -> Self {
        self.lease_wait = time;
        self
    }

    /// After so long a probe's lease is free for another, if its holder has died. From 10 ms to 1 h; default: the
    /// `probe_timeout` of the breaker.
    pub fn lease_time(mut self, time: Duration) -> Self {
        self.lease_time = Some(time);
        self
    }

    /// What was changed is read again so often, give or take a fifth, in case that a message was lost.
    /// An instance that has not done so three times is not counted as living. From 100 ms to 1 min;
    /// default: 5 s.
    pub fn read_again(mut self, time: Duration) -> Self {
        self.read_again = time;
        self
    }

    /// An answer that takes longer is none, and the store is away. From 10 ms to 1 min; default: 1 s.
    ///
    /// To find the server and to connect to it no more time is taken either, with what Sentinels, the nodes of
    /// a Cluster and TLS take of it: far from them, give more.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Over TLS, Redis's certificate must come from one of these authorities, and not from those that the
    /// system trusts: certificates in PEM, as a file has them. Feature `redis-tls`.
    ///
    /// A certificate that Redis has signed itself is given here, too, if it is one of an authority. Then
    /// `#insecure` behind the address, with which no certificate is looked at, is not needed.
    #[cfg(feature = "redis-tls")]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root = Some(Pem(pem.into()));
        self
    }

    /// The certificate that this instance shows to Redis, with those between it and its authority, and the
    /// key to it; both in PEM. Feature `redis-tls`. Neither is shown by `Debug`.
    #[cfg(feature = "redis-tls")]
    pub fn client_certificate(
        mut self,
        certificate: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.client = Some((Pem(certificate.into()), Pem(key.into())));
        self
    }

    #[cfg(feature = "redis-tls")]
    fn check_certificates(&self) -> Result<(), SharedStateError> {
        let client = self.client.as_ref().map(|(certificate, _)| certificate);
        let given = [("root_certificates", self.root.as_ref()), ("client_certificate", client)];
        for (name, pem) in given {
            let is_none = |Pem(text): &Pem| !text.windows(BEGIN.len()).any(|part| part == BEGIN);
            if pem.is_some_and(is_none) {
                let why = format!("there is no certificate in PEM in what `{name}` was given");
                return Err(SharedStateError::Tls(why));
            }
        }
        Ok(())
    }

    pub(super) fn check(self) -> Result<Self, SharedStateError> {
        if self.prefix.is_empty() || self.prefix.contains(['{', '}']) {
            return Err(SharedStateError::Prefix(self.prefix));
        }
        if !self.open_on.is_valid() {
            return Err(SharedStateError::OpenOn(format!("{:?}", self.open_on)));
        }
        let bounded = |name, time: Duration, least: Duration, most: Duration| {
            let is_within = time >= least && time <= most;
            is_within.then_some(()).ok_or(SharedStateError::Time { name, time, least, most })
        };
        #[cfg(feature = "redis-tls")]
        self.check_certificates()?;
        bounded("lease_wait", self.lease_wait, Duration::ZERO, MINUTE)?;
        bounded("lease_time", self.lease_time.unwrap_or(SHORT), SHORT, MINUTE * 60)?;
        bounded("read_again", self.read_again, SHORT * 10, MINUTE)?;
        bounded("timeout", self.timeout, SHORT, MINUTE)?;
        Ok(self)
    }
}
