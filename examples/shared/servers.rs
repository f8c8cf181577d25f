//! Redis and PostgreSQL: the real ones, started here, where they are installed, else stand-ins.

use std::io;

use crate::{
    postgres::{self, PostgresServer},
    redis::{self, RedisServer},
    stand_in::{self, StandIn},
};

/// Ends with the value.
pub enum Redis {
    /// A process.
    Real(RedisServer),
    /// In this process.
    StandIn(StandIn),
}

/// Ends with the value.
pub enum Postgres {
    /// A process, with a directory.
    Real(PostgresServer),
    /// In this process.
    StandIn(StandIn),
}

/// What a stand-in for PostgreSQL answers.
pub type Rows = fn(&str, &[String]) -> Vec<String>;

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

    /// For clients.
    pub fn url(&self) -> String {
        match self {
            Self::Real(server) => server.url(),
            Self::StandIn(server) => format!("redis://{}", server.address()),
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
    pub fn start_again(&mut self) -> Result<(), redis::StartError> {
        match self {
            Self::Real(server) => server.start_again(),
            Self::StandIn(server) => Ok(server.start_again()?),
        }
    }
}

impl Postgres {
    /// Starts a real one with an empty database, or a stand-in where there is none.
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

    /// For clients.
    pub fn url(&self) -> String {
        match self {
            Self::Real(server) => server.url(),
            Self::StandIn(server) => format!("postgres://postgres@{}/postgres", server.address()),
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

    /// Starts one that was killed, at the same address and with the data it had.
    ///
    /// # Errors
    /// Where it does not come up.
    pub fn start_again(&mut self) -> Result<(), postgres::StartError> {
        match self {
            Self::Real(server) => server.start_again(),
            Self::StandIn(server) => Ok(server.start_again()?),
        }
    }
}
