//! What the page's links are relative to.

/// The `href` of the page's `<base>`, escaped, for a request of this path.
///
/// Only the path's last part is told, so that it fits behind a proxy that takes a prefix away, too: under
/// `/api/breakers` links would be relative to `/api/`, and so begin with `./breakers/`.
pub(super) fn of(path: &str) -> String {
    // A first part with a colon would be taken for a scheme without the dot.
    match path.rsplit('/').next().unwrap_or_default() {
        "" => "./".to_owned(),
        last => format!("./{}/", escaped(last)),
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn links_lead_under_the_page_with_and_without_a_slash() {
        for (path, base) in [
            ("", "./"),
            ("/", "./"),
            ("/breakers", "./breakers/"),
            ("/breakers/", "./"),
            ("/api/circuit-breaker", "./circuit-breaker/"),
            ("/api/circuit-breaker/", "./"),
            ("/a:b", "./a:b/"),
            ("/a%22b", "./a%22b/"),
            ("/a\"><script>'&", "./a&quot;&gt;&lt;script&gt;&#39;&amp;/"),
        ] {
            assert_eq!(of(path), base, "{path}");
        }
    }
}
