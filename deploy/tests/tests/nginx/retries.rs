//! When nginx tries again, and when it gives up.

use crate::backend::{Answer, Backend, webhook};
use crate::configuration;
use deploy_tests::nginx::{Nginx, free_address};
use std::time::{Duration, Instant};

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn a_pod_that_is_going_costs_no_webhook() {
    // Gone, gone while it reads, draining, restarting.
    let well = Backend::start(&[Answer::Status(200)]);
    for answer in [Answer::Close, Answer::Status(503), Answer::Status(502)] {
        let going = Backend::start(&[answer]);
        let nginx = Nginx::start(&configuration("local"), &[going.address, well.address]);
        for _ in 0..10 {
            assert_eq!(webhook(nginx.address, "{}").status(), 200, "{answer:?}");
        }
        assert!(!going.requests().is_empty(), "it was asked, too");
    }
    let nginx = Nginx::start(&configuration("local"), &[free_address(), well.address]);
    for _ in 0..10 {
        assert_eq!(webhook(nginx.address, "{}").status(), 200);
    }
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn a_connection_that_the_pod_has_closed_meanwhile_costs_no_webhook() {
    let bot = Backend::start(&[Answer::Status(200), Answer::Close, Answer::Status(200)]);
    let nginx = Nginx::start(&configuration("local"), &[bot.address]);
    for _ in 0..3 {
        assert_eq!(webhook(nginx.address, "{}").status(), 200);
    }
    // The second one twice.
    assert_eq!(bot.requests().len(), 4);
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn the_bots_own_answers_pass_unchanged() {
    for status in [400, 401, 413, 500, 503] {
        let bot = Backend::start(&[Answer::Status(status)]);
        let nginx = Nginx::start(&configuration("local"), &[bot.address]);
        let answer = webhook(nginx.address, "{}");
        assert_eq!(
            (answer.status(), answer.text().as_str()),
            (status, "the bot")
        );
        // An event that cannot be stored is not sent twice; an overloaded bot is asked once more.
        assert_eq!(
            bot.requests().len(),
            if status == 503 { 2 } else { 1 },
            "{status}"
        );
        let wait = (status == 503).then_some("7");
        assert_eq!(
            answer.header("retry-after"),
            wait,
            "the bot's own, and once"
        );
    }
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn a_pod_that_hangs_is_given_up_and_nobody_else_does_its_work_again() {
    let hanging = Backend::start(&[Answer::Hang]);
    let nginx = Nginx::start(&configuration("local"), &[hanging.address]);
    let begun = Instant::now();
    let answer = webhook(nginx.address, "{}");
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(hanging.requests().len(), 1);
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn without_any_pod_the_answer_comes_within_lines_two_seconds() {
    let nginx = Nginx::start(&configuration("local"), &[free_address()]);
    let begun = Instant::now();
    assert_eq!(webhook(nginx.address, "{}").status(), 503);
    assert!(
        begun.elapsed() < Duration::from_millis(1500),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
#[ignore = "needs kubectl and nginx: cargo xtask test"]
fn behind_istio_the_sidecar_tries_again_and_nginx_does_not() {
    let bot = Backend::start(&[Answer::Status(503), Answer::Status(200)]);
    let nginx = Nginx::start(&configuration("istio"), &[bot.address]);
    assert_eq!(webhook(nginx.address, "{}").status(), 503);
    assert_eq!(bot.requests().len(), 1);
}
