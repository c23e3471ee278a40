//! "Did you mean": the known name nearest to a misspelt one.

/// Names further apart than this have little in common; clap draws the same line for flags.
const LEAST_SIMILARITY: f64 = 0.8;

/// `; did you mean X?`, or nothing when no known name is near.
pub(super) fn did_you_mean<'a>(misspelt: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|name| (strsim::jaro_winkler(misspelt, name), name))
        .filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| format!("; did you mean {name}?"))
        .unwrap_or_default()
}
