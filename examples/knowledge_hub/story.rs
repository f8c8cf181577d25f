//! The story: one after the other goes, and comes back.

use std::{collections::BTreeMap, io::Write, time::Duration};

use cb_examples::{
    changes,
    screen::{BAD, Clock, FAINT, GOOD, Styled, TITLE, UNSURE, what_next},
    service::Behaviour,
};
use cb_runtime::{State, Subscription, registry};
use tokio::time::sleep;

use crate::{
    World,
    api::Counts,
    hub::{Addresses, Hub, HubError, Level},
};

const TEXTS: [&str; 6] = [
    "Cats sleep for sixteen hours a day.",
    "The wind turns before the rain.",
    "Owls cannot move their eyes.",
    "Snow is loud at twenty below.",
    "A whale sings for half an hour.",
    "Rain smells of the ground it falls on.",
];

const INTRO: &str = "\
A hub of knowledge answers searches. A cache, a vector search and a database
stand one behind the other, and two models say what texts mean. In the next
ten seconds each of them will fail. Here is who answers, and with what.";

const WHAT_NEXT: [(&str, &str); 4] = [
    ("examples/knowledge_hub/hub.rs", "the three levels"),
    ("examples/knowledge_hub/models.rs", "models, memory, small model"),
    ("-- --port 3000", "the same as a server, with dashboard"),
    ("cb_runtime::guide", "which fallback to choose"),
];

struct Teller<W> {
    out: W,
    clock: Clock,
    events: Subscription,
    hub: Hub,
    /// How many questions were asked that nobody had asked before.
    asked: u32,
}

pub(crate) async fn tell(mut out: impl Write, mut world: World) -> anyhow::Result<()> {
    let (redis, postgres) = (world.redis.kind(), world.postgres.kind());
    writeln!(out, "{INTRO}\nRedis: {redis}; PostgreSQL: {postgres}.")?;
    let addresses = Addresses {
        redis: world.redis.url(),
        database: world.postgres.url(),
        vectors: world.vectors.url(),
        models: world.models.url(),
    };
    let hub = Hub::open(addresses).await?;
    let (clock, events) = (Clock::start(), registry().subscribe());
    let mut teller = Teller { out, clock, events, hub, asked: 0 };

    teller.act("1. All is well: six texts are put in with one request to each model")?;
    teller.add(&TEXTS.map(str::to_owned)).await?;
    for query in ["kittens", "kittens", "storm"] {
        teller.search(query).await?;
    }

    teller.act("2. Redis is killed: nothing is remembered")?;
    world.redis.kill();
    teller.search("kittens").await?;
    teller.search_until_open("search_cache", "kittens").await?;

    teller.act("3. The models fail: the last hour's answers stand in, or the small model")?;
    world.models.behave(Behaviour::Failing);
    teller.search("kittens").await?;
    teller.search("felines").await?;
    teller.search("cats").await?;
    teller.add(&["Cats and owls see in the dark.".to_owned()]).await?;

    teller.act("4. The vector search hangs: the database finds by words")?;
    world.vectors.behave(Behaviour::Slow);
    teller.search("kittens").await?;
    teller.search("cats").await?;
    teller.search_until_open("vector_search", "cats").await?;

    teller.act("5. PostgreSQL is killed: no level is left, and the user is told at once")?;
    world.postgres.kill();
    teller.search("cats").await?;
    teller.search_until_open("database", "cats").await?;
    teller.search("cats").await?;

    teller.act("6. They come back, the database first")?;
    world.postgres.start_again()?;
    teller.search_until_closed(&["database"]).await?;
    world.vectors.behave(Behaviour::Healthy);
    world.models.behave(Behaviour::Healthy);
    world.redis.start_again()?;
    teller.search_until_closed(&["vector_search", "embeddings", "topics", "search_cache"]).await?;
    teller.search("kittens").await?;
    teller.search("kittens").await?;
    teller.sum_up()
}

impl<W: Write> Teller<W> {
    fn act(&mut self, title: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "\n{TITLE}{title}{TITLE:#}")?)
    }

    async fn add(&mut self, texts: &[String]) -> anyhow::Result<()> {
        let text = match self.hub.add(texts).await {
            Ok(added) => {
                let how = if added.by_meaning { "meaning" } else { "words only" };
                format!("{} put in, found by {how}: {}", texts.len(), counted(added.topics))
            }
            Err(error) => format!("not put in: {error}"),
        };
        writeln!(self.out, "{}  {text}", self.clock)?;
        self.tell_changes().await
    }

    async fn search(&mut self, query: &str) -> anyhow::Result<()> {
        let (style, level, what) = match self.hub.search(query).await {
            Ok(found) => {
                let (style, level) = match found.level {
                    Level::Cache => (GOOD, "cache"),
                    Level::Vectors => (GOOD, "vector search"),
                    Level::Database => (UNSURE, "database"),
                };
                let first = found.texts.first().map_or("nothing found", String::as_str);
                (style, level, first.to_owned())
            }
            // Two sentences; the second asks for patience.
            Err(HubError::Unavailable(why)) => {
                let first = why.user_message().split_inclusive('.').next();
                (BAD, "nobody", first.unwrap_or_default().to_owned())
            }
            Err(error) => (BAD, "nobody", error.to_string()),
        };
        let level = Styled(style, level.to_owned());
        writeln!(self.out, "{}  {query:<9} {level:<14} {what}", self.clock)?;
        self.tell_changes().await
    }

    /// Searches on, without a line for each, until the breaker of a level is open.
    async fn search_until_open(&mut self, name: &str, query: &str) -> anyhow::Result<()> {
        while registry().get(name).is_none_or(|breaker| breaker.state() == State::Closed) {
            let _ = self.hub.search(query).await;
            self.tell_changes().await?;
        }
        Ok(())
    }

    /// Goes on with work of all kinds until these are closed: calls are what finds services well.
    async fn search_until_closed(&mut self, names: &[&str]) -> anyhow::Result<()> {
        let is_closed = |name: &&str| {
            registry().get(name).is_some_and(|breaker| breaker.state() == State::Closed)
        };
        while !names.iter().all(is_closed) {
            self.asked += 1;
            let _ = self.hub.search(&format!("whales {}", self.asked)).await;
            let _ = self.hub.add(&[format!("Whales were seen on day {}.", self.asked)]).await;
            self.tell_changes().await?;
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    async fn tell_changes(&mut self) -> anyhow::Result<()> {
        Ok(changes::tell(&mut self.out, &self.clock, &mut self.events).await?)
    }

    fn sum_up(mut self) -> anyhow::Result<()> {
        let Counts { fallbacks, cache_hits } = Counts::of(&self.hub);
        writeln!(self.out, "\n{TITLE}Summary{TITLE:#}")?;
        let health = registry().health();
        writeln!(self.out, "  health: {}, score {:.2}", health.verdict, health.score)?;
        writeln!(self.out, "  with the searches that had no line here:")?;
        for (title, counts) in [("fallbacks", fallbacks), ("cache hits", cache_hits)] {
            writeln!(self.out, "  {title}")?;
            for (name, count) in counts {
                writeln!(self.out, "    {FAINT}{name:<16}{FAINT:#}{count:>4}")?;
            }
        }
        what_next(&mut self.out, &WHAT_NEXT)?;
        Ok(self.out.flush()?)
    }
}

/// "2 on animals, 1 on weather"
fn counted(topics: Vec<String>) -> String {
    let mut counts = BTreeMap::new();
    for topic in topics {
        *counts.entry(topic).or_insert(0) += 1;
    }
    let counts: Vec<_> =
        counts.iter().map(|(topic, count)| format!("{count} on {topic}")).collect();
    counts.join(", ")
}
