//! A PostgreSQL server of the program's own, on a free port and with a directory that goes with it.

use std::{
    env, fs, io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Where Debian has the programs of each version, which are in no `PATH` there.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A first start takes a second; a busy computer may need far longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends with the value, and its data with it.
pub struct PostgresServer {
    programs: PathBuf,
    data: TempDir,
    account: Option<Account>,
    port: u16,
    process: Option<Child>,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// None of its programs was found.
    #[error(
        "`postgres` is not installed: `apt-get install postgresql` or `brew install postgresql`"
    )]
    NotInstalled,
    /// The administrator may not run it, and nobody else was found.
    #[error(
        "`postgres` refuses to run as root, and /etc/passwd has neither `postgres` nor `nobody`"
    )]
    NobodyElse,
    /// One of its programs could not be run, or its directory not be made.
    #[error("`postgres` cannot be started: {0}")]
    Io(#[from] io::Error),
    /// It has ended, or has not come up in time.
    #[error("`postgres` does not come up: {0}")]
    Failed(String),
}

impl PostgresServer {
    /// Starts a server with an empty database.
    ///
    /// # Errors
    /// [`StartError`], with what the server said.
    pub fn start() -> Result<Self, StartError> {
        let programs = programs().ok_or(StartError::NotInstalled)?;
        let data = tempfile::tempdir()?;
        let account = Account::for_a_server(data.path())?;
        let mut server = Self { programs, data, account, port: free_port()?, process: None };
        server.initialize()?;
        let mut tries = 0;
        loop {
            tries += 1;
            match server.start_again() {
                // Somebody may have been quicker to take the port.
                Err(StartError::Failed(_)) if tries < 3 => server.port = free_port()?,
                started => return started.map(|()| server),
            }
        }
    }

    /// For clients: its only user needs no password.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends it at once, as a crash would: no connection is closed in good order. What was committed is there
    /// when it is started again.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Killed without further ado, it would leave its helpers and a piece of shared memory behind.
            let asked =
                self.program("pg_ctl").args(["stop", "-m", "immediate", "-D", "."]).output();
            if !asked.is_ok_and(|output| output.status.success()) {
                let _ = process.kill();
            }
            let _ = process.wait();
        }
    }

    /// Starts a server that was killed, at the same address and with the data it had.
    ///
    /// # Errors
    /// [`StartError`], with what the server said.
    pub fn start_again(&mut self) -> Result<(), StartError> {
        self.kill();
        let log = fs::File::create(self.data.path().join("log"))?;
        let process = self
            .program("postgres")
            .args(["-D", ".", "-p", &self.port.to_string()])
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            // Its data need not survive the computer.
            .args(["-c", "fsync=off"])
            .stderr(log)
            .spawn()?;
        self.process = Some(process);
        self.wait_until_ready()
    }

    fn initialize(&self) -> Result<(), StartError> {
        let output = self
            .program("initdb")
            .args([
                "-D",
                ".",
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-locale",
                "--no-sync",
            ])
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(StartError::Failed(String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// It takes connections before it answers on them, so connecting would show nothing.
    fn wait_until_ready(&mut self) -> Result<(), StartError> {
        let port = self.port.to_string();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let asked =
                self.program("pg_isready").args(["-h", "127.0.0.1", "-p", &port]).status()?;
            if asked.success() {
                return Ok(());
            }
            let ended = self.process.as_mut().map(Child::try_wait).transpose()?.flatten();
            if ended.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(self.data.path().join("log"))?;
                return Err(StartError::Failed(log));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// One of its programs, run in the directory of the data by whom they belong to.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(self.data.path()).stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(account) = &self.account {
            account.run(&mut command);
        }
        command
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Bound and let go: free now, if nobody is quicker.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The directory that all programs of the server are in.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<_> = fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    versions.sort();
    let on_path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&on_path)
        .chain(versions.into_iter().rev())
        // A link to one of them need not have the others beside it.
        .filter_map(|directory| fs::canonicalize(directory.join("postgres")).ok())
        .filter_map(|postgres| postgres.parent().map(Path::to_owned))
        .find(|directory| {
            ["initdb", "pg_ctl", "pg_isready"].iter().all(|name| directory.join(name).exists())
        })
}

/// Whom the server runs as where it may not run as the one who starts it: PostgreSQL refuses root, which
/// CI mostly is.
struct Account {
    #[cfg(unix)]
    user: u32,
    #[cfg(unix)]
    group: u32,
}

#[cfg(unix)]
impl Account {
    /// Nobody, unless this is root; else the directory is given to the one who will run the server.
    fn for_a_server(data: &Path) -> Result<Option<Self>, StartError> {
        use std::os::unix::fs::{MetadataExt, chown};

        // Who has just made a directory owns it.
        if fs::metadata(data)?.uid() != 0 {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd")?;
        let account = ["postgres", "nobody"]
            .iter()
            .find_map(|name| accounts.lines().find_map(|line| Self::of(line, name)))
            .ok_or(StartError::NobodyElse)?;
        chown(data, Some(account.user), Some(account.group))?;
        Ok(Some(account))
    }

    /// `name:password:user:group:..`
    fn of(line: &str, name: &str) -> Option<Self> {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let user = fields.nth(1)?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        Some(Self { user, group })
    }

    fn run(&self, command: &mut Command) {
        use std::os::unix::process::CommandExt;

        command.uid(self.user).gid(self.group);
    }
}

#[cfg(not(unix))]
impl Account {
    fn for_a_server(_data: &Path) -> Result<Option<Self>, StartError> {
        Ok(None)
    }

    fn run(&self, _command: &mut Command) {}
}
