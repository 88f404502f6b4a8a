//! The joins of a session in one column: one line each with time, generation, network and user agent, separated by
//! spaces. Only the last may contain a space, and none a line break.

use auth_domain::Timestamp;
use auth_domain::session::{Client, Generation, Join, Joins, Network};

pub(crate) fn write(joins: &Joins) -> String {
    let line = |join: &Join| {
        let (client, generation) = (&join.client, join.generation.as_number());
        format!("{} {generation} {} {}", join.at.as_micros(), client.network(), client.user_agent())
    };
    joins.as_slice().iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Parses a column; `None` if this service cannot have written it.
pub(crate) fn read(text: &str) -> Option<Joins> {
    let lines = text.split('\n').filter(|line| !line.is_empty());
    Joins::from_stored(lines.map(join).collect::<Option<_>>()?)
}

fn join(line: &str) -> Option<Join> {
    let mut parts = line.splitn(4, ' ');
    let mut next = || parts.next();
    let (at, generation, network, user_agent) = (next()?, next()?, next()?, next()?);
    Some(Join {
        at: Timestamp::from_micros(at.parse().ok()?),
        generation: Generation::from_number(generation.parse().ok()?),
        client: Client::from_stored(Network::from_stored(network.to_owned()), user_agent.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join_of(address: &str, user_agent: &str) -> Join {
        let client = Client::new(address.parse().unwrap(), user_agent);
        Join { at: Timestamp::from_micros(-7), generation: Generation::from_number(u32::MAX), client }
    }

    #[test]
    fn joins_come_back_as_they_were_written() {
        let one = join_of("192.0.2.1", "");
        let other = join_of("2001:db8::1", " Mozilla/5.0 (X11; Linux)\r\n 😀 ");
        for joins in [vec![], vec![one.clone()], vec![other.clone(), one, other]] {
            let joins = Joins::from_stored(joins).unwrap();
            assert_eq!(read(&write(&joins)), Some(joins));
        }
        assert_eq!(write(&Joins::default()), "");
    }

    #[test]
    fn nothing_else_is_read() {
        let line = "1 2 192.0.2.0/24 x";
        assert!(read(line).is_some());
        for text in ["x", "1 2 192.0.2.0/24", "1 x 192.0.2.0/24 x", "1.5 2 192.0.2.0/24 x", &[line; 4].join("\n")] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
