//! A message in memory: verified, parsed, applied, answered.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up fails"
)]

use bench::load::{TITLES_EACH, title};
use divan::{Bencher, black_box};
use line::{ChannelSecrets, webhook};
use secrecy::SecretString;
use std::ops::Range;
use todo::{Input, Language, List, Timestamp};

/// A text message event with every field LINE sends.
const BODY: &[u8] = r#"{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[{"type":"message","message":{"type":"text","id":"600000000000012345","quoteToken":"q3Plxr4AgKd4b1dbf1c07a9f0f0000000000003039yXvbLyGBjpWQ5kMNp7xVTLy8bkzbIIp4","markAsReadToken":"30yhdy23200000000000030394b1dbf1c07a9f0f0C1oq0lGgbwKqZ8VDiBpLdb","text":"歯医者を予約する"},"webhookEventId":"01KAJ2M7Q8ZJ3D5E6F7G8H9JKM","deliveryContext":{"isRedelivery":false},"timestamp":1795251427304,"source":{"type":"user","userId":"Uf39cc0605cedc8341082276bf3a27251"},"replyToken":"4b1dbf1c07a9f0f00000000000003039","mode":"active"}]}"#.as_bytes();

/// Any time will do.
const NOW: Timestamp = Timestamp(1_795_251_427_304);

fn main() {
    divan::main();
}

#[divan::bench]
fn verify(bencher: Bencher) {
    let secrets =
        ChannelSecrets::new([&SecretString::from("8c570fa6dd201bb328f1c1eac23a96d8")]).unwrap();
    let signature = secrets.sign(BODY);
    bencher.bench(|| secrets.verify(black_box(BODY), signature.as_bytes()));
}

#[divan::bench]
fn parse(bencher: Bencher) {
    bencher.bench(|| {
        let webhook = webhook::parse(black_box(BODY)).unwrap();
        webhook.events().for_each(|event| drop(black_box(event)));
    });
}

/// One title toggled on a list of so many tasks: what changes, and the text of the reply.
#[divan::bench(args = [0, 10, 100, 1_000])]
fn apply_and_render(bencher: Bencher, tasks: usize) {
    let mut list = List::default();
    let titles: Vec<_> = (0..tasks)
        .map(|number| {
            format!(
                "{} {number}",
                title(0, number.to_le_bytes()[0] % TITLES_EACH)
            )
        })
        .collect();
    for lines in titles.chunks(100) {
        todo::respond(&mut list, &text(&lines.join("\n")), Language::Japanese, NOW);
    }
    assert_eq!(list.snapshot().open.len(), tasks);
    // As a store would load it: nothing has changed yet.
    let list = List::new(list.snapshot().clone());
    let input = text("call the plumber");
    bencher
        .with_inputs(|| list.clone())
        .bench_local_refs(|list| todo::respond(list, black_box(&input), Language::Japanese, NOW));
}

/// What costs most: as many lines as are read, as long as they may be, alike to the last characters, on a full list.
#[divan::bench(args = ["x", "é", "漢😀"])]
fn apply_the_longest_message_there_is(bencher: Bencher, unit: &str) {
    let same = unit.repeat(490 / unit.chars().count());
    let lines = |numbers: Range<usize>| {
        let lines: Vec<_> = numbers.map(|number| format!("{same} {number}")).collect();
        text(&lines.join("\n"))
    };
    let mut list = List::default();
    for hundred in 0..9 {
        let tasks = lines(hundred * 100..(hundred + 1) * 100);
        todo::respond(&mut list, &tasks, Language::Japanese, NOW);
    }
    assert_eq!(list.snapshot().open.len(), 900);
    let input = lines(900..1_000);
    bencher
        .with_inputs(|| list.clone())
        .bench_local_refs(|list| todo::respond(list, black_box(&input), Language::Japanese, NOW));
}

fn text(text: &str) -> Input {
    Input::Text {
        text: text.to_owned(),
        message_id: "600000000000012345".to_owned(),
    }
}
