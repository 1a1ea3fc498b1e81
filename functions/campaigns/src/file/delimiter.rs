//! Which character stands between the cells.

/// How much of the file is looked at.
pub(super) const SNIFF_BYTES: usize = 64 * 1024;

/// What separates the cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`, what spreadsheets write where the comma is for decimals.
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Pipe,
    /// One value per line.
    None,
}

impl Delimiter {
    const ALL: [Delimiter; 4] = [Delimiter::Comma, Delimiter::Semicolon, Delimiter::Tab, Delimiter::Pipe];

    /// The delimiter of this name, or the character itself; nothing for anything else.
    pub fn parse(name: &str) -> Option<Delimiter> {
        match name {
            "comma" | "," => Some(Delimiter::Comma),
            "semicolon" | ";" => Some(Delimiter::Semicolon),
            "tab" | "\t" => Some(Delimiter::Tab),
            "pipe" | "|" => Some(Delimiter::Pipe),
            "none" => Some(Delimiter::None),
            _ => None,
        }
    }

    /// The name that [`parse`](Self::parse) reads.
    pub fn name(self) -> &'static str {
        match self {
            Delimiter::Comma => "comma",
            Delimiter::Semicolon => "semicolon",
            Delimiter::Tab => "tab",
            Delimiter::Pipe => "pipe",
            Delimiter::None => "none",
        }
    }

    /// The byte; for [`Delimiter::None`] one that no text has (unit separator).
    pub(super) fn byte(self) -> u8 {
        match self {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
            Delimiter::Pipe => b'|',
            Delimiter::None => 0x1F,
        }
    }

    /// The one that the first line tells spreadsheets, else the one that cuts the most lines into the same number of
    /// cells; the more cells, the better. One that stands on fewer than half of the lines is part of the text, and of two
    /// that cut alike the comma is: `Silva, Ana`, `10,50`.
    pub(super) fn of(head: &[u8]) -> Delimiter {
        if let Some(told) = told(head) {
            return told;
        }
        let lines = counts_by_line(head);
        Delimiter::ALL
            .into_iter()
            .enumerate()
            .filter_map(|(place, delimiter)| {
                let counts: Vec<usize> = lines.iter().map(|line| line[place]).collect();
                let on_lines = counts.iter().filter(|count| **count > 0).count();
                (on_lines * 2 >= lines.len() && on_lines > 0)
                    .then(|| (regularity(&counts), std::cmp::Reverse(place), delimiter))
            })
            .max_by_key(|(regularity, place, delimiter)| (*regularity, *delimiter != Delimiter::Comma, *place))
            .map_or(Delimiter::None, |(_, _, delimiter)| delimiter)
    }
}

/// What a first line such as `sep=;` tells.
fn told(head: &[u8]) -> Option<Delimiter> {
    let line = head.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?.trim_matches(['"', ' ']);
    let (start, mark) = line.split_at_checked("sep=".len())?;
    let is_told = start.eq_ignore_ascii_case("sep=") && mark.len() == 1;
    is_told.then(|| Delimiter::parse(mark)).flatten()
}

/// How many lines have the most frequent count above zero, and that count.
fn regularity(counts: &[usize]) -> (usize, usize) {
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let same = counts.iter().filter(|other| *other == count).count();
            (same, *count)
        })
        .max()
        .unwrap_or_default()
}

/// The most lines looked at; enough to see what is regular.
const SNIFF_LINES: usize = 200;

/// How often each delimiter stands outside quotation marks, line by line, blank lines left out.
fn counts_by_line(head: &[u8]) -> Vec<[usize; 4]> {
    let mut lines = Vec::new();
    let mut counts = [0; 4];
    let mut quoted = false;
    let mut before = b'\n';
    for byte in head {
        let place = Delimiter::ALL.iter().position(|delimiter| delimiter.byte() == *byte);
        match (byte, place) {
            (b'"', _) if quoted => quoted = false,
            // A quotation mark opens at the start of a cell, or goes on as the second of a doubled one.
            (b'"', _) => quoted = opens_after(before),
            (b'\n', _) if !quoted => {
                if before != b'\n' {
                    lines.push(counts);
                }
                counts = [0; 4];
            }
            (_, Some(place)) if !quoted => counts[place] += 1,
            (_, _) => {}
        }
        before = *byte;
        if lines.len() == SNIFF_LINES {
            return lines;
        }
    }
    // The last line may be cut in the middle: it counts only where it is the only one.
    if lines.is_empty() && before != b'\n' {
        lines.push(counts);
    }
    lines
}

fn opens_after(before: u8) -> bool {
    matches!(before, b'\n' | b'"') || Delimiter::ALL.iter().any(|delimiter| delimiter.byte() == before)
}
