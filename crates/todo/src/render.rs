//! The sentences, in the person's language, cut to LINE's limits.
