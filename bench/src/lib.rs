//! The benchmark: what a message costs, against the budgets of the product.
//!
//! | part | what it is |
//! |---|---|
//! | [`load`] | LINE, as far as a bot can tell: sends signed webhooks, takes the replies, and checks every one |
//! | [`bound`] | the least a bot can cost: the same HTTP stack and the same lists, in memory, nothing durable |
//! | [`figures`] | runs bot and bound as processes of their own, measures them, and holds the budgets against it |
//!
//! Everything stays on the loopback interface and ends by itself.

pub mod bound;
pub mod figures;
pub mod load;
