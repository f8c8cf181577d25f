//! What may be written behind `cbctl`.

use std::{path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, Parser, Subcommand};
use clap_complete::Shell;

use super::values::{Mode, State, duration, interval, pair, score};

/// Sees and steers the circuit breakers of a running program, over its management API.
#[derive(Debug, Parser)]
#[command(
    name = "cbctl",
    bin_name = "cbctl",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = EXAMPLES,
    after_long_help = AFTER
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  export CBCTL_URL=http://127.0.0.1:3000/api/circuit-breaker
  cbctl status --state open
  cbctl mode payments forced-open --for 10m --reason 'deploy of payments'
  cbctl health --fail-under 0.8 || page somebody";

const AFTER: &str = "\
Examples:
  export CBCTL_URL=http://127.0.0.1:3000/api/circuit-breaker
  cbctl status --state open
  cbctl show payments
  cbctl mode payments forced-open --for 10m --reason 'deploy of payments'
  cbctl config payments failure_threshold=3 recovery_timeout=1m
  cbctl health --fail-under 0.8 || page somebody
  cbctl events --follow --json | jq .
  cbctl check circuit-breakers.toml --breakers payments,search

Over https, the authorities that the system trusts are trusted; outside of Windows and macOS,
SSL_CERT_FILE names a file with others in their place.

Exit status:
  0  fine; also where who reads the output has had enough of it
  1  what was asked about is not so: a score under --fail-under, a test that failed, a file
     with something wrong in it, a breaker that is not there
  2  wrong usage: an unknown option, a value that the server refuses, a token that it does not
     know or that may not do this
  3  no answer from the server, or one that is not of the management API; with --cluster also
     where the store is away that instances share

A terminal gets tables, and a pipe lines with tabs between the columns. NO_COLOR is obeyed. With
--json the answer is on standard output and an error, as problem details (RFC 9457), on standard
error, one line each where there are several.";

/// What goes for every command.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// Where the management API is, with the path that it is nested at
    #[arg(
        long,
        env = "CBCTL_URL",
        value_name = "URL",
        global = true,
        default_value = super::address::DEFAULT,
        help_heading = SERVER
    )]
    pub(super) url: String,

    /// The token. Better in the variable or in a file: others see the arguments of a process
    #[arg(
        long,
        env = "CBCTL_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        global = true,
        help_heading = SERVER
    )]
    pub(super) token: Option<String>,

    /// A file with the token in it, and nothing else
    #[arg(
        long,
        env = "CBCTL_TOKEN_FILE",
        hide_env_values = true,
        value_name = "FILE",
        global = true,
        help_heading = SERVER
    )]
    pub(super) token_file: Option<PathBuf>,

    /// How long to wait for an answer, such as 10s; 10s unless told otherwise, and for `test` as
    /// long as it takes
    #[arg(
        long,
        value_name = "TIME",
        value_parser = duration,
        global = true,
        help_heading = SERVER
    )]
    pub(super) timeout: Option<Duration>,

    /// Prints JSON, errors as well
    #[arg(long, global = true, help_heading = "Output")]
    pub(super) json: bool,
}

const SERVER: &str = "Server";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Every breaker with its state and figures
    #[command(after_help = "\
Examples:
  cbctl status
  cbctl status --service-type database --state open
  cbctl status --json | jq -r '.breakers[] | select(.critical) | .name'")]
    Status(Listing),

    /// One breaker with all that is known of it
    #[command(after_help = "\
Examples:
  cbctl show payments
  cbctl show 'tenants[acme]'
  cbctl show tenants --key acme")]
    Show(Named),

    /// How all breakers are together, and what is advised
    #[command(after_help = "\
Examples:
  cbctl health
  cbctl health --fail-under 0.8 || echo 'not now'")]
    Health {
        /// Exit with status 1 if the score, from 0 to 1, is lower
        #[arg(long, value_name = "SCORE", value_parser = score)]
        fail_under: Option<f64>,
    },

    /// What ought to be looked at, the worst first
    Alerts,

    /// What happened lately; with --follow also what happens
    #[command(after_help = "\
Examples:
  cbctl events
  cbctl events --follow --name 'web_app/*'
  cbctl events --follow --json | jq 'select(.to == \"open\")'")]
    Events {
        /// Go on, also through a restart of the program, until interrupted
        #[arg(short, long)]
        follow: bool,

        /// Leave out what happened before
        #[arg(long, requires = "follow")]
        new: bool,

        /// Only those of breakers with such a name; `*` is any number of characters
        #[arg(long, value_name = "PATTERN")]
        name: Option<String>,
    },

    /// The figures for Prometheus, as text in a pipe
    Metrics,

    /// Draws the state of things again and again
    #[command(after_help = "\
In a pipe there is one line for each round.

Examples:
  cbctl monitor --interval 30
  cbctl monitor --interval 1m | tee -a breakers.log")]
    Monitor {
        /// Between two looks, such as 30s; a number alone is seconds
        #[arg(long, value_name = "TIME", default_value = "5s", value_parser = interval)]
        interval: Duration,

        /// End after so many looks
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
        rounds: Option<u64>,

        /// Only breakers of this service type
        #[arg(long, value_name = "TYPE")]
        service_type: Option<String>,
    },

    /// Where each setting of a breaker comes from, and what it stands over
    Explain {
        /// The name of the breaker
        name: String,
    },

    /// Shows the settings of a breaker, or changes some until the program ends
    #[command(after_help = "\
Keys and values are those of configuration files; parts have a dot between them. A value that is
no number, no `true` and no `false` is a text. The value `default` takes back what was changed.

Examples:
  cbctl config payments
  cbctl config payments failure_threshold=3 recovery_timeout=1m
  cbctl config payments backoff.factor=2 backoff.max=10m --reason 'longer outages'
  cbctl config payments recovery_timeout=default backoff=default
  cbctl config payments failure_threshold=3 --cluster --for 1h
  cbctl config payments --cluster --undo")]
    Config(ConfigChange),

    /// Closes breakers and forgets what they counted
    #[command(after_help = "\
Examples:
  cbctl reset payments --reason 'the provider is back'
  cbctl reset --service-type database
  cbctl reset --all --yes
  cbctl reset payments --cluster")]
    Reset(Reset),

    /// Sets what a breaker does whatever it has counted
    #[command(after_help = "\
Examples:
  cbctl mode payments forced-open --for 10m --reason deploy
  cbctl mode payments forced-open --for 10m --cluster
  cbctl mode payments normal")]
    Mode(ModeChange),

    /// Runs the declared health check of a breaker, outside of its counts
    Test {
        /// The name of the breaker
        name: String,

        /// How often, 1 to 100 times
        #[arg(
            long,
            value_name = "NUMBER",
            default_value_t = 1,
            value_parser = clap::value_parser!(u32).range(1..=100)
        )]
        iterations: u32,
    },

    /// Checks a configuration file, without a server
    #[command(after_help = "\
Checked are syntax, keys, values and their bounds, and that the settings of each breaker go
together, in every environment. Whether a breaker of a name exists only the program knows: give
its breakers with --breakers to have the names checked too. Functions under `calls` are not
looked for.

Examples:
  cbctl check circuit-breakers.toml
  cbctl check circuit-breakers.json --breakers payments,search")]
    Check {
        /// The file, which ends in .toml or .json
        file: PathBuf,

        /// The names of all breakers that there are
        #[arg(long, value_name = "NAMES", value_delimiter = ',')]
        breakers: Vec<String>,
    },

    /// Prints completions for a shell
    #[command(after_help = "\
Examples:
  cbctl completions bash > ~/.local/share/bash-completion/completions/cbctl
  cbctl completions fish > ~/.config/fish/completions/cbctl.fish
  cbctl completions zsh  > \"${fpath[1]}/_cbctl\"")]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(super) struct Listing {
    /// Only breakers of this service type
    #[arg(long, value_name = "TYPE")]
    pub(super) service_type: Option<String>,

    /// Only breakers in this state or mode
    #[arg(long, value_enum)]
    pub(super) state: Option<State>,

    /// So many at the most; all of them unless told otherwise
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) limit: Option<u32>,

    /// Only those whose names come after this one
    #[arg(long, value_name = "NAME")]
    pub(super) after: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The name of the breaker; of a keyed one also `NAME[KEY]`
    pub(super) name: String,

    /// The key, of a keyed breaker
    #[arg(long, value_name = "KEY")]
    pub(super) key: Option<String>,
}

#[derive(Debug, Args)]
#[group(skip)]
#[command(group = ArgGroup::new("which").required(true).args(["name", "service_type", "all"]))]
pub(super) struct Reset {
    /// The name of the breaker; of a keyed one also `NAME[KEY]`
    pub(super) name: Option<String>,

    /// The key, of a keyed breaker
    #[arg(long, value_name = "KEY", requires = "name")]
    pub(super) key: Option<String>,

    /// All breakers of this service type
    #[arg(long, value_name = "TYPE")]
    pub(super) service_type: Option<String>,

    /// All breakers. Asks first on a terminal
    #[arg(long)]
    pub(super) all: bool,

    /// Do not ask
    #[arg(short, long)]
    pub(super) yes: bool,

    /// In all instances of the program that share their breakers; of several, those that the asked one has
    #[arg(long)]
    pub(super) cluster: bool,

    /// With --cluster: for so long an instance that is away does it when it is back; 10m unless told
    /// otherwise
    #[arg(long = "for", value_name = "TIME", value_parser = duration, requires = "cluster")]
    pub(super) lasts: Option<Duration>,

    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ConfigChange {
    /// The name of the breaker
    pub(super) name: String,

    /// Settings to be changed, all of them or none
    #[arg(value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) changes: Vec<(String, String)>,

    /// In all instances of the program that share their breakers; needs --for
    #[arg(long)]
    pub(super) cluster: bool,

    /// With --cluster: for so long, then back to what each instance had
    #[arg(long = "for", value_name = "TIME", value_parser = duration, requires = "cluster")]
    pub(super) lasts: Option<Duration>,

    /// With --cluster: takes back what was changed in all instances
    #[arg(long, requires = "cluster", conflicts_with_all = ["changes", "lasts"])]
    pub(super) undo: bool,

    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ModeChange {
    #[command(flatten)]
    pub(super) breaker: Named,

    /// The mode
    #[arg(value_enum)]
    pub(super) mode: Mode,

    /// For so long, then back to normal; a number alone is seconds
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    pub(super) lasts: Option<Duration>,

    /// In all instances of the program that share their breakers; needs --for, unless it is `normal`
    #[arg(long)]
    pub(super) cluster: bool,

    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }
}
