//! The path of an annotated function, and by which parts of it people call the function.

/// A path as the compiler tells it, such as `shop::Warehouse::stock`, taken apart: without type
/// parameters, which are the same for all of a generic function's kinds.
#[derive(Debug, PartialEq)]
struct Parts {
    /// Of an `impl`'s function, what stands before its name: `<shop::Warehouse as shop::Store>`.
    qualified: Option<String>,
    /// The parts between `::`, those of the type in the place of the module that an `impl` is in.
    parts: Vec<String>,
}

/// Whether `name` is the path of the function or the end of it, from any `::` on; of a function in an
/// `impl` of a trait, its path with that trait's too. Type parameters do not matter.
pub(super) fn is_called(path: &str, name: &str) -> bool {
    if depth(name) > DEEPEST {
        return false;
    }
    let (path, name) = (Parts::of(path), Parts::of(name));
    match &name.qualified {
        Some(_) => path == name,
        None => is_named(&name.parts) && path.parts.ends_with(&name.parts),
    }
}

/// The deepest brackets within brackets that are looked into.
const DEEPEST: usize = 32;

fn depth(name: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for c in name.chars() {
        match c {
            '<' => open += 1,
            '>' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// The last part of a path.
pub(super) fn last(path: &str) -> String {
    Parts::of(path).parts.pop().unwrap_or_default()
}

fn is_named(parts: &[String]) -> bool {
    !parts.is_empty() && parts.iter().all(|part| !part.is_empty())
}

impl Parts {
    fn of(path: &str) -> Self {
        let mut all = Self { qualified: None, parts: Vec::new() };
        for part in split(path.trim(), "::") {
            let part = part.trim();
            match part.strip_prefix('<').and_then(|part| part.strip_suffix('>')) {
                Some(inside) => all.enter(inside),
                None => all.parts.push(bare(part)),
            }
        }
        all
    }

    /// Goes on within an `impl`. One that is in another module than its type is told as a part of that
    /// module: `shop::depot::<impl shop::Store for shop::Warehouse>::stock`.
    fn enter(&mut self, inside: &str) {
        let (of_type, of_trait) = match inside.strip_prefix("impl ") {
            Some(inside) => match split_once(inside, " for ") {
                Some((of_trait, of_type)) => (of_type, Some(of_trait)),
                None => (inside, None),
            },
            None => match split_once(inside, " as ") {
                Some((of_type, of_trait)) => (of_type, Some(of_trait)),
                None => (inside, None),
            },
        };
        self.parts = parts_of_type(of_type);
        if let Some(of_trait) = of_trait {
            let bare = |of: &str| parts_of_type(of).join("::");
            self.qualified = Some(format!("<{} as {}>", bare(of_type), bare(of_trait)));
        }
    }
}

/// What has no path, such as `[u8; 2]` and `dyn shop::Store`, is one part.
fn parts_of_type(of_type: &str) -> Vec<String> {
    let of_type = of_type.trim();
    let name = of_type.split('<').next().unwrap_or_default();
    let is_path = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '#'));
    if is_path { Parts::of(of_type).parts } else { vec![of_type.to_owned()] }
}

/// A part of a path without its type parameters.
fn bare(part: &str) -> String {
    let part = part.strip_prefix("r#").unwrap_or(part);
    part.split('<').next().unwrap_or_default().trim_end().to_owned()
}

fn split_once<'a>(text: &'a str, at: &'static str) -> Option<(&'a str, &'a str)> {
    let first = split(text, at).next()?;
    Some((first, text.get(first.len() + at.len()..)?))
}

/// What stands between, where no bracket is open.
fn split<'a>(text: &'a str, between: &'static str) -> impl Iterator<Item = &'a str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut open = 0_u32;
        let mut before = ' ';
        for (at, c) in text.char_indices() {
            if open == 0 && text[at..].starts_with(between) {
                rest = Some(&text[at + between.len()..]);
                return Some(&text[..at]);
            }
            match c {
                '<' | '(' | '[' => open += 1,
                // Of `->`, it closes nothing.
                '>' if before == '-' => {}
                '>' | ')' | ']' => open = open.saturating_sub(1),
                _ => {}
            }
            before = c;
        }
        rest = None;
        Some(text)
    })
}

#[cfg(test)]
#[allow(
    clippy::extra_unused_type_parameters,
    clippy::redundant_closure,
    clippy::redundant_closure_call,
    clippy::unused_self,
    reason = "functions of every shape, for their paths"
)]
mod tests {
    use super::*;

    /// What the compiler calls the function in which this stands, as `Declaration::function` has it.
    macro_rules! here {
        () => {{
            fn here() {}
            let inside = std::any::type_name_of_val(&here);
            inside.strip_suffix("::here").unwrap_or(inside).replace("::{{closure}}", "")
        }};
    }

    fn stock() -> String {
        here!()
    }

    fn generic<T>() -> String {
        here!()
    }

    fn outer() -> String {
        fn inner() -> String {
            here!()
        }
        (|| inner())()
    }

    struct Warehouse;
    struct Depot<T>(T);

    trait Store<K> {
        fn stock(&self) -> String;

        fn price(&self) -> String {
            here!()
        }
    }

    impl Warehouse {
        fn own(&self) -> String {
            here!()
        }
    }

    impl<T> Depot<T> {
        fn own<K>(&self) -> String {
            here!()
        }
    }

    impl<T> Store<Vec<T>> for Depot<T> {
        fn stock(&self) -> String {
            here!()
        }
    }

    impl Store<u8> for [u8; 2] {
        fn stock(&self) -> String {
            here!()
        }
    }

    impl Store<u8> for fn(u8) -> Vec<u8> {
        fn stock(&self) -> String {
            here!()
        }
    }

    mod elsewhere {
        use super::{Store, Warehouse};

        impl Warehouse {
            pub(super) fn far(&self) -> String {
                here!()
            }
        }

        impl Store<u8> for Warehouse {
            fn stock(&self) -> String {
                here!()
            }
        }
    }

    /// Asserts that the function is called by all of the first names and by none of the second.
    fn check(path: &str, named: &[&str], unnamed: &[&str]) {
        for name in named {
            assert!(is_called(path, name), "{path}, {name}");
        }
        let never =
            ["", "::", "stoc", "tock", "::stock", "stock::", "other::stock", "<>", "stock()"];
        for name in never.iter().chain(unnamed) {
            assert!(!is_called(path, name), "{path}, {name}");
        }
    }

    const THIS: &str = module_path!();

    #[test]
    fn a_free_function() {
        let path = format!("{THIS}::stock");
        assert_eq!(stock(), path);
        check(&path, &["stock", " stock ", "tests::stock", "r#stock", &path], &["ests::stock"]);
        assert_eq!(last(&path), "stock");
    }

    #[test]
    fn a_generic_function() {
        check(&generic::<u8>(), &["generic", "tests::generic", "generic<u8>", "generic<_>"], &[]);
    }

    #[test]
    fn a_function_within_another() {
        check(&outer(), &["inner", "outer::inner"], &["outer", "outer::stock"]);
    }

    #[test]
    fn a_method() {
        let path = format!("{THIS}::Warehouse::own");
        assert_eq!(Warehouse.own(), path);
        check(&path, &["own", "Warehouse::own", "tests::Warehouse::own", &path], &["house::own"]);
    }

    #[test]
    fn a_method_of_a_generic_type() {
        let path = Depot(1).own::<u8>();
        let whole = format!("{THIS}::Depot::own");
        let named = ["own", "Depot::own", "Depot<T>::own", "Depot<Vec<u8>>::own<K>", &whole, &path];
        check(&path, &named, &["T::own"]);
        assert_eq!(last(&path), "own");
    }

    #[test]
    fn a_method_in_another_module_than_its_type() {
        let path = Warehouse.far();
        assert!(path.contains("::elsewhere::<impl "), "{path}");
        let whole = format!("{THIS}::Warehouse::far");
        check(&path, &["far", "Warehouse::far", &whole, &path], &["elsewhere::far"]);
    }

    #[test]
    fn a_method_of_a_trait() {
        let path = Depot(1).stock();
        let bare = format!("<{THIS}::Depot as {THIS}::Store>::stock");
        let of_another = format!("<{THIS}::Depot as {THIS}::Other>::stock");
        let named = ["stock", "Depot::stock", "tests::Depot::stock", &bare, &path];
        check(&path, &named, &["Store::stock", "<Depot as Store>::stock", &of_another]);
        assert_eq!(last(&path), "stock");
    }

    #[test]
    fn a_method_of_a_trait_in_another_module_than_its_type() {
        let path = Warehouse.stock();
        assert!(path.contains("::elsewhere::<impl "), "{path}");
        let qualified = format!("<{THIS}::Warehouse as {THIS}::Store<u8>>::stock");
        check(&path, &["stock", "Warehouse::stock", &qualified, &path], &["Warehouse::far"]);
    }

    #[test]
    fn a_method_that_the_trait_provides() {
        check(&Warehouse.price(), &["price", "Store::price"], &["Warehouse::price"]);
    }

    #[test]
    fn methods_of_types_that_have_no_path() {
        let path = [1_u8, 2].stock();
        check(&path, &["stock", "[u8; 2]::stock", &path], &[]);
        let function: fn(u8) -> Vec<u8> = |_| Vec::new();
        let path = Store::<u8>::stock(&function);
        check(&path, &["stock", &path], &["Vec::stock", "Vec<u8>::stock"]);
        assert_eq!(last(&path), "stock");
    }

    /// A name comes from a file, and each bracket is gone into by itself.
    #[test]
    fn brackets_within_brackets_without_end_are_no_name() {
        for depth in [DEEPEST + 1, 200_000] {
            assert!(!is_called("shop::stock", &("<".repeat(depth) + &">".repeat(depth))));
        }
        let nested = |depth: usize| format!("stock{}u8{}", "<Vec".repeat(depth), ">".repeat(depth));
        assert!(is_called("shop::stock", &nested(DEEPEST)));
    }

    #[test]
    fn whatever_is_written_is_read_to_its_end() {
        for name in
            ["<", ">", "<<", "<a as", "< as >", "<impl >::x", "é::<ü>::ö", "a::::b", ")(", "-> "]
        {
            assert!(!is_called("shop::stock", name), "{name}");
            let _ = is_called(name, name);
        }
    }
}
