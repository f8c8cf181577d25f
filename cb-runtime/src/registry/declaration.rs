//! What annotated functions say about their breakers, known before any of them is called.

use std::{collections::BTreeMap, fmt};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{
    config::{ConfigBuilder, Layer, Origin},
    policy::Calls,
};

/// One annotated function: its breaker's name, its place, and the settings written there.
#[derive(Debug)]
pub struct Declaration {
    name: &'static str,
    function: fn() -> &'static str,
    file: &'static str,
    line: u32,
    settings: ConfigBuilder,
    fallback: Option<&'static str>,
    /// Whether there is a breaker for each value of a key.
    is_keyed: bool,
    /// Where there are any settings of its calls that may change.
    pub(super) calls: Option<&'static Calls>,
}

impl Declaration {
    /// What an expansion writes down.
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        function: fn() -> &'static str,
        (file, line): (&'static str, u32),
        settings: ConfigBuilder,
        fallback: Option<&'static str>,
    ) -> Self {
        Self { name, function, file, line, settings, fallback, is_keyed: false, calls: None }
    }

    /// What an expansion writes down besides, where the function has such settings.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_calls(mut self, calls: &'static Calls) -> Self {
        self.calls = Some(calls);
        self
    }

    /// What an expansion writes down besides, where there is a breaker for each value of a key.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_key(mut self) -> Self {
        self.is_keyed = true;
        self
    }

    pub(super) fn is_keyed(&self) -> bool {
        self.is_keyed
    }

    /// The breaker's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The function's path, such as `shop::Warehouse::stock`.
    pub fn function(&self) -> String {
        // A name inside the function was asked for its path: take off what stands for the function's
        // own body.
        let inside = (self.function)();
        let path = inside.rsplit_once("::").map_or(inside, |(path, _)| path);
        path.replace("::{{closure}}", "")
    }

    /// The source file, as the compiler was given it.
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// The line of the attribute.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// What answers instead when the call does not: a stale answer, the fallback as it was written, or
    /// both, one after the other; `None` where the caller gets the error.
    pub fn fallback(&self) -> Option<&'static str> {
        self.fallback
    }

    /// The settings written at this function, as name and value. What is not written here may be
    /// written at another function of the same breaker, or have its default.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        self.settings.given()
    }

    /// The settings written at this function, with their place.
    pub(super) fn layer(&self) -> Layer {
        Layer::from(self.settings, &self.origin())
    }

    /// Whether this setting is written at this function.
    pub(super) fn gives(&self, setting: &str) -> bool {
        self.settings.given().iter().any(|(given, _)| *given == setting)
    }

    pub(super) fn service_type(&self) -> Option<&'static str> {
        self.settings.given_service_type()
    }

    /// The attribute.
    pub(super) fn origin(&self) -> Origin {
        Origin::Attribute { file: self.file, line: self.line }
    }

    fn place(&self) -> (&'static str, u32) {
        (self.file, self.line)
    }
}

/// Its name, function, file, line and fallback, and the settings and those of its calls as a map each, as
/// they were written.
impl Serialize for Declaration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let settings: BTreeMap<&str, String> = self.settings().into_iter().collect();
        let call_settings: BTreeMap<&str, String> = self.call_settings().into_iter().collect();
        let mut fields = serializer.serialize_struct("Declaration", 7)?;
        fields.serialize_field("name", self.name)?;
        fields.serialize_field("function", &self.function())?;
        fields.serialize_field("file", self.file)?;
        fields.serialize_field("line", &self.line)?;
        fields.serialize_field("settings", &settings)?;
        fields.serialize_field("call_settings", &call_settings)?;
        fields.serialize_field("fallback", &self.fallback)?;
        fields.end()
    }
}

/// How a declaration gets from an expansion to [`declarations`].
#[derive(Debug)]
#[doc(hidden)]
pub struct Declared(pub &'static Declaration);

inventory::collect!(Declared);

/// The annotated functions of a program.
#[derive(Clone, Debug, Serialize)]
pub struct Declarations(Vec<&'static Declaration>);

/// Every annotated function in the program, called or not, in the order of files and lines.
///
/// ```
/// # use cb_runtime::declarations;
/// // One line in a test keeps functions that share a breaker from contradicting each other:
/// declarations().verify().unwrap();
/// ```
pub fn declarations() -> Declarations {
    let mut all: Vec<&'static Declaration> =
        inventory::iter::<Declared>.into_iter().map(|declared| declared.0).collect();
    // Several from one line are those of a macro; their paths tell them apart, the linker's order not.
    all.sort_by(|one, other| {
        one.place().cmp(&other.place()).then_with(|| one.function().cmp(&other.function()))
    });
    Declarations(all)
}

impl Declarations {
    #[cfg(feature = "export")]
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// The functions, in the order of files and lines.
    pub fn iter(&self) -> impl Iterator<Item = &'static Declaration> {
        self.0.iter().copied()
    }

    /// Whether functions that share a breaker agree on its settings.
    ///
    /// # Errors
    /// [`Conflicts`], which names each setting that two functions give different values, with both
    /// places.
    pub fn verify(&self) -> Result<(), Conflicts> {
        let mut conflicts: Vec<Conflict> = Vec::new();
        for (at, ignored) in self.0.iter().enumerate() {
            let before = &self.0[..at];
            for kept in before.iter().filter(|kept| kept.name == ignored.name) {
                for (setting, kept_value, ignored_value) in
                    kept.settings.conflicts(&ignored.settings)
                {
                    let known = |conflict: &Conflict| {
                        conflict.setting == setting && std::ptr::eq(conflict.ignored, *ignored)
                    };
                    if !conflicts.iter().any(known) {
                        conflicts.push(Conflict {
                            setting,
                            kept,
                            kept_value,
                            ignored,
                            ignored_value,
                        });
                    }
                }
            }
        }
        if conflicts.is_empty() { Ok(()) } else { Err(Conflicts(conflicts)) }
    }

    /// The functions that share a breaker with this one, itself among them even where no constructors
    /// run before `main` and nothing has been collected.
    pub(crate) fn sharing_with(&self, declaration: &'static Declaration) -> Self {
        let mut shared: Vec<_> =
            self.iter().filter(|other| other.name == declaration.name).collect();
        if !shared.iter().any(|other| other.place() == declaration.place()) {
            shared.push(declaration);
        }
        Self(shared)
    }

    /// The settings of all together; of two values for one setting, the first stands.
    pub(crate) fn settings(&self) -> ConfigBuilder {
        self.iter()
            .fold(ConfigBuilder::new(), |settings, declaration| settings.or(declaration.settings))
    }
}

impl IntoIterator for Declarations {
    type Item = &'static Declaration;
    type IntoIter = std::vec::IntoIter<&'static Declaration>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Two functions that give one setting of one breaker different values.
#[derive(Clone, Debug)]
pub struct Conflict {
    setting: &'static str,
    kept: &'static Declaration,
    kept_value: String,
    ignored: &'static Declaration,
    ignored_value: String,
}

impl Conflict {
    /// The setting's name.
    pub fn setting(&self) -> &'static str {
        self.setting
    }

    /// The function whose value is in force: the first in the order of files and lines.
    pub fn kept(&self) -> &'static Declaration {
        self.kept
    }

    /// The function whose value is ignored.
    pub fn ignored(&self) -> &'static Declaration {
        self.ignored
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, kept, kept_value, ignored, ignored_value } = self;
        let name = kept.name;
        write!(
            f,
            "circuit breaker `{name}`: `{setting}` is {kept_value} at {}:{} ",
            kept.file, kept.line
        )?;
        write!(f, "(`{}`), which stands, ", kept.function())?;
        write!(f, "and {ignored_value} at {}:{} ", ignored.file, ignored.line)?;
        write!(f, "(`{}`); write it at one of them", ignored.function())
    }
}

/// All contradictions between the annotated functions of a program.
///
/// `Debug` shows the same sentences as `Display`, so that `verify().unwrap()` can be read.
#[derive(Clone)]
pub struct Conflicts(Vec<Conflict>);

impl Conflicts {
    /// The contradictions, in the order of files and lines.
    pub fn iter(&self) -> impl Iterator<Item = &Conflict> {
        self.0.iter()
    }
}

impl fmt::Display for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, conflict) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            fmt::Display::fmt(conflict, f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Conflicts {}
