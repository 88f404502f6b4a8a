//! pgbench running the statements of a request, with as many connections as the service has clients.

use std::process::Command;
use std::time::Duration;

use auth_testkit::postgres::Cluster;

/// The id of the session with the number `:n` of those that [`FILL`] makes.
const SESSION_ID: &str = "('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid";

/// A thousand sessions of the first account, whose ids pgbench can count.
const FILL: &str = "INSERT INTO sessions (id, account_id, generation, parent, served_at, proved, network, user_agent, key_id, \
 method, created_at, idle_expires_at, absolute_expires_at, authenticated_at, rotated_at) \
 SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, (SELECT id FROM accounts ORDER BY id LIMIT 1), 1, NULL, 1, false, \
 '127.0.0.0/24', 'pgbench', '0123abcd', 'pwd', 1, 9000000000000000, 9000000000000000, 1, 1 \
 FROM generate_series(1, 1000) AS series(n) ON CONFLICT DO NOTHING";

/// The script that runs `statement` of the service for any session of [`FILL`]. Every other parameter is compared with, or
/// set to, the value that is there: the guards hold, and the row is written.
pub(crate) fn script(cluster: &Cluster, url: &str, statement: &str) -> String {
    cluster.query(url, FILL);
    let account = cluster.query(url, "SELECT id FROM accounts ORDER BY id LIMIT 1");
    let mut parts = statement.split(" = $");
    let mut filled = parts.next().unwrap().to_owned();
    for part in parts {
        let column = &filled[filled.rfind([' ', '(', ',']).unwrap() + 1..];
        let value = match column {
            "\"sessions\".\"id\"" => SESSION_ID.to_owned(),
            "\"sessions\".\"account_id\"" | "\"accounts\".\"id\"" => format!("'{account}'::uuid"),
            column => column.to_owned(),
        };
        filled = format!("{filled} = {value}{}", part.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    }
    assert!(!filled.contains('$'), "every parameter is filled in: {filled}");
    let once = filled.replace(":n", "1");
    let returning = if once.starts_with("UPDATE") { " RETURNING 1" } else { "" };
    let found = cluster.query(url, &format!("WITH found AS ({once}{returning}) SELECT count(*) FROM found"));
    assert_eq!(found, "1", "it finds the session: {filled}");
    format!("\\set n random(1, 1000)\n{filled};\n")
}

/// Transactions a second of `script` in the database at `url`, with prepared statements as the service has.
pub(crate) fn run(url: &str, script: &str, connections: usize, measured: Duration) -> f64 {
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
