//! Stores behind references, shared, and optional ones.

use std::sync::Arc;

use cb_runtime::{MemoryStore, StaleStore};

async fn keeps<S: StaleStore<&'static str, u32>>(store: S) -> bool {
    store.put("bread", 3);
    store.get(&"bread").await.map(|answer| answer.value) == Some(3)
}

#[tokio::test]
async fn given_a_store_that_is_borrowed_shared_or_optional_when_it_is_used_then_it_is_that_store() {
    let store = Arc::new(MemoryStore::new(1));
    assert!(keeps(&*store).await);
    store.keep("milk", 1);
    assert!(keeps(Arc::clone(&store)).await);
    store.keep("milk", 1);
    assert!(keeps(Some(&store)).await);
    assert!(keeps(&Some(Arc::clone(&store))).await);
    assert_eq!(store.len(), 1);

    assert!(!keeps(None::<MemoryStore<&str, u32>>).await);
    assert!(!keeps(&None::<Arc<MemoryStore<&str, u32>>>).await);
}
