//! Certificates, where the feature `redis-tls` is.

#[cfg(feature = "redis-tls")]
pub(super) use with::Certificates;
#[cfg(not(feature = "redis-tls"))]
pub(super) use without::Certificates;

#[cfg(feature = "redis-tls")]
mod with {
    use redis::{
        Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, RedisResult, TlsCertificates,
        sentinel::SentinelClientBuilder,
    };
    use rustls::crypto::{CryptoProvider, ring};

    use crate::shared::options::SharedOptions;

    /// What is shown to a server, and what it has to show.
    pub(in super::super) struct Certificates {
        given: Option<TlsCertificates>,
        is_used: bool,
    }

    impl Certificates {
        pub(in super::super) fn new(options: &SharedOptions, is_used: bool) -> Self {
            let (root, client) = (options.root.clone(), options.client.clone());
            let given = (root.is_some() || client.is_some()).then(|| TlsCertificates {
                client_tls: client.map(|(certificate, key)| ClientTlsConfig {
                    client_cert: certificate.0,
                    client_key: key.0,
                }),
                root_cert: root.map(|root| root.0),
            });
            Self { given, is_used }
        }

        /// The library wants what encrypts to be settled for the process. That is the program's to do;
        /// where it has not, and several could be had, the library would panic.
        pub(in super::super) fn prepare(&self) {
            if self.is_used && CryptoProvider::get_default().is_none() {
                // Somebody else was quicker.
                let _ = ring::default_provider().install_default();
            }
        }

        pub(in super::super) fn client(&self, server: ConnectionInfo) -> RedisResult<Client> {
            match &self.given {
                Some(given) if matches!(server.addr(), ConnectionAddr::TcpTls { .. }) => {
                    Client::build_with_tls(server, given.clone())
                }
                _ => Client::open(server),
            }
        }

        pub(in super::super) fn to_sentinels(
            &self,
            asking: SentinelClientBuilder,
        ) -> SentinelClientBuilder {
            match &self.given {
                Some(given) => asking
                    .set_client_to_redis_certificates(given.clone())
                    .set_client_to_sentinel_certificates(given.clone()),
                None => asking,
            }
        }
    }
}

#[cfg(not(feature = "redis-tls"))]
mod without {
    use redis::{Client, ConnectionInfo, RedisResult, sentinel::SentinelClientBuilder};

    use crate::shared::options::SharedOptions;

    /// None.
    pub(in super::super) struct Certificates;

    #[allow(clippy::unused_self, reason = "as those that there are")]
    impl Certificates {
        pub(in super::super) fn new(_: &SharedOptions, _: bool) -> Self {
            Self
        }

        pub(in super::super) fn prepare(&self) {}

        pub(in super::super) fn client(&self, server: ConnectionInfo) -> RedisResult<Client> {
            Client::open(server)
        }

        pub(in super::super) fn to_sentinels(
            &self,
            asking: SentinelClientBuilder,
        ) -> SentinelClientBuilder {
            asking
        }
    }
}
