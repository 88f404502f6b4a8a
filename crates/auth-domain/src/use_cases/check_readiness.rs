//! Tells load balancers whether this node can answer requests.

use crate::ports::StoreError;
use crate::services::Environment;

use super::all::Parts;

/// Checks whether this node can answer requests.
pub struct CheckReadiness {
    env: Environment,
}

impl CheckReadiness {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone() }
    }

    /// Checks that the database can be read and written, since most requests need both.
    pub async fn execute(&self) -> Result<(), StoreError> {
        self.env.store.check_ready(self.env.random()).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::ports::{MockEntropy, MockStore, StoreError};
    use crate::use_cases::{Policy, Ports, UseCases};

    #[tokio::test]
    async fn a_node_is_ready_as_long_as_its_database_answers_and_takes_writes() {
        for answer in [Ok(()), Err(StoreError::Unavailable), Err(StoreError::Refused)] {
            let mut store = MockStore::new();
            store.expect_check_ready().withf(|drawn| *drawn == [7; 32]).times(1).return_const(answer);
            let mut entropy = MockEntropy::new();
            entropy.expect_bytes().return_const([7; 32]);
            let ports = Ports { store: Arc::new(store), entropy: Arc::new(entropy), ..Ports::mocked() };
            let use_cases = UseCases::new(ports, Policy::for_tests());
            assert_eq!(use_cases.check_readiness.execute().await, answer);
        }
    }
}
