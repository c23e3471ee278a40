//! The three tiers as pods of podman: the overlay `podman`, by the commands of its page.
//!
//! | module | what it is |
//! |---|---|
//! | [`stack`] | the test: a conversation, new secrets, a backup into a new database, and nothing left behind |
//! | [`page`] | the commands of the page |
//! | [`place`] | where they are run: a copy of the manifests, the podman of the tests |

mod page;
mod place;
mod stack;
