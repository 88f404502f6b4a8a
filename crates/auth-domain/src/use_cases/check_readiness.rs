//! Can this node answer requests? For load balancers.

use std::sync::Arc;

use crate::ports::{Store, StoreError};

use super::all::Parts;

/// The use case.
pub struct CheckReadiness {
    store: Arc<dyn Store>,
}

impl CheckReadiness {
    pub(super) fn new(parts: &Parts) -> Self {
        Self { store: parts.ports.store.clone() }
    }

    /// Asks the database whether it can be read and written: most of what is asked for takes both.
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
