//! What a handler of events ends with.

use std::fmt::Display;

/// What the future of a handler may end with: nothing, or a `Result` whose error is logged.
///
/// With the latter, `?` works in a handler. The type of the error is then to be named, as in every
/// `async` block:
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # async fn post(text: String) -> anyhow::Result<()> { Ok(()) }
/// use cb_runtime::{Selector, registry};
///
/// registry().on_degraded(Selector::all(), |event| async move {
///     post(format!("{} is down", event.name())).await?;
///     anyhow::Ok(()) // or Ok::<_, SomeError>(())
/// });
/// # });
/// ```
///
/// It is implemented for `()`, for `Result<(), E>` with any `E` that is [`Display`], and for the type of
/// what never ends; there can be no others.
#[diagnostic::on_unimplemented(
    message = "a handler ends with nothing or with a `Result<(), E>` whose `E` is `Display`, not with `{Self}`",
    label = "this handler ends with `{Self}`",
    note = "put a `;` behind its last expression, or end it with `Ok::<_, SomeError>(())`: an error is logged"
)]
pub trait HandlerOutcome: Sealed {}

/// Keeps others from implementing it, so that it can grow.
pub trait Sealed {
    /// What there is to log.
    fn failure(self) -> Option<String>;
}

#[diagnostic::do_not_recommend]
impl HandlerOutcome for () {}

impl Sealed for () {
    fn failure(self) -> Option<String> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<E: Display> HandlerOutcome for Result<(), E> {}

impl<E: Display> Sealed for Result<(), E> {
    fn failure(self) -> Option<String> {
        // Errors that keep their causes apart, as those of `anyhow` do, show them in this form.
        self.err().map(|error| format!("{error:#}"))
    }
}

/// What `loop {}` and `panic!()` return, which has no name yet. From edition 2024 on, it is what a block
/// ends with that does not end.
type Never = <fn() -> ! as Returns>::Returned;

/// Tells what a function returns.
pub trait Returns {
    /// What it returns.
    type Returned;
}

impl<R> Returns for fn() -> R {
    type Returned = R;
}

#[diagnostic::do_not_recommend]
impl HandlerOutcome for Never {}

impl Sealed for Never {
    fn failure(self) -> Option<String> {
        self
    }
}
