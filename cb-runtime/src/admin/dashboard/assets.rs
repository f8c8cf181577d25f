//! The files that the page is made of.

/// The page itself, but for its `<base>` and [its modules](modules).
pub(super) const PAGE: &str = include_str!("assets/index.html");

/// A file beside the page.
#[derive(Debug)]
pub(super) struct Asset {
    /// Its path under `assets/`.
    pub(super) path: &'static str,
    pub(super) content: &'static [u8],
}

macro_rules! assets {
    ($($path:literal)*) => {
        [$(Asset { path: $path, content: include_bytes!(concat!("assets/", $path)) }),*]
    };
}

pub(super) static ASSETS: &[Asset] = &assets! {
    "actions.js"
    "api.js"
    "base.css"
    "charts.js"
    "detail.css"
    "detail.js"
    "detail_parts.js"
    "dialogs.js"
    "dom.js"
    "format.js"
    "gate.js"
    "icon.svg"
    "list.css"
    "list.js"
    "live.js"
    "main.js"
    "overview.js"
    "page.css"
    "rail.js"
    "row.js"
    "samples.js"
    "settings.js"
    "shared.js"
    "spark.js"
    "store.js"
    "vendor/uPlot.LICENSE"
    "vendor/uPlot.iife.min.js"
    "vendor/uPlot.min.css"
};

/// Links that have all modules loaded at once; without them a browser finds one in another, one round after
/// the other.
pub(super) fn modules() -> String {
    let modules = ASSETS.iter().map(|asset| asset.path).filter(|path| !path.starts_with("vendor/"));
    let names = modules.filter_map(|path| path.strip_suffix(".js"));
    names.fold(String::new(), |links, name| {
        links + "  <link rel=\"modulepreload\" href=\"assets/" + name + ".js\">\n"
    })
}

impl Asset {
    pub(super) fn media_type(&self) -> &'static str {
        match self.path.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{ASSETS, PAGE};

    #[test]
    fn every_file_is_served_and_none_is_missing_on_the_page() -> std::io::Result<()> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/admin/dashboard/assets");
        let mut found: Vec<String> = Vec::new();
        for (folder, prefix) in [(folder.join("vendor"), "vendor/"), (folder, "")] {
            for entry in fs::read_dir(folder)? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if name != "vendor" && name != "index.html" {
                    found.push(format!("{prefix}{name}"));
                }
            }
        }
        found.sort();
        let mut served: Vec<_> = ASSETS.iter().map(|asset| asset.path).collect();
        served.sort_unstable();
        assert_eq!(served, found);
        let named = PAGE.split("\"assets/").skip(1).filter_map(|rest| rest.split('"').next());
        for path in named {
            assert!(served.contains(&path), "{path} is on the page and is not served");
        }
        Ok(())
    }

    /// The policy would refuse them, on a page that looks right otherwise.
    #[test]
    fn nothing_is_written_into_the_page_that_its_policy_forbids() {
        for forbidden in ["style=", "<style", "onclick", "javascript:", "http:", "https:"] {
            assert!(!PAGE.contains(forbidden), "{forbidden}");
        }
        assert_eq!(PAGE.matches("<script").count(), PAGE.matches(" src=\"assets/").count());
    }
}
