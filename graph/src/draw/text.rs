//! Texts from users: cleaned, measured in columns, wrapped, and escaped.

/// What stands for text that was left out.
const ELLIPSIS: char = '…';

/// The text without terminal sequences, control characters and marks that turn the direction of writing; line ends, tabs and
/// runs of blanks become one blank.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text) {
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Like [`clean`], but keeps lines and blanks, for tooltips and for what other processes write.
pub fn clean_lines(text: &str) -> String {
    visible(text).collect()
}

/// The characters of a text that a picture may hold; of white space, at least those a line can be broken at.
fn visible(text: &str) -> impl Iterator<Item = char> {
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        loop {
            let c = chars.next()?;
            if c == '\u{1b}' && chars.next_if_eq(&'[').is_some() {
                while chars.next_if(|c| !('@'..='~').contains(c)).is_some() {}
                chars.next();
            } else if c == '\n' || c == '\t' || !(c.is_control() || is_hidden(c)) {
                return Some(c);
            }
        }
    })
}

/// Whether a character is no text: marks of direction, byte order and lines, and what XML forbids.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// The width of a text in columns of a terminal: letters of East Asian scripts and emoji take two.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// The columns of one character.
fn width(c: char) -> usize {
    match c {
        '\0'..='\u{2ff}' => 1,
        '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' => 2,
        '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' => 2,
        '\u{1f000}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// Breaks a clean text into lines of at most `limit` columns; the flag tells whether a word had to be cut.
pub(super) fn wrap(text: &str, limit: usize) -> (Vec<String>, bool) {
    let mut lines = vec![String::new()];
    let mut used = 0;
    let mut cut = false;
    for piece in pieces(text) {
        if used > 0 && used + columns(piece.trim_end()) > limit {
            lines.push(String::new());
            used = 0;
        }
        for c in piece.chars() {
            if c != ' ' && used + width(c) > limit {
                cut = true;
                lines.push(String::new());
                used = 0;
            }
            used += width(c);
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    (lines, cut)
}

/// The places a text may be broken at: after blanks and marks, and before a capital; never after `×`.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut chars = rest.char_indices().peekable();
        let mut end = rest.len();
        let mut before = ' ';
        while let Some((_, c)) = chars.next() {
            let Some(&(next_at, next)) = chars.peek() else {
                break;
            };
            let blank = c == ' ' && before != '×';
            let number = matches!(c, ',' | '.') && next.is_ascii_digit();
            let mark = matches!(c, '-' | '_' | '.' | ',' | '/' | ':') && next != ' ' && next != c && !number;
            if blank || mark || (c.is_lowercase() && next.is_uppercase()) {
                end = next_at;
                break;
            }
            before = c;
        }
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        Some(piece)
    })
}

/// The text in at most `limit` columns, with the middle left out: keys differ at both ends.
pub fn elide(text: &str, limit: usize) -> String {
    if columns(text) <= limit {
        return text.to_owned();
    }
    let room = limit.saturating_sub(1);
    let tail = take(text.chars().rev(), room * 2 / 5);
    let mut out: String = take(text.chars(), room - room * 2 / 5).into_iter().collect();
    out.push(ELLIPSIS);
    out.extend(tail.into_iter().rev());
    out
}

/// As many characters as fit into `room` columns.
fn take(chars: impl Iterator<Item = char>, room: usize) -> Vec<char> {
    let mut used = 0;
    chars
        .take_while(|&c| {
            used += width(c);
            used <= room
        })
        .collect()
}

/// Writes a clean text as XML.
pub fn escape_xml(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
}

/// A number with its thousands set apart: `12,345`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FAULTS T21.
    #[test]
    fn control_characters_and_terminal_colours_go() {
        assert_eq!(clean("\u{1b}[31;1mred\u{1b}[0m\u{0}\u{7}\u{9f}"), "red");
        assert_eq!(clean(" a\r\n\tb  c "), "a b c");
        assert_eq!(clean("a\u{202e}b\u{ffff}c\u{1b}"), "abc");
        assert_eq!(clean("\u{1b}["), "");
        assert_eq!(clean_lines("a\n  b\u{1}"), "a\n  b");
    }

    #[test]
    fn lines_break_at_words_and_keep_to_the_limit() {
        let table: [(&str, usize, &[&str], bool); 6] = [
            ("inc", 8, &["inc"], false),
            ("random_sample", 8, &["random_", "sample"], false),
            ("DataFrameGroupBy", 9, &["DataFrame", "GroupBy"], false),
            ("inc × 1,000", 8, &["inc", "× 1,000"], false),
            ("abcdefghij", 4, &["abcd", "efgh", "ij"], true),
            ("日本語", 4, &["日本", "語"], true),
        ];
        for (text, limit, lines, cut) in table {
            let wrapped = wrap(text, limit);
            assert_eq!(wrapped.0, lines, "{text}");
            assert_eq!(wrapped.1, cut, "{text}");
        }
    }

    #[test]
    fn the_middle_is_left_out() {
        assert_eq!(elide("short", 5), "short");
        assert_eq!(elide("abcdefghijklmnop", 11), "abcdef…mnop");
        assert!(columns(&elide("日本語日本語日本語", 7)) <= 7);
    }

    #[test]
    fn markup_is_escaped() {
        let mut out = String::new();
        escape_xml(&mut out, "<script a=\"&'\">");
        assert_eq!(out, "&lt;script a=&quot;&amp;&#39;&quot;&gt;");
    }

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(thousands(number), text);
        }
    }
}
