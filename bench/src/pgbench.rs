//! pgbench running the statements of a request, with as many connections as the service has clients.

use std::process::Command;
use std::time::Duration;

use auth_testkit::postgres::Cluster;

/// Picks one of the sessions that [`FILL`] makes.
pub(crate) const SESSION_NUMBER: &str = "\\set n random(1, 1000)\n";
/// Its id.
pub(crate) const SESSION_ID: &str = "('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid";

/// The statement of `POST /auth/refresh`: as many columns as the service writes, one row by an index, guarded.
pub(crate) const REFRESH: &str = "\
\\set n random(1, 1000)
UPDATE sessions SET generation = generation + 1, parent = generation, served_at = served_at + 1, proved = false,
 network = '127.0.0.0/24', user_agent = 'pgbench', left_after = NULL, left_before = NULL, key_id = '0123abcd',
 idle_expires_at = idle_expires_at + 1, rotated_at = rotated_at + 1, joins = '', late_generation = NULL, late_running = 0,
 notes = notes
 WHERE id = ('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid AND proved = false AND revoked_at IS NULL;
";

/// A thousand sessions of the first account, whose ids pgbench can count.
const FILL: &str = "INSERT INTO sessions (id, account_id, generation, parent, served_at, proved, network, user_agent, key_id, \
 method, created_at, idle_expires_at, absolute_expires_at, authenticated_at, rotated_at) \
 SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, (SELECT id FROM accounts ORDER BY id LIMIT 1), 1, NULL, 1, false, \
 '127.0.0.0/24', 'pgbench', '0123abcd', 'pwd', 1, 9000000000000000, 9000000000000000, 1, 1 \
 FROM generate_series(1, 1000) AS series(n) ON CONFLICT DO NOTHING";

/// Transactions a second of `script` in the database at `url`, with prepared statements as the service has.
pub(crate) fn run(cluster: &Cluster, url: &str, script: &str, connections: usize, measured: Duration) -> f64 {
    cluster.query(url, FILL);
    let file = std::env::temp_dir().join(format!("auth-bench-{}.sql", std::process::id()));
    std::fs::write(&file, script).unwrap();
    let (connections, seconds) = (connections.to_string(), measured.as_secs().to_string());
    let mut pgbench = Command::new("pgbench");
    pgbench.args(["--no-vacuum", "--protocol=prepared", "--client", &connections, "--jobs", "2", "--time", &seconds]);
    let output = pgbench.arg("--file").arg(&file).arg(url).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    std::fs::remove_file(&file).unwrap();
    rate.unwrap_or_else(|| panic!("pgbench prints no rate: {text}"))
}
