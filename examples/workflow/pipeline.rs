//! Items on their way through the steps, and what the state of the breakers means for them.

use std::{
    io::{self, Write},
    time::Duration,
};

use anyhow::Context;
use cb_runtime::{Event, Selector, registry};
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        watch,
    },
    task::yield_now,
    time::{interval, sleep},
};

use crate::{
    screen::Screen,
    steps::{Digest, Question, Services, StepError, search, store, summarize},
};

const TOPICS: [&str; 8] =
    ["tides", "glaciers", "coral reefs", "volcanoes", "auroras", "monsoons", "dunes", "geysers"];

/// Between two items that come in.
const PACE: Duration = Duration::from_millis(250);

/// How often a pipeline that pauses asks whether it may continue.
const LOOK: Duration = Duration::from_millis(50);

/// How much work is put into an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effort {
    Full,
    Cheap,
}

impl Effort {
    fn most_hits(self) -> usize {
        match self {
            Self::Full => 8,
            Self::Cheap => 2,
        }
    }
}

/// What the handlers have to tell.
pub(crate) enum News {
    Changed(Event),
    Switched(Effort),
}

/// Has the breakers' events tell what they mean for the workflow.
fn listen(effort: &watch::Sender<Effort>, news: &UnboundedSender<News>) {
    let to = news.clone();
    registry().on_transition(Selector::all(), move |event| {
        let to = to.clone();
        async move { to.send(News::Changed(event)) }
    });

    // Once for an outage, however often the breaker reopens before it is closed again. Of all models: a
    // second one would be asked as little.
    let (switch, to) = (effort.clone(), news.clone());
    registry().on_degraded(Selector::service_type("llm"), move |_| {
        let (switch, to) = (switch.clone(), to.clone());
        async move {
            switch.send(Effort::Cheap)?;
            to.send(News::Switched(Effort::Cheap))?;
            anyhow::Ok(()) // an error would be logged
        }
    });

    let (switch, to) = (effort.clone(), news.clone());
    registry().on_recovered(Selector::service_type("llm"), move |_| {
        let (switch, to) = (switch.clone(), to.clone());
        async move {
            switch.send(Effort::Full)?;
            to.send(News::Switched(Effort::Full))?;
            anyhow::Ok(())
        }
    });
}

/// Something to be worked on.
pub(crate) struct Item {
    number: u32,
    topic: &'static str,
    /// What the first two steps came to, where only the last one is left to do.
    made: Option<Digest>,
}

/// What one run through the steps came to.
pub(crate) struct Outcome {
    /// The first two steps were done in a run before, when storing failed.
    pub(crate) made_before: bool,
    pub(crate) summarized: Result<(), StepError>,
    pub(crate) stored: Result<(), StepError>,
}

pub(crate) struct Pipeline<W> {
    services: Services,
    screen: Screen<W>,
    effort: watch::Receiver<Effort>,
    news: UnboundedReceiver<News>,
    items: UnboundedReceiver<Item>,
    /// One that could not be stored. It is the next.
    left: Option<Item>,
    pub(crate) tally: Tally,
}

/// What has been done, for the end of the story.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) stored: u32,
    pub(crate) pauses: u32,
    pub(crate) switches: u32,
}

impl<W: Write> Pipeline<W> {
    pub(crate) fn start(services: Services, screen: Screen<W>) -> Self {
        let (switch, effort) = watch::channel(Effort::Full);
        let (to, news) = unbounded_channel();
        listen(&switch, &to);
        let items = arrivals();
        Self { services, screen, effort, news, items, left: None, tally: Tally::default() }
    }

    pub(crate) fn screen(&mut self) -> &mut Screen<W> {
        &mut self.screen
    }

    pub(crate) fn into_screen(self) -> Screen<W> {
        self.screen
    }

    /// No more items come in.
    pub(crate) fn close(&mut self) {
        self.items.close();
    }

    /// Works on the next item as soon as it may, and says whether there was one: if not, none will come.
    pub(crate) async fn step(&mut self) -> anyhow::Result<bool> {
        self.pause_while_needed().await?;
        let item = match self.left.take() {
            Some(item) => item,
            None => match self.next_item().await? {
                Some(item) => item,
                None => return Ok(false),
            },
        };
        let (digest, outcome) = self.work_on(&item).await?;
        self.screen.row(item.topic, &digest, &outcome)?;
        if outcome.stored.is_ok() {
            self.tally.stored += 1;
        } else {
            // Nothing is lost: it is the first to be worked on when the pipeline goes on.
            self.left = Some(Item { made: Some(digest), ..item });
        }
        self.tell_news().await?;
        Ok(true)
    }

    /// Without a critical service, work would be in vain.
    async fn pause_while_needed(&mut self) -> io::Result<()> {
        if registry().should_continue() {
            return Ok(());
        }
        self.tally.pauses += 1;
        self.screen.pauses(&registry().health())?;
        while !registry().should_continue() {
            sleep(LOOK).await;
            self.tell_news().await?;
        }
        self.screen.goes_on(self.items.len() + usize::from(self.left.is_some()))
    }

    /// Takes an item through the steps.
    async fn work_on(&self, item: &Item) -> anyhow::Result<(Digest, Outcome)> {
        let made_before = item.made.is_some();
        let (digest, summarized) = match &item.made {
            Some(digest) => (digest.clone(), Ok(())),
            None => self.make(item).await?,
        };
        let stored = store(&self.services, &digest).await;
        Ok((digest, Outcome { made_before, summarized, stored }))
    }

    async fn make(&self, item: &Item) -> anyhow::Result<(Digest, Result<(), StepError>)> {
        let most = self.effort.borrow().most_hits();
        let question = Question { topic: item.topic.to_owned(), most };
        let found = search(&self.services, &question).await.context("the fallback failed")?;
        // While the breaker is open this costs nothing; then it is the probe that finds the llm well.
        let (summary, summarized) = match summarize(&self.services, &found.titles).await {
            Ok(summary) => (Some(summary), Ok(())),
            Err(error) => (None, Err(error)),
        };
        Ok((Digest { number: item.number, found, summary }, summarized))
    }

    async fn next_item(&mut self) -> io::Result<Option<Item>> {
        loop {
            tokio::select! {
                biased;
                Some(news) = self.news.recv() => self.tell(news)?,
                item = self.items.recv() => return Ok(item),
            }
        }
    }

    async fn tell_news(&mut self) -> io::Result<()> {
        // The handlers are tasks of this thread: now it is their turn.
        yield_now().await;
        while let Ok(news) = self.news.try_recv() {
            self.tell(news)?;
        }
        Ok(())
    }

    fn tell(&mut self, news: News) -> io::Result<()> {
        match news {
            News::Changed(event) => self.screen.change(&event),
            News::Switched(effort) => {
                self.tally.switches += 1;
                self.screen.switched(effort)
            }
        }
    }
}

/// Items that come in whether anybody is ready for them or not.
fn arrivals() -> UnboundedReceiver<Item> {
    let (to, items) = unbounded_channel();
    tokio::spawn(async move {
        let mut ticks = interval(PACE);
        for (number, topic) in (1..).zip(TOPICS.into_iter().cycle()) {
            ticks.tick().await;
            if to.send(Item { number, topic, made: None }).is_err() {
                return;
            }
        }
    });
    items
}
