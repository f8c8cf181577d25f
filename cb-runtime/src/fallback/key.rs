//! What a stale answer is kept under: owned values made of a call's arguments.

use std::hash::Hash;

/// A value that can be (a part of) the key of stale answers, as it is or borrowed.
#[diagnostic::on_unimplemented(
    message = "`stale_if_error` keeps answers under a key, of which a `{Self}` cannot be a part",
    label = "`{Self}` is not `Hash + Eq + Clone`",
    note = "where no key is written, it is all arguments; either say what the answer depends on, by arguments or what is in them: `stale_if_error(key = (user.id, page), ..)`,",
    note = "or derive `Hash`, `PartialEq`, `Eq` and `Clone` for the type"
)]
pub trait StaleKey {
    /// The value, owned.
    type Owned: Hash + Eq + Clone;

    /// Makes one to keep.
    fn owned_key(&self) -> Self::Owned;
}

#[diagnostic::do_not_recommend]
impl<T> StaleKey for T
where
    T: ToOwned<Owned: Hash + Eq + Clone> + ?Sized,
{
    type Owned = T::Owned;

    fn owned_key(&self) -> T::Owned {
        self.to_owned()
    }
}

/// The value of a method's `self`, of which answers depend where nobody says what they depend on.
#[diagnostic::on_unimplemented(
    message = "`stale_if_error` keeps answers under all arguments where no key is written, and `self` is one: but `{Self}` is not `Hash + Eq + Clone`",
    label = "`{Self}` cannot be a part of the key",
    note = "say what the answer depends on: `stale_if_error(key = id, ..)`; where another `self` would answer otherwise, `stale_if_error(key = (self.base_url, id), ..)`"
)]
pub trait StaleSelf {
    /// Makes one to keep.
    fn stale_self(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Hash + Eq + Clone> StaleSelf for T {
    fn stale_self(&self) -> T {
        self.clone()
    }
}

/// A part of the key, as the call has it.
pub struct KeyOf<'a, T: ?Sized>(pub &'a T);

/// Of a reference, what is behind it is the key's part.
///
/// The compiler looks for the method here first, one reference nearer than in [`KeyByValue`].
pub trait KeyByReference {
    /// What is behind the reference.
    type Value: ?Sized;

    /// Makes one to keep.
    fn stale_key(&self) -> <Self::Value as StaleKey>::Owned
    where
        Self::Value: StaleKey;
}

impl<T: ?Sized> KeyByReference for KeyOf<'_, &T> {
    type Value = T;

    fn stale_key(&self) -> T::Owned
    where
        T: StaleKey,
    {
        (**self.0).owned_key()
    }
}

impl<T: ?Sized> KeyByReference for KeyOf<'_, &mut T> {
    type Value = T;

    fn stale_key(&self) -> T::Owned
    where
        T: StaleKey,
    {
        (**self.0).owned_key()
    }
}

/// Any other value is the key's part itself.
pub trait KeyByValue {
    /// The value.
    type Value: ?Sized;

    /// Makes one to keep.
    fn stale_key(&self) -> <Self::Value as StaleKey>::Owned
    where
        Self::Value: StaleKey;
}

impl<T: ?Sized> KeyByValue for &KeyOf<'_, T> {
    type Value = T;

    fn stale_key(&self) -> T::Owned
    where
        T: StaleKey,
    {
        self.0.owned_key()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_key_of_what_is_behind_it() {
        let (text, number, list) = ("a", 7_u32, vec![1, 2]);
        let slice: &[i32] = &list;
        let from_text: String = (&KeyOf(&text)).stale_key();
        let from_number: u32 = (&KeyOf(&number)).stale_key();
        let from_slice: Vec<i32> = (&KeyOf(&slice)).stale_key();
        let mut lent = 3_u8;
        let lent = &mut lent;
        let from_lent: u8 = (&KeyOf(&lent)).stale_key();

        assert_eq!((from_text.as_str(), from_number, from_lent), ("a", 7, 3));
        assert_eq!(from_slice, list);
    }
}
