//! Three instances of one program, one service, and a Redis: `cargo run --example fleet`.
//!
//! The instances are processes of their own. When the service fails, one of them finds out, and all
//! three leave it alone; when it is well, one probe tells them all. Then Redis goes away, and nobody
//! minds. Needs `redis-server`.

mod instance;
mod service;

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use cb_examples::{redis::RedisServer, screen::what_next};
use service::Service;

const INTRO: &str = "\
Three instances of one program, each a process, call one service. Their breakers
meet in a Redis: when the service fails, one instance finds out, and all three
leave it alone. In the next 14 seconds the service fails, and then Redis.";

const WHAT_NEXT: [(&str, &str); 2] = [
    ("examples/fleet/instance.rs", "what makes a fleet of the instances"),
    ("cargo doc --open -p cb-runtime", "the guide \"Many instances\": what it costs"),
];

const INSTANCES: u32 = 3;
const INSTANCE: &str = "FLEET_INSTANCE";

fn main() -> anyhow::Result<()> {
    match env::var(INSTANCE) {
        Ok(number) => instance::run(&number),
        Err(_) => tell(),
    }
}

/// What the instances need to know, in their environment.
struct Fleet {
    redis: String,
    service: String,
    begun: Instant,
}

fn tell() -> anyhow::Result<()> {
    println!("{INTRO}\n");
    let redis = RedisServer::start()?;
    let service = Service::start()?;
    let fleet =
        Fleet { redis: redis.url(), service: service.address.to_string(), begun: Instant::now() };
    let mut instances = Vec::new();
    for number in 1..=INSTANCES {
        instances.push(fleet.start(number)?);
    }
    thread::sleep(Duration::from_secs(2));

    fleet.say("the service fails");
    service.set_well(false);
    service.take_calls();
    thread::sleep(Duration::from_secs(5));
    let failed = service.take_calls();
    fleet.say(&format!("in 5 s the service had {failed} calls of {INSTANCES} instances"));

    fleet.say("the service is well again");
    service.set_well(true);
    thread::sleep(Duration::from_secs(4));

    fleet.say("Redis is killed: the instances go on alone");
    drop(redis);
    thread::sleep(Duration::from_secs(3));
    fleet.say(&format!("meanwhile the service had {} calls", service.take_calls()));

    for mut instance in instances {
        instance.kill()?;
        instance.wait()?;
    }
    what_next(&mut anstream::stdout().lock(), &WHAT_NEXT)?;
    Ok(())
}

impl Fleet {
    fn say(&self, what: &str) {
        println!("{:6.2} s  {what}", self.begun.elapsed().as_secs_f32());
    }

    /// Starts this program once more, as an instance, and shows what it says.
    fn start(&self, number: u32) -> anyhow::Result<Child> {
        let mut instance = Command::new(env::current_exe()?)
            .env(INSTANCE, number.to_string())
            .env(instance::REDIS, &self.redis)
            .env(instance::SERVICE, &self.service)
            .stdout(Stdio::piped())
            .spawn()
            .context("an instance cannot be started")?;
        let said = instance.stdout.take().context("it has no standard output")?;
        let begun = self.begun;
        thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                println!("{:6.2} s    instance {number}: {line}", begun.elapsed().as_secs_f32());
            }
        });
        Ok(instance)
    }
}
