//! Nothing of what LINE did not sign is looked at.

use crate::support::{MOST_BYTES, Stage};

/// No webhook, nor even JSON.
const BROKEN: &str = "{";

#[tokio::test]
async fn what_is_not_signed_by_line_is_not_even_parsed() {
    let stage = Stage::new().await;
    let of_another_body = stage.simulator.sign(b"another body");
    let wrong = [None, Some(""), Some("AAAA"), Some(&*of_another_body)];
    for signature in wrong {
        for body in [BROKEN.into(), stage.messages(1)] {
            let answer = stage.posts(body, signature).await;
            assert_eq!(answer.status, 401, "{answer:?}");
        }
    }
    assert!(stage.store.deadlines.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_signed_and_no_webhook_is_a_bad_request() {
    let stage = Stage::new().await;
    let signature = stage.simulator.sign(BROKEN.as_bytes());
    let answer = stage.posts(BROKEN, Some(&signature)).await;
    assert_eq!(answer.status, 400, "{answer:?}");
}

#[tokio::test]
async fn what_is_larger_than_a_webhook_is_refused_although_it_is_signed() {
    let stage = Stage::new().await;
    for (bytes, status) in [(MOST_BYTES, 400), (MOST_BYTES + 1, 413)] {
        let body = vec![b' '; bytes];
        let signature = stage.simulator.sign(&body);
        let answer = stage.posts(body, Some(&signature)).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}
