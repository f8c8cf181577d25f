//! What the library holds.

pub(crate) const PASSAGES: [&str; 4] = [
    "Rain falls when drops have grown too heavy for the air.",
    "Tides rise twice a day, for the Moon pulls the sea.",
    "Leaves turn red in autumn, as sugar makes a red pigment.",
    "Birds migrate at night, when hawks are asleep.",
];

pub(crate) const QUESTIONS: [&str; 4] = [
    "When does the rain fall?",
    "Why do tides rise?",
    "Why do leaves turn red?",
    "When do birds migrate?",
];

/// What a question is about: the longest of its words that somebody has written about.
pub(crate) fn topic(question: &str) -> &str {
    let words = question.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| knows(word)).max_by_key(|word| (word.len(), *word)).unwrap_or("weather")
}

fn knows(word: &str) -> bool {
    word.len() > 3 && PASSAGES.iter().any(|passage| passage.to_lowercase().contains(word))
}
