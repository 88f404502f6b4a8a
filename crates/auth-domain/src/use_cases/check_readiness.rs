//! Tells load balancers whether this node can answer requests.

use std::sync::Arc;

use crate::ports::{Store, StoreError};

use super::all::Parts;

/// Checks whether this node can answer requests.
pub struct CheckReadiness {
    store: Arc<dyn Store>,
}

impl CheckReadiness {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { store: parts.ports.store.clone() }
    }

    /// Checks that the database can be read and written, since most requests need both.
    pub async fn execute(&self) -> Result<(), StoreError> {
        self.store.check_ready().await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::ports::{MockStore, StoreError};
    use crate::use_cases::{Policy, Ports, UseCases};

    #[tokio::test]
    async fn a_node_is_ready_as_long_as_its_database_answers_and_takes_writes() {
        for answer in [Ok(()), Err(StoreError::Unavailable), Err(StoreError::Refused)] {
            let mut store = MockStore::new();
            store.expect_check_ready().times(1).return_const(answer);
            let use_cases = UseCases::new(Ports { store: Arc::new(store), ..Ports::mocked() }, Policy::for_tests());
            assert_eq!(use_cases.check_readiness.execute().await, answer);
        }
    }
}
