//! What stands behind `docker compose` in the papers, and the scripts beside it.

use crate::pages::root;
use std::fs;

/// What `docker compose` is asked to do with a service.
const ABOUT_A_SERVICE: [&str; 5] = ["up", "logs", "exec", "kill", "run"];

/// Options that take the next word.
const WITH_A_VALUE: [&str; 2] = ["--signal", "--profile"];

/// Fails unless every service and script that `line` names exists.
pub(crate) fn check(line: &str) {
    let file = fs::read_to_string(root().join("compose.yaml")).expect("compose.yaml");
    let words: Vec<&str> = line.split(' ').collect();
    for word in &words {
        let made_by_prepare = word.contains("/private/");
        if word.starts_with("deploy/") && !made_by_prepare {
            assert!(root().join(word).exists(), "{line}: there is no {word}");
        }
    }
    let Some(compose) = words
        .windows(2)
        .position(|two| two == ["docker", "compose"])
    else {
        return;
    };
    let mut rest = words[compose + 2..].iter();
    let mut plain = Vec::new();
    while let Some(word) = rest.next() {
        if WITH_A_VALUE.contains(word) {
            rest.next();
        } else if !word.starts_with('-') {
            plain.push(*word);
        }
    }
    let command = plain.first().unwrap_or_else(|| panic!("{line}: do what?"));
    if let (true, Some(service)) = (ABOUT_A_SERVICE.contains(command), plain.get(1)) {
        assert!(
            file.contains(&format!("\n  {service}:\n")),
            "{line}: compose.yaml has no service {service}"
        );
    }
}

#[test]
#[should_panic(expected = "has no service app-servre")]
fn a_service_that_is_not_there_is_noticed() {
    check("docker compose logs --follow app-servre");
}

#[test]
#[should_panic(expected = "there is no deploy/compose/prepair.sh")]
fn a_script_that_is_not_there_is_noticed() {
    check("deploy/compose/prepair.sh");
}
