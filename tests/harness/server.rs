//! The server under test: the built binary in a process and a folder of its own.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use auth_testkit::postgres::cluster;
use serde_json::json;
use tempfile::TempDir;

use crate::client::{Client, Reply};
use crate::{PASSWORD, PATIENCE};

/// Which database the server runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded default.
    Sqlite,
    /// The throw-away PostgreSQL of this process.
    Postgres,
}

/// The HS256 secret of the services that every server here knows.
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// The master key of every server here.
pub const MASTER_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A running server. Killed when dropped.
pub struct Server {
    /// `http://127.0.0.1:<port>`
    pub url: String,
    /// Its data folder.
    pub dir: TempDir,
    /// The URL of its database, where that is PostgreSQL.
    pub database: Option<String>,
    child: Child,
    settings: Vec<(String, String)>,
    descriptors: Option<Descriptors>,
}

/// How many file descriptors a process may have.
#[derive(Clone, Copy, Debug)]
pub struct Descriptors {
    /// The soft limit, which holds.
    pub soft: u32,
    /// The hard limit, up to which the process may raise it.
    pub hard: u32,
}

/// The binary, built once for this run with the profile that the tests have.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        // target/<profile>/deps/black_box-…, or target/release/auth-bench
        let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
        let profile = if folder.ends_with("deps") { folder.parent().unwrap().to_owned() } else { folder };
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        if profile.file_name() == Some(OsStr::new("release")) {
            build.args(["build", "--release", "--package", "auth-server"]);
        } else {
            // As `cargo test --workspace` has built it already: by itself it has fewer features, and everything from
            // tokio upwards would be compiled once more.
            build.args(["test", "--no-run", "--workspace", "--test", "binary"]);
        }
        build.args(["--quiet", "--manifest-path"]).arg(manifest);
        // Of the package that cargo runs us for: ring's build script looks at them, and would be built anew, and all above it.
        let of_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        for (name, _) in std::env::vars().filter(|(name, _)| of_package(name)) {
            build.env_remove(name);
        }
        assert!(build.status().expect("cargo starts").success());
        profile.join("auth-server")
    })
}

/// Whether this run tests what PostgreSQL is like behind a PgBouncer in transaction mode.
fn through_pgbouncer() -> bool {
    std::env::var_os("AUTH_TEST_PGBOUNCER").is_some()
}

/// The Python that has what `tests/run` installed for the tests.
pub fn python() -> PathBuf {
    let python = std::env::var_os("BLACK_BOX_PYTHON").map(PathBuf::from);
    python.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/python/bin/python"))
}

impl Server {
    /// A server on an empty database, with cheap hashes.
    pub async fn start(engine: Engine) -> Self {
        Self::with(engine, &[]).await
    }

    /// The same with further settings, which win over the harness's own.
    pub async fn with(engine: Engine, settings: &[(&str, &str)]) -> Self {
        let database = (engine == Engine::Postgres).then(|| cluster().database());
        Self::on(database, settings).await
    }

    /// The same with so many file descriptors.
    pub async fn with_descriptors(engine: Engine, descriptors: Descriptors, settings: &[(&str, &str)]) -> Self {
        let database = (engine == Engine::Postgres).then(|| cluster().database());
        Self::launched(database, settings, Some(descriptors)).await
    }

    /// A further server on the database at that URL, or on an SQLite database of its own.
    pub async fn on(database: Option<String>, settings: &[(&str, &str)]) -> Self {
        Self::launched(database, settings, None).await
    }

    async fn launched(database: Option<String>, settings: &[(&str, &str)], descriptors: Option<Descriptors>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let scopes = "credentials:read,credentials:delete,tokens:introspect,roles:write,deletions:read,events:read,\
                      users:read,users:write,audit:read,status:read,tokens:exchange";
        let mut all = vec![
            ("AUTH_LISTEN", "127.0.0.1:0"),
            ("AUTH_SECRET_KEY", MASTER_KEY),
            // On SQLite they would be on, and cookies with them: both engines are to behave alike.
            ("AUTH_PAGES", "off"),
            ("AUTH_HASH_MEMORY_KIB", "8192"),
            ("AUTH_HASH_PASSES", "1"),
            ("AUTH_INTERNAL__BACKUPS_SERVICE__SECRET", SECRET),
            ("AUTH_INTERNAL__BACKUPS_SERVICE__SCOPES", scopes),
            ("AUTH_AUDIENCES", "orders,mail"),
            ("AUTH_INTERNAL__BACKUPS_SERVICE__TARGETS", "mail"),
            ("AUTH_INTERNAL__POWERLESS__SECRET", SECRET),
        ];
        let pooled = database.as_deref().filter(|_| through_pgbouncer()).map(|url| cluster().pooled(url));
        all.extend(pooled.is_some().then_some(("AUTH_DB_PREPARED", "off")));
        all.extend(pooled.as_deref().or(database.as_deref()).map(|url| ("AUTH_DATABASE_URL", url)));
        all.extend(settings);
        let settings: Vec<(String, String)> =
            all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (child, url) = launch(&settings, dir.path(), descriptors);
        Self { url, dir, database, child, settings, descriptors }
    }

    /// Stops it the hard way and starts it again on the same data.
    pub fn restart(&mut self) {
        self.kill();
        let (child, url) = launch(&self.settings, self.dir.path(), self.descriptors);
        (self.child, self.url) = (child, url);
    }

    /// The same with one setting changed.
    pub fn restart_with(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
        self.restart();
    }

    /// Whether it has ended by itself, or was killed.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args(["-s", name, &self.pid().to_string()]).status().unwrap().success());
    }

    /// Waits for its end and answers the exit code.
    pub fn exit_code(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server does not stop within {PATIENCE:?}");
    }

    /// A client of this server.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// Another command of the binary with the same settings.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = self.try_command(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The same, whether or not it succeeds.
    pub fn try_command(&self, arguments: &[&str]) -> Output {
        command(&self.settings, self.dir.path(), self.descriptors).args(arguments).output().unwrap()
    }

    /// The same with one setting more or changed.
    pub fn try_command_with(&self, name: &str, value: &str, arguments: &[&str]) -> Output {
        command(&self.settings, self.dir.path(), self.descriptors).env(name, value).args(arguments).output().unwrap()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        // Lines are written a few milliseconds after what they tell of.
        std::thread::sleep(Duration::from_millis(200));
        std::fs::read_to_string(self.dir.path().join("log")).unwrap()
    }

    /// Another command of the binary with the same settings, and its output to read while it runs.
    pub fn spawn_command(&self, arguments: &[&str]) -> Child {
        let mut command = command(&self.settings, self.dir.path(), self.descriptors);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts")
    }

    /// An internal token of the service that has every scope.
    pub fn internal_token(&self) -> String {
        self.command(&["internal-token", "--service", "backups-service"])
    }

    /// Waits for as long as a server may go on with what it keeps of sessions after another process changed them.
    pub fn changes_are_obeyed(&self) {
        std::thread::sleep(Duration::from_millis(1_100));
    }

    /// Runs SQL behind the server's back and answers what it prints.
    pub fn sql(&self, sql: &str) -> String {
        if let Some(url) = &self.database {
            return cluster().query(url, sql);
        }
        let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1],timeout=10)\nc.create_function('unhex',1,bytes.fromhex)\nr=c.execute(sys.argv[2]).fetchall()\nc.commit()\nprint('\\n'.join('|'.join(map(str,x)) for x in r))";
        let database = self.dir.path().join("data/auth.db");
        let output =
            Command::new("python3").args(["-c", script]).arg(database).arg(sql).output().expect("python3 starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Every user has proved the address, whatever it took.
    pub fn prove_addresses(&self) {
        self.sql("UPDATE accounts SET email_verified = (1 = 1), ever_proved = (1 = 1)");
        self.changes_are_obeyed();
    }

    /// Registers a user of that name; answers the user.
    pub async fn register(&self, name: &str) -> serde_json::Value {
        let body = json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD });
        self.client().post("/auth/register", body).await.expect(201, "USER_REGISTERED")["user"].clone()
    }

    /// Registers a user and logs them in; answers access and refresh token.
    pub async fn session(&self, name: &str) -> (String, String) {
        self.register(name).await;
        self.client().login(name, PASSWORD).await.tokens()
    }

    /// `GET /auth/me` with that access token.
    pub async fn me(&self, access_token: &str) -> Reply {
        self.client().bearer(access_token).get("/auth/me").await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn command(settings: &[(String, String)], dir: &Path, descriptors: Option<Descriptors>) -> Command {
    let mut command = match descriptors {
        None => Command::new(binary()),
        Some(Descriptors { soft, hard }) => {
            let mut shell = Command::new("/bin/sh");
            // A write past a limit of file sizes fails as on a full disk, where it would kill the process otherwise.
            let script = format!("trap '' XFSZ && ulimit -S -n {soft} && ulimit -H -n {hard} && exec \"$0\" \"$@\"");
            shell.arg("-c").arg(script).arg(binary());
            shell
        }
    };
    command.env_clear().envs(settings.iter().map(|(name, value)| (name, value))).current_dir(dir);
    command
}

fn launch(settings: &[(String, String)], dir: &Path, descriptors: Option<Descriptors>) -> (Child, String) {
    let log = std::fs::File::options().create(true).append(true).open(dir.join("log")).unwrap();
    let mut child =
        command(settings, dir, descriptors).stdout(Stdio::piped()).stderr(log).spawn().expect("the server starts");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().and_then(Result::ok).unwrap_or_default();
    let Some(url) = first.strip_prefix("listening on ") else {
        panic!("the server does not listen: {}", std::fs::read_to_string(dir.join("log")).unwrap_or_default());
    };
    // Keeps the pipe open, or its next line would fail.
    std::thread::spawn(move || lines.for_each(drop));
    (child, url.to_owned())
}
