use cb_runtime::{Event, registry};

struct Receipt;

async fn post(event: Event) -> Receipt {
    drop(event);
    Receipt
}

fn main() {
    registry().on_degraded("orders", post);
    registry().on_recovered("orders", |event| async move { post(event).await });
    registry().on_transition("orders", |event| async move {
        post(event).await;
        Ok::<_, Receipt>(())
    });
}
