//! The command `cbctl`. All that it knows of a program, it learns from the program's management API.

mod address;
mod alerts;
mod args;
mod check;
mod client;
mod config;
mod events;
mod explain;
mod failure;
mod health;
mod metrics;
mod mode;
mod monitor;
mod reset;
mod screen;
mod show;
mod sse;
mod status;
mod store;
mod test;
mod text;
mod token;
mod unreachable;
mod values;
mod wire;
mod words;

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use clap::{ArgMatches, CommandFactory, FromArgMatches, parser::ValueSource};

use address::Address;
use args::{Cli, Command, Common};
use client::Client;
use events::Wanted;
use failure::{Failure, Finding};
use screen::Screen;
use token::Token;

/// Runs `cbctl` with the arguments of the process.
pub fn main() -> ExitCode {
    let parsed = Cli::command()
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches).map(|cli| (cli, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            if error.use_stderr() && wants_json() {
                tell(&Failure::Usage(in_short(&error)), true);
            } else {
                // Where nobody reads it, nobody is to be told.
                let _ = error.print();
            }
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let json = cli.common.json;
    match run(cli, &matches) {
        Ok(Finding::Fine) => ExitCode::SUCCESS,
        Ok(Finding::Not) => ExitCode::from(1),
        Err(failure) => {
            if failure.status() != 0 {
                tell(&failure, json);
            }
            ExitCode::from(failure.status())
        }
    }
}

/// Whether errors are to be JSON, where the arguments cannot be read otherwise.
fn wants_json() -> bool {
    env::args_os()
        .skip(1)
        .take_while(|argument| argument != "--")
        .any(|argument| argument == "--json")
}

/// What is wrong with the arguments, without where to read more.
fn in_short(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.split("\n\nUsage:").next().unwrap_or_default();
    let text = text.split("\n\nFor more information").next().unwrap_or_default();
    text.trim().trim_start_matches("error: ").to_owned()
}

/// What commands work with.
struct Context {
    client: Client,
    screen: Screen,
}

fn run(Cli { common, command }: Cli, matches: &ArgMatches) -> Result<Finding, Failure> {
    let mut screen = Screen::stdout(common.json);
    let finding = match command {
        Command::Check { file, breakers } => check::run(&mut screen, file, &breakers)?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "cbctl", &mut script);
            screen.raw(&String::from_utf8_lossy(&script))?;
            Finding::Fine
        }
        asked => {
            let client = client(&common, innermost(matches))?;
            let mut context = Context { client, screen };
            let finding = ask(&mut context, asked);
            // What was written before something failed is an answer as well.
            context.screen.flush()?;
            return finding;
        }
    };
    screen.flush()?;
    Ok(finding)
}

fn ask(context: &mut Context, command: Command) -> Result<Finding, Failure> {
    match command {
        Command::Status(listing) => status::run(context, &listing),
        Command::Show(named) => show::run(context, &named),
        Command::Health { fail_under } => health::run(context, fail_under),
        Command::Alerts => alerts::run(context),
        Command::Events { follow, new, name } => {
            let wanted = Wanted::new(name.as_deref(), new);
            if follow { events::follow(context, &wanted) } else { events::latest(context, &wanted) }
        }
        Command::Metrics => metrics::run(context),
        Command::Monitor { interval, rounds, service_type } => {
            monitor::run(context, interval, rounds, service_type.as_deref())
        }
        Command::Explain { name } => explain::run(context, &name),
        Command::Config(change) => config::run(context, &change),
        Command::Reset(reset) => reset::run(context, &reset),
        Command::Mode(change) => mode::run(context, change),
        Command::Test { name, iterations } => test::run(context, &name, iterations),
        Command::Check { .. } | Command::Completions { .. } => Ok(Finding::Fine),
    }
}

fn client(common: &Common, matches: &ArgMatches) -> Result<Client, Failure> {
    let is_default = matches.value_source("url") == Some(ValueSource::DefaultValue);
    let address = Address::parse(&common.url).map_err(Failure::Usage)?;
    let token = Token::of(common, matches)?;
    Ok(Client::new(address, token, is_default, common.timeout))
}

/// The matches of the subcommand, which know where arguments that go for all come from.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, matches)| matches)
}

/// Says on standard error why there is no answer.
fn tell(failure: &Failure, json: bool) {
    if json {
        note(&text::escaped(&failure.problem().to_string()));
    } else {
        note(&format!("cbctl: {}", failure.text()));
    }
}

/// Writes a line to standard error. Where that cannot be, there is nobody to tell.
fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
