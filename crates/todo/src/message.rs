//! A message as lines: commands and titles.
