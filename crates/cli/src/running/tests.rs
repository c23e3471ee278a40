//! Each setting of the bot reaches what it is named after.

use super::*;
use crate::config::{Environment, Given, load};
use todo::Language;

#[test]
fn each_setting_of_the_bot_reaches_its_own_field() {
    let variables = [
        ("LINEBOT_LANGUAGE", "en"),
        ("LINEBOT_QUEUE_EVENTS", "5"),
        ("LINEBOT_KEEP_EVENTS_DAYS", "1"),
        ("LINEBOT_KEEP_CLOSED_TASKS_DAYS", "2"),
        ("LINEBOT_KEEP_LEFT_CONVERSATIONS_DAYS", "3"),
    ];
    let environment = variables.into_iter().collect::<Environment>();
    let settings = load(Given::default(), environment).unwrap().settings;
    let bot::Config {
        queue_events,
        default_language,
        retention,
    } = bot_config(&settings);
    assert_eq!(queue_events.get(), 5);
    assert_eq!(default_language, Language::English);
    let days = |days: u64| Duration::from_hours(24 * days);
    let expected = Retention {
        events: days(1),
        closed_tasks: days(2),
        left_conversations: days(3),
    };
    assert_eq!(retention, expected);
}
