//! What the people of the benchmark write on their lists.

/// How many titles a person toggles. Each is on the list half of the time, so that lists hold about ten tasks.
pub const TITLES_EACH: u8 = 20;

/// Half Japanese, half English. No title is part of another one or of a sentence of the bot, so that a line of a
/// reply shows at most one.
const TITLES: [&str; 40] = [
    "牛乳を買う",
    "歯医者を予約する",
    "call the plumber",
    "図書館に本を返す",
    "renew passport",
    "家賃を振り込む",
    "water the tomatoes",
    "pick up dry cleaning",
    "猫のトイレ砂",
    "確定申告の書類",
    "buy stamps",
    "tax return for 2026",
    "電池 単三 4本",
    "書類を郵送する",
    "fix the bicycle brake",
    "お歳暮を選ぶ",
    "send photos to Mika",
    "coffee beans, 200 g",
    "エアコンのフィルター掃除",
    "年賀状のデザイン",
    "book the night train",
    "return the drill to Ken",
    "田中さんに折り返し電話",
    "子どもの上履き 21cm",
    "light bulbs E17",
    "新幹線の切符",
    "back up the laptop",
    "dinner with Yuki, Friday 7 pm",
    "トイレットペーパー",
    "保育園の連絡帳",
    "cancel the gym",
    "oat milk and eggs",
    "米 5kg",
    "眼鏡のねじを直す",
    "print boarding pass",
    "ask about the invoice",
    "粗大ごみの申し込み",
    "誕生日ケーキを予約",
    "new strings for the guitar",
    "vacuum the car",
];

/// A person's title number `index`, below [`TITLES_EACH`].
pub fn title(person: u32, index: u8) -> &'static str {
    // 7 and 40 share no factor, so neighbours differ and nobody has a title twice.
    TITLES[(person as usize * 7 + usize::from(index)) % TITLES.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_title_is_part_of_another() {
        for (place, title) in TITLES.iter().enumerate() {
            for (other_place, other) in TITLES.iter().enumerate() {
                assert!(
                    place == other_place || !other.contains(title),
                    "{title} is in {other}"
                );
            }
        }
    }

    #[test]
    fn nobody_has_a_title_twice() {
        for person in 0..TITLES.len().try_into().unwrap() {
            let mut mine: Vec<_> = (0..TITLES_EACH).map(|index| title(person, index)).collect();
            mine.sort_unstable();
            mine.dedup();
            assert_eq!(mine.len(), usize::from(TITLES_EACH));
        }
    }
}
