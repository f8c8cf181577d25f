//! Redis and PostgreSQL: the real ones, started here, where they are installed, else stand-ins.

use std::io;

use crate::{
    postgres::{self, PostgresServer},
    redis::{self, RedisServer},
    stand_in::{self, StandIn},
};

/// Ends with the value.
pub enum Server<P> {
    /// A process, with a directory where it needs one.
    Real(P),
    /// In this process.
    StandIn(StandIn),
}

/// Without files: what it held is lost when it is killed.
pub type Redis = Server<RedisServer>;

/// A real one has the data it had when it is started again.
pub type Postgres = Server<PostgresServer>;

/// What a stand-in for PostgreSQL answers.
pub type Rows = fn(&str, &[String]) -> Vec<String>;

/// A server that can be killed and started again, at the same address.
pub trait Process {
    /// Why it does not start.
    type Error: From<io::Error>;

    /// For clients.
    fn url(&self) -> String;

    /// Ends it without warning.
    fn kill(&mut self);

    /// Starts one that was killed.
    ///
    /// # Errors
    /// Where it does not come up.
    fn start_again(&mut self) -> Result<(), Self::Error>;
}

impl<P: Process> Server<P> {
    /// For clients.
    pub fn url(&self) -> String {
        match self {
            Self::Real(server) => server.url(),
            Self::StandIn(server) => server.url(),
        }
    }

    /// For people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Real(_) => "a real one",
            Self::StandIn(_) => "a stand-in",
        }
    }

    /// Whether this is no real one.
    pub fn is_stand_in(&self) -> bool {
        matches!(self, Self::StandIn(_))
    }

    /// Ends it without warning.
    pub fn kill(&mut self) {
        match self {
            Self::Real(server) => server.kill(),
            Self::StandIn(server) => server.kill(),
        }
    }

    /// Starts one that was killed, at the same address.
    ///
    /// # Errors
    /// Where it does not come up.
    pub fn start_again(&mut self) -> Result<(), P::Error> {
        match self {
            Self::Real(server) => server.start_again(),
            Self::StandIn(server) => Ok(server.start_again()?),
        }
    }
}

impl Redis {
    /// Starts a real one, or a stand-in where there is none.
    ///
    /// # Errors
    /// Where neither can be started.
    pub fn start() -> Result<Self, redis::StartError> {
        match RedisServer::start() {
            Err(redis::StartError::NotInstalled) => Ok(Self::stand_in()?),
            started => started.map(Self::Real),
        }
    }

    /// Starts a stand-in.
    ///
    /// # Errors
    /// Where there is no port.
    pub fn stand_in() -> io::Result<Self> {
        stand_in::redis::start().map(Self::StandIn)
    }
}

impl Postgres {
    /// Starts a real one with an empty database, or a stand-in that answers like this where there is none.
    ///
    /// # Errors
    /// Where neither can be started.
    pub fn start(rows: Rows) -> Result<Self, postgres::StartError> {
        match PostgresServer::start() {
            Err(postgres::StartError::NotInstalled) => Ok(Self::stand_in(rows)?),
            started => started.map(Self::Real),
        }
    }

    /// Starts a stand-in that answers like this.
    ///
    /// # Errors
    /// Where there is no port.
    pub fn stand_in(rows: Rows) -> io::Result<Self> {
        stand_in::postgres::start(rows).map(Self::StandIn)
    }
}

impl Process for RedisServer {
    type Error = redis::StartError;

    fn url(&self) -> String {
        self.url()
    }

    fn kill(&mut self) {
        self.kill();
    }

    fn start_again(&mut self) -> Result<(), Self::Error> {
        self.start_again()
    }
}

impl Process for PostgresServer {
    type Error = postgres::StartError;

    fn url(&self) -> String {
        self.url()
    }

    fn kill(&mut self) {
        self.kill();
    }

    fn start_again(&mut self) -> Result<(), Self::Error> {
        self.start_again()
    }
}
