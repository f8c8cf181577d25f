//! Links to files, to headings of the same text, and to headings of guides, which rustdoc does not check.

use std::{collections::HashSet, fmt::Write as _, fs, path::Path};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{files, read, root};

/// Where a text leads to, and the anchors of its headings.
#[derive(Default)]
struct Text {
    links: Vec<String>,
    anchors: HashSet<String>,
}

impl Text {
    fn of(markdown: &str) -> Self {
        let mut text = Self::default();
        let mut heading: Option<String> = None;
        // As rustdoc has it, a shortcut such as [`Config`] is a link too; where to, it finds out itself.
        let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES);
        for event in parser {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    text.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    text.anchors.extend(heading.take().map(|heading| anchor(&heading)));
                }
                Event::Text(part) | Event::Code(part) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&part);
                    }
                }
                _ => {}
            }
        }
        text
    }
}

/// As rustdoc and the hosts of repositories make them.
fn anchor(heading: &str) -> String {
    let mut anchor = String::new();
    for c in heading.chars() {
        if c.is_alphanumeric() || matches!(c, '-' | '_') {
            anchor.extend(c.to_lowercase());
        } else if c == ' ' {
            anchor.push('-');
        }
    }
    anchor
}

/// What is wrong with a link from this text of the file, if anything.
fn mistake(file: &Path, text: &Text, link: &str) -> Option<String> {
    if let Some(path) = link.strip_prefix("https://docs.rs/cb-runtime/latest/cb_runtime/") {
        return mistake_of_page(path);
    }
    if link.starts_with("https://") {
        return None;
    }
    let (target, wanted) = link.split_once('#').unwrap_or((link, ""));
    if target.is_empty() {
        return (!text.anchors.contains(wanted)).then(|| format!("no heading `#{wanted}`"));
    }
    if target.chars().all(|c| c.is_alphanumeric() || "_:!()@".contains(c)) {
        // An item of the library: rustdoc looks for it, but not for the heading.
        return if wanted.is_empty() { None } else { mistake_of_guide(target, wanted) };
    }
    let path = file.parent()?.join(target);
    if !path.exists() {
        return Some(format!("no file {}", path.display()));
    }
    if wanted.is_empty() {
        return None;
    }
    let there = Text::of(&fs::read_to_string(path).unwrap());
    (!there.anchors.contains(wanted)).then(|| format!("no heading `#{wanted}` in {target}"))
}

fn mistake_of_guide(item: &str, wanted: &str) -> Option<String> {
    let name = item.rsplit("::").next()?;
    let file = match name {
        "circuit_breaker" => "cb-runtime/src/attribute.md".to_owned(),
        _ => format!("cb-runtime/src/guide/{name}.md"),
    };
    if !root().join(&file).exists() {
        return Some(format!("this test does not know where the headings of `{item}` are"));
    }
    let there = Text::of(&read(&file));
    (!there.anchors.contains(wanted)).then(|| format!("no heading `#{wanted}` in {file}"))
}

/// Of the pages that documents outside of rustdoc lead to, the sources.
fn mistake_of_page(path: &str) -> Option<String> {
    let (page, wanted) = path.split_once('#').unwrap_or((path, ""));
    let source = match page.split('/').collect::<Vec<_>>()[..] {
        ["index.html" | ""] => "cb-runtime/src/lib.rs".to_owned(),
        ["attr.circuit_breaker.html"] => "cb-runtime/src/attribute.md".to_owned(),
        ["guide", "index.html"] => "cb-runtime/src/guide/mod.rs".to_owned(),
        ["guide", guide, "index.html"] => format!("cb-runtime/src/guide/{guide}.md"),
        ["integrations", module @ "tower", "index.html"] => {
            format!("cb-runtime/src/integrations/{module}/{module}.md")
        }
        ["integrations", module @ "reqwest", "index.html"] => {
            format!("cb-runtime/src/integrations/{module}.md")
        }
        _ => return Some("this test does not know where that page comes from".to_owned()),
    };
    if !root().join(&source).exists() {
        return Some(format!("it would come from {source}, which is not there"));
    }
    let has_it = wanted.is_empty() || Text::of(&read(&source)).anchors.contains(wanted);
    (!has_it).then(|| format!("no heading `#{wanted}` in {source}"))
}

fn look_through(file: &Path, markdown: &str, mistakes: &mut String) -> usize {
    let text = Text::of(markdown);
    for link in &text.links {
        if let Some(mistake) = mistake(file, &text, link) {
            let file = file.strip_prefix(root()).unwrap_or(file);
            writeln!(mistakes, "{}: `{link}`: {mistake}", file.display()).unwrap();
        }
    }
    text.links.len()
}

#[test]
fn links_of_documents_and_guides_lead_somewhere() {
    let mut documents = files("cb-runtime/src", ".md");
    documents
        .extend(["README.md", "CHANGELOG.md", "cb-macros/README.md"].map(|file| root().join(file)));
    let (mut seen, mut mistakes) = (0, String::new());
    for file in documents {
        seen += look_through(&file, &fs::read_to_string(&file).unwrap(), &mut mistakes);
    }
    assert!(mistakes.is_empty(), "{mistakes}");
    assert!(seen > 100, "{seen} links, where there are more");
}

/// The comments of one item each.
fn comments(source: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for line in source.lines() {
        let line = line.trim_start();
        match line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) {
            Some(line) => {
                let last = found.last_mut().expect("it begins with one");
                *last += line.strip_prefix(' ').unwrap_or(line);
                *last += "\n";
            }
            None => found.push(String::new()),
        }
    }
    found.retain(|comment| !comment.is_empty());
    found
}

#[test]
fn links_of_comments_to_headings_lead_somewhere() {
    let mut mistakes = String::new();
    for file in files("cb-runtime/src", ".rs") {
        for comment in comments(&fs::read_to_string(&file).unwrap()) {
            look_through(&file, &comment, &mut mistakes);
        }
    }
    assert!(mistakes.is_empty(), "{mistakes}");
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let file = root().join("README.md");
    let text = Text::of("# A heading, with `code`\n\n[a](#a-heading-with-code)");
    for good in [
        "#a-heading-with-code",
        "LICENSE-MIT",
        "examples/config",
        "https://example.org/",
        "crate::circuit_breaker#kinds-of-services",
        "crate::Config",
        "https://docs.rs/cb-runtime/latest/cb_runtime/guide/concepts/index.html#the-words",
    ] {
        assert_eq!(mistake(&file, &text, good), None, "{good}");
    }
    for bad in [
        "#another",
        "LICENSE-GPL",
        "CHANGELOG.md#no-such-heading",
        "crate::circuit_breaker#no-such-heading",
        "https://docs.rs/cb-runtime/latest/cb_runtime/guide/no_such/index.html",
    ] {
        assert!(mistake(&file, &text, bad).is_some(), "{bad}");
    }
    assert_eq!(text.links, ["#a-heading-with-code"]);
}

/// Where docs.rs has an item of the library: a module, a struct, or a method of one.
fn page(item: &str) -> String {
    let parts: Vec<_> = item.split("::").collect();
    let is_type = |part: &&str| part.starts_with(char::is_uppercase);
    let modules = parts.iter().take_while(|part| !is_type(part));
    let mut page = modules.fold(String::new(), |page, module| page + module + "/");
    match parts.iter().skip_while(|part| !is_type(part)).collect::<Vec<_>>()[..] {
        [] => page.push_str("index.html"),
        [name] => write!(page, "struct.{name}.html").unwrap(),
        [name, method, ..] => write!(page, "struct.{name}.html#method.{method}").unwrap(),
    }
    page
}

#[test]
fn what_needs_a_feature_is_linked_without_it_too() {
    let local = read("cb-runtime/src/guide/links/local.md");
    let items: Vec<_> = local
        .lines()
        .filter_map(|line| line.split_once("]: crate::").map(|(_, item)| item))
        .collect();
    let (mut here, mut there) = ("\n".to_owned(), "\n".to_owned());
    for item in &items {
        writeln!(here, "[`{item}`]: crate::{item}").unwrap();
        let page = page(item);
        writeln!(there, "[`{item}`]: https://docs.rs/cb-runtime/latest/cb_runtime/{page}").unwrap();
    }
    assert_eq!(local, here);
    assert_eq!(read("cb-runtime/src/guide/links/docs_rs.md"), there);
    let lib = read("cb-runtime/src/lib.rs");
    for item in items {
        assert!(lib.contains(&format!("[`{item}`]")), "{item} is linked nowhere");
    }
}
