//! The story: one after the other fails, and what the pool makes of it.

use std::{io::Write, time::Duration};

use anyhow::Context;
use cb_examples::{
    changes,
    screen::{BAD, Clock, FAINT, GOOD, Styled, TITLE, what_next},
    service::Behaviour,
};
use cb_runtime::{State, Subscription, registry};
use tokio::time::sleep;

use crate::{
    World,
    api::Report,
    pool::{ServiceError, ServicePool},
};

const INTRO: &str = "\
A program calls a model, Redis, PostgreSQL, two agents and two APIs through one
pool, each behind a breaker of its own. In the next five seconds they will fail
and recover. Here is what its callers are told.";

const WHAT_NEXT: [(&str, &str); 3] = [
    ("examples/service_pool/pool.rs", "the pool"),
    ("-- --port 3000", "the same as a server, with `/health`"),
    ("--example knowledge_hub", "a search on three levels"),
];

/// What is asked of the pool, one of each kind.
#[derive(Clone, Copy)]
enum Ask {
    Model(&'static str),
    Customer(&'static str),
    Agent(&'static str),
    Api(&'static str),
}

impl Ask {
    async fn of(self, pool: &ServicePool) -> Result<String, ServiceError> {
        match self {
            Self::Model(prompt) => pool.answer(prompt).await,
            Self::Customer(id) => {
                Ok(pool.customer(id).await?.unwrap_or_else(|| "no such customer".to_owned()))
            }
            Self::Agent(name) => pool.delegate(name, "a trip").await,
            Self::Api(name) => pool.fetch(name, "today").await,
        }
    }

    fn label(self) -> String {
        match self {
            Self::Model(prompt) => format!("model: {prompt}"),
            Self::Customer(id) => format!("customer {id}"),
            Self::Agent(name) => format!("agent {name}"),
            Self::Api(name) => format!("API {name}"),
        }
    }
}

struct Teller<W> {
    out: W,
    clock: Clock,
    events: Subscription,
    pool: ServicePool,
}

pub(crate) async fn tell(mut out: impl Write, world: World) -> anyhow::Result<()> {
    let World { addresses, llm, redis, postgres, agents, apis } = world;
    let mut redis = redis.context("the story has a Redis of its own")?;
    let mut postgres = postgres.context("the story has a PostgreSQL of its own")?;
    let planner = agents.get("planner").context("there is a planner")?;
    let rates = apis.get("rates").context("there are rates")?;

    writeln!(out, "{INTRO}\nRedis: {}; PostgreSQL: {}.", redis.kind(), postgres.kind())?;
    let pool = ServicePool::new(addresses)?;
    let (clock, events) = (Clock::start(), registry().subscribe());
    let mut teller = Teller { out, clock, events, pool };

    teller.act("1. All is well")?;
    let everything = [
        Ask::Model("the moon"),
        Ask::Customer("1"),
        Ask::Agent("planner"),
        Ask::Agent("critic"),
        Ask::Api("rates"),
        Ask::Api("weather"),
    ];
    for ask in everything {
        teller.ask(ask).await?;
    }

    teller.act("2. An agent and an API fail: the others have breakers of their own")?;
    planner.behave(Behaviour::Failing);
    rates.behave(Behaviour::Failing);
    teller.ask_until_open(Ask::Agent("planner"), "agents[planner]").await?;
    teller.ask_until_open(Ask::Api("rates"), "apis[rates]").await?;
    for ask in &everything[2..] {
        teller.ask(*ask).await?;
    }

    teller.act("3. The model fails: Redis has what was asked before")?;
    llm.behave(Behaviour::Failing);
    teller.ask_until_open(Ask::Model("the sun"), "llm").await?;
    teller.ask(Ask::Model("the moon")).await?;
    teller.ask(Ask::Model("the sun")).await?;

    teller.act("4. Redis and PostgreSQL are killed: known customers are still known")?;
    redis.kill();
    postgres.kill();
    teller.ask_until_open(Ask::Model("the moon"), "redis").await?;
    teller.ask_until_open(Ask::Customer("1"), "postgres").await?;
    teller.ask(Ask::Model("the moon")).await?;
    teller.ask(Ask::Customer("1")).await?;
    teller.ask(Ask::Customer("2")).await?;
    teller.report()?;

    teller.act("5. They come back")?;
    for service in [planner, rates, &llm] {
        service.behave(Behaviour::Healthy);
    }
    redis.start_again()?;
    postgres.start_again()?;
    while !registry().health().all_closed {
        for ask in everything {
            let _ = ask.of(&teller.pool).await;
        }
        // The model is asked for what nobody remembers.
        let _ = Ask::Model("the stars").of(&teller.pool).await;
        teller.tell_changes().await?;
        sleep(Duration::from_millis(50)).await;
    }
    for ask in everything {
        teller.ask(ask).await?;
    }
    teller.report()?;
    what_next(&mut teller.out, &WHAT_NEXT)?;
    Ok(teller.out.flush()?)
}

impl<W: Write> Teller<W> {
    fn act(&mut self, title: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "\n{TITLE}{title}{TITLE:#}")?)
    }

    async fn ask(&mut self, ask: Ask) -> anyhow::Result<()> {
        let answer = match ask.of(&self.pool).await {
            Ok(answer) => Styled(GOOD, answer),
            // What an end user is told: two sentences, of which the second asks for patience.
            Err(ServiceError::Unavailable(why)) => {
                let first = why.user_message().split_inclusive('.').next();
                Styled(BAD, first.unwrap_or_default().to_owned())
            }
            Err(error) => Styled(BAD, error.to_string()),
        };
        writeln!(self.out, "{}  {:<16} {answer}", self.clock, ask.label())?;
        self.tell_changes().await
    }

    /// Asks on, without a line for each, until the service is left alone.
    async fn ask_until_open(&mut self, ask: Ask, name: &str) -> anyhow::Result<()> {
        while registry().get(name).is_none_or(|breaker| breaker.state() == State::Closed) {
            let _ = ask.of(&self.pool).await;
            self.tell_changes().await?;
        }
        Ok(())
    }

    async fn tell_changes(&mut self) -> anyhow::Result<()> {
        Ok(changes::tell(&mut self.out, &self.clock, &mut self.events).await?)
    }

    /// What `/health` answers, in short.
    fn report(&mut self) -> anyhow::Result<()> {
        let report = Report::now();
        writeln!(self.out, "\n  /health: {}, score {:.2}", report.verdict, report.score)?;
        for (name, line) in report.breakers {
            let more = match line.retry_in {
                Some(seconds) => format!("tried again in {seconds} s"),
                None => format!("{} of {} failures", line.failures.0, line.failures.1),
            };
            let state = line.state;
            writeln!(self.out, "    {FAINT}{name:<16}{FAINT:#} {state:<10} {more}")?;
        }
        Ok(())
    }
}
