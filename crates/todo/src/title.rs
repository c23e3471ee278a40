//! When two titles are the same task.
