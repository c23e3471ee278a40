//! Lines of shell as people type them: words, quotes, pipes, redirections, variables.

/// A command: its words, as the program would get them.
pub(crate) type Words = Vec<String>;

/// What stands for the value of a variable or of what another command printed.
const SOME_VALUE: &str = "example";

/// The commands of a line, those in `$( … )` included, in no particular order.
pub(crate) fn commands(line: &str) -> Vec<Words> {
    let mut reader = Reader {
        rest: line.chars().collect(),
        at: 0,
        commands: Vec::new(),
    };
    reader.line();
    let mut commands = reader.commands;
    for words in &mut commands {
        // A variable set for one command only.
        while words.first().is_some_and(|word| is_assignment(word)) {
            words.remove(0);
        }
    }
    commands.retain(|words| !words.is_empty());
    commands
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .chars()
                .all(|character| character.is_ascii_uppercase() || character == '_')
    })
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    commands: Vec<Words>,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += 1;
        Some(character)
    }

    fn line(&mut self) {
        let mut words = Words::new();
        let mut skip_target = false;
        while let Some(character) = self.peek() {
            match character {
                ' ' => self.at += 1,
                '|' | ';' | '&' => {
                    self.at += 1;
                    self.commands.push(std::mem::take(&mut words));
                }
                '>' | '<' => {
                    self.at += 1;
                    skip_target = true;
                }
                '#' => break,
                _ => {
                    let word = self.word();
                    if !std::mem::take(&mut skip_target) {
                        words.push(word);
                    }
                }
            }
        }
        self.commands.push(words);
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(character) = self.peek() {
            match character {
                ' ' | '|' | ';' | '>' | '<' => break,
                '\'' => {
                    self.at += 1;
                    while let Some(quoted) = self.next() {
                        if quoted == '\'' {
                            break;
                        }
                        word.push(quoted);
                    }
                }
                '"' => {
                    self.at += 1;
                    while let Some(quoted) = self.peek() {
                        if quoted == '"' {
                            self.at += 1;
                            break;
                        }
                        self.character(&mut word);
                    }
                }
                _ => self.character(&mut word),
            }
        }
        word
    }

    /// One character, or what it stands for.
    fn character(&mut self, word: &mut String) {
        match self.next() {
            Some('\\') => word.extend(self.next()),
            Some('$') if self.peek() == Some('(') => {
                self.at += 1;
                let inside = self.inside_parentheses();
                self.commands.extend(commands(&inside));
                word.push_str(SOME_VALUE);
            }
            Some('$') => {
                while self
                    .peek()
                    .is_some_and(|next| next.is_ascii_alphanumeric() || "_{}".contains(next))
                {
                    self.at += 1;
                }
                word.push_str(SOME_VALUE);
            }
            Some(character) => word.push(character),
            None => {}
        }
    }

    fn inside_parentheses(&mut self) -> String {
        let mut depth = 1;
        let mut inside = String::new();
        while let Some(character) = self.next() {
            match character {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            inside.push(character);
        }
        inside
    }
}

#[test]
fn a_line_is_read_as_a_shell_reads_it() {
    let line = "A=1 read 'x y' | two \"a $B\" > out && three --flag='p|q' \"$(four \"$FIVE\")\"";
    assert_eq!(
        commands(line),
        [
            vec!["read", "x y"],
            vec!["two", "a example"],
            vec!["four", "example"],
            vec!["three", "--flag=p|q", "example"],
        ]
    );
}
