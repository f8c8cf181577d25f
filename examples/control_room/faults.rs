//! What goes wrong, and when it is well again.

use std::time::Duration;

use cb_examples::service::{Behaviour, Service};
use tokio::time::sleep;

use crate::{
    fleet::{Fleet, fleet},
    screen,
};

/// For a time, some services behave otherwise.
struct Act {
    title: &'static str,
    services: &'static [fn(&Fleet) -> &Service],
    behaviour: Behaviour,
    lasts: Duration,
}

const ACTS: [Act; 6] = [
    Act {
        title: "the payment provider fails",
        services: &[|fleet| &fleet.payments],
        behaviour: Behaviour::Failing,
        lasts: Duration::from_secs(6),
    },
    Act {
        title: "the index answers each third request",
        services: &[|fleet| &fleet.search],
        behaviour: Behaviour::Flaky,
        lasts: Duration::from_secs(10),
    },
    Act {
        title: "the assistant is slow",
        services: &[|fleet| &fleet.assistant],
        behaviour: Behaviour::Slow,
        lasts: Duration::from_secs(8),
    },
    Act {
        title: "the supplier acme is down, the others are well",
        services: &[|fleet| &fleet.suppliers[0]],
        behaviour: Behaviour::Failing,
        lasts: Duration::from_secs(8),
    },
    Act {
        title: "a machine is gone, with the cache and the database on it",
        services: &[|fleet| &fleet.cache, |fleet| &fleet.database],
        behaviour: Behaviour::Failing,
        lasts: Duration::from_secs(7),
    },
    Act {
        title: "the mail server is slow",
        services: &[|fleet| &fleet.mail],
        behaviour: Behaviour::Slow,
        lasts: Duration::from_secs(6),
    },
];

/// Between two acts, so that all that opened can close.
const CALM: Duration = Duration::from_secs(5);

/// The first comes soon, for those who do not stay long.
const START: Duration = Duration::from_secs(2);

/// Plays all acts, again and again.
pub(crate) async fn play() -> anyhow::Result<()> {
    sleep(START).await;
    let Some(fleet) = fleet() else { return Ok(()) };
    loop {
        for Act { title, services, behaviour, lasts } in &ACTS {
            screen::act(title)?;
            services.iter().for_each(|service| service(fleet).behave(*behaviour));
            sleep(*lasts).await;
            screen::act("all services are well again")?;
            services.iter().for_each(|service| service(fleet).behave(Behaviour::Healthy));
            sleep(CALM).await;
        }
    }
}
