//! Links and pictures.

use crate::pages::{self, Page, root};

/// The targets of all links and pictures in the prose of a page.
fn targets(page: &Page) -> Vec<String> {
    let prose = page.prose();
    let links = prose.split("](").skip(1);
    links
        .filter_map(|rest| rest.split(')').next())
        .map(str::to_owned)
        .collect()
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &Page) -> Vec<String> {
    let prose = page.prose();
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|heading| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = heading
                .chars()
                .filter(|character| character.is_alphanumeric() || " -_".contains(*character));
            kept.map(|character| if character == ' ' { '-' } else { character })
                .collect()
        })
        .collect()
}

#[test]
fn every_local_link_leads_somewhere() {
    let mut seen = 0;
    for page in pages::all() {
        let folder = page
            .path
            .parent()
            .expect("a page is in a folder")
            .to_path_buf();
        for target in targets(&page) {
            // What rustdoc resolves, rustdoc checks.
            if target.contains("://") || target.contains("::") {
                continue;
            }
            seen += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let shown = page.path.display();
            let linked = if path.is_empty() {
                page.path.clone()
            } else {
                folder.join(path)
            };
            assert!(
                root().join(&linked).exists(),
                "{shown}: {target} is not there"
            );
            if !anchor.is_empty() {
                let linked = pages::page(linked.to_str().expect("a path in Unicode"));
                assert!(
                    anchors(&linked).iter().any(|known| known == anchor),
                    "{shown}: {target} has no such heading"
                );
            }
        }
    }
    assert!(seen > 10, "links were found");
}

#[test]
fn pictures_are_small_enough_for_a_repository() {
    for entry in std::fs::read_dir(root().join("docs/images")).unwrap() {
        let entry = entry.unwrap();
        assert!(
            entry.metadata().unwrap().len() < 200_000,
            "{}",
            entry.path().display()
        );
    }
}
