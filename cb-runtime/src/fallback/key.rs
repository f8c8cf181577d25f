//! What a stale answer is kept under: owned values made of a call's arguments.

use std::{
    ffi::{CStr, OsStr},
    hash::{Hash, Hasher},
    path::Path,
};

/// A value that can be (a part of) the key of stale answers, as it is or borrowed.
#[diagnostic::on_unimplemented(
    message = "`stale_if_error` keeps answers under a key, of which a `{Self}` cannot be a part",
    label = "`{Self}` is not `Hash`, `Eq`, `Clone`, `Send` and `Sync`",
    note = "where no key is written, it is all arguments: either say what the answer depends on, `stale_if_error(key = (user.id, page), ..)`,",
    note = "or derive `Hash`, `PartialEq`, `Eq` and `Clone` for the type"
)]
pub trait StaleKey {
    /// The value, owned.
    type Owned;

    /// Makes one to keep.
    fn owned_key(&self) -> Self::Owned;

    /// Makes one to keep in memory.
    fn hashed_key(&self) -> Hashed<Self::Owned>
    where
        Self::Owned: 'static;
}

#[diagnostic::do_not_recommend]
impl<T: Hash + Eq + Clone + Send + Sync> StaleKey for T {
    type Owned = T;

    fn owned_key(&self) -> T {
        self.clone()
    }

    fn hashed_key(&self) -> Hashed<T>
    where
        T: 'static,
    {
        Hashed::new(self.clone())
    }
}

macro_rules! borrowed {
    ($($borrowed:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl StaleKey for $borrowed {
            type Owned = <$borrowed as ToOwned>::Owned;

            fn owned_key(&self) -> Self::Owned {
                self.to_owned()
            }

            fn hashed_key(&self) -> Hashed<Self::Owned>
            where
                Self::Owned: 'static,
            {
                Hashed::new(self.to_owned())
            }
        }
    )*};
}

borrowed!(str, Path, OsStr, CStr);

#[diagnostic::do_not_recommend]
impl<T: Hash + Eq + Clone + Send + Sync + 'static> StaleKey for [T] {
    type Owned = Vec<T>;

    fn owned_key(&self) -> Vec<T> {
        self.to_vec()
    }

    fn hashed_key(&self) -> Hashed<Vec<T>> {
        Hashed::new(self.to_vec())
    }
}

/// The value of a method's `self`, on which answers depend where nobody says what they depend on.
#[diagnostic::on_unimplemented(
    message = "`stale_if_error` keeps answers under all arguments where no key is written, and `self` is one, but a `{Self}` cannot be a part of a key",
    label = "`{Self}` is not `Hash`, `Eq`, `Clone`, `Send` and `Sync`",
    note = "say what the answer depends on: `stale_if_error(key = id, ..)`; where another `self` would answer otherwise, `stale_if_error(key = (self.base_url, id), ..)`"
)]
pub trait StaleSelf: Sized {
    /// Makes one to keep.
    #[must_use]
    fn owned_key(&self) -> Self;

    /// Makes one to keep in memory.
    fn hashed_key(&self) -> Hashed<Self>
    where
        Self: 'static;
}

#[diagnostic::do_not_recommend]
impl<T: Hash + Eq + Clone + Send + Sync> StaleSelf for T {
    fn owned_key(&self) -> T {
        self.clone()
    }

    fn hashed_key(&self) -> Hashed<T>
    where
        T: 'static,
    {
        Hashed::new(self.clone())
    }
}

/// A key's part that knows how to be hashed, of whatever type it is: so where the type cannot be, only
/// what makes the part says so, and nothing that is done with it.
pub struct Hashed<T> {
    value: T,
    how: How<T>,
}

/// How to hash and how to compare.
type How<T> = (fn(&T, &mut dyn Hasher), fn(&T, &T) -> bool);

impl<T: Hash + Eq> Hashed<T> {
    fn new(value: T) -> Self {
        Self { value, how: (|value, mut state| value.hash(&mut state), T::eq) }
    }
}

impl<T> Hash for Hashed<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.how.0)(&self.value, state);
    }
}

impl<T> PartialEq for Hashed<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.how.1)(&self.value, &other.value)
    }
}

impl<T> Eq for Hashed<T> {}

/// A part of the key, as the call has it.
pub struct KeyOf<'a, T: ?Sized>(pub &'a T);

/// Of a reference, what is behind it is the key's part.
///
/// The compiler looks for the method here first, one reference nearer than in [`KeyByValue`].
pub trait KeyByReference {
    /// What is the part.
    type Part: ?Sized;

    /// The part.
    fn circuit_breaker_part(&self) -> &Self::Part;
}

impl<T: ?Sized> KeyByReference for KeyOf<'_, &T> {
    type Part = T;

    fn circuit_breaker_part(&self) -> &T {
        self.0
    }
}

impl<T: ?Sized> KeyByReference for KeyOf<'_, &mut T> {
    type Part = T;

    fn circuit_breaker_part(&self) -> &T {
        self.0
    }
}

/// Any other value is the key's part itself.
pub trait KeyByValue {
    /// What is the part.
    type Part: ?Sized;

    /// The part.
    fn circuit_breaker_part(&self) -> &Self::Part;
}

impl<T: ?Sized> KeyByValue for &KeyOf<'_, T> {
    type Part = T;

    fn circuit_breaker_part(&self) -> &T {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::*;

    #[test]
    #[allow(clippy::needless_borrow, reason = "as an expansion has it")]
    fn a_reference_is_a_key_of_what_is_behind_it() {
        let (text, number, list) = ("a", 7_u32, vec![1, 2]);
        let slice: &[i32] = &list;
        let from_text: String = StaleKey::owned_key((&KeyOf(&text)).circuit_breaker_part());
        let from_number: u32 = StaleKey::owned_key((&KeyOf(&number)).circuit_breaker_part());
        let from_slice: Vec<i32> = StaleKey::owned_key((&KeyOf(&slice)).circuit_breaker_part());
        let mut lent = 3_u8;
        let lent = &mut lent;
        let from_lent: u8 = StaleKey::owned_key((&KeyOf(&lent)).circuit_breaker_part());

        assert_eq!((from_text.as_str(), from_number, from_lent), ("a", 7, 3));
        assert_eq!(from_slice, list);
    }

    #[test]
    fn a_hashed_part_is_the_part() {
        let state = RandomState::new();
        let hash = |part: &Hashed<String>| state.hash_one(part);
        let (one, same, other) =
            (StaleKey::hashed_key("a"), StaleKey::hashed_key("a"), StaleKey::hashed_key("b"));

        assert!(one == same && one != other);
        assert_eq!(hash(&one), hash(&same));
    }
}
