//! What was typed is repeated in complaints, and may be a URL with a password: typed in the wrong place, it is hidden.

/// The schemes of databases: what follows may hold a password even without an `@`.
const DATABASES: [&str; 2] = ["mysql:", "mariadb:"];

/// `text` without the URLs of `arguments` that may hold a password.
pub(crate) fn without_logins(text: &str, arguments: impl IntoIterator<Item = String>) -> String {
    let mut text = text.to_owned();
    for argument in arguments {
        if let Some((scheme, url)) = login(&argument) {
            text = text.replace(url, &format!("{scheme}://***"));
        }
    }
    text
}

/// The URL with a password that an argument is or ends with, `--flag=` before it or not, and its scheme.
fn login(argument: &str) -> Option<(&str, &str)> {
    let database = DATABASES.iter().filter_map(|scheme| argument.find(scheme));
    let with_user = argument
        .split_once("://")
        .filter(|(_, rest)| rest.contains('@'))
        .map(|(before, _)| {
            before
                .trim_end_matches(|letter: char| letter.is_ascii_alphanumeric())
                .len()
        });
    let url = argument.get(database.chain(with_user).min()?..)?;
    let (scheme, _) = url.split_once(':')?;
    Some((scheme, url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_may_hold_a_password_is_hidden_and_others_are_not() {
        let told = |argument: &str| {
            without_logins(&format!("what is '{argument}'?"), [argument.to_owned()])
        };
        for (argument, shown) in [
            ("mysql://u:p@h/db", "mysql://***"),
            ("mysql://u:p/db", "mysql://***"),
            ("mariadb:u:p", "mariadb://***"),
            ("--url=mysql://u:p@h/db", "--url=mysql://***"),
            ("--url=https://u:p@h", "--url=https://***"),
            ("postgres://u:mysql:@h", "postgres://***"),
            (
                "https://bot.example.com/callback",
                "https://bot.example.com/callback",
            ),
            ("me@example.com", "me@example.com"),
        ] {
            assert_eq!(told(argument), format!("what is '{shown}'?"));
        }
    }
}
