//! XML, event by event, within bounds: nothing is expanded, nothing is held but the event at hand.

use std::fmt;
use std::io::{self, BufReader, Read};

use quick_xml::events::{BytesRef, BytesStart, Event};

use super::FileError;
use super::allowance::Allowance;

/// The longest piece of markup or text. The longest cell of a spreadsheet has 32,767 characters of up to four bytes.
const MAX_EVENT_BYTES: usize = 256 * 1024;

/// The deepest nesting: a list of records needs four or five, a drawing in a workbook some twenty.
const MAX_DEPTH: usize = 100;

/// An XML text that is read from its beginning to its end.
pub(super) struct Markup<R: Read> {
    reader: quick_xml::Reader<BufReader<Allowance<R>>>,
    buffer: Vec<u8>,
    depth: usize,
}

/// Why XML cannot be read on.
#[derive(Debug)]
pub(super) enum MarkupError {
    /// A piece is longer than [`MAX_EVENT_BYTES`].
    TooLong,
    /// Elements are nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// It defines entities.
    Entities,
    /// It is no XML, or breaks off; with the place in bytes.
    Malformed { position: u64, why: String },
    /// What it comes from failed.
    Read(io::Error),
}

impl<R: Read> Markup<R> {
    /// Starts at the beginning. The bytes must be UTF-8.
    pub fn new(source: R) -> Markup<R> {
        let mut reader = quick_xml::Reader::from_reader(BufReader::new(Allowance::new(source, MAX_EVENT_BYTES)));
        reader.config_mut().expand_empty_elements = true;
        Markup { reader, buffer: Vec::with_capacity(1024), depth: 0 }
    }

    /// The next event; the end comes only after every element is closed. An empty element comes as start and end.
    pub fn next(&mut self) -> Result<Event<'_>, MarkupError> {
        self.buffer.clear();
        self.reader.get_mut().get_mut().renew(MAX_EVENT_BYTES);
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => {
                let position = self.reader.error_position();
                let is_spent = self.reader.get_ref().get_ref().is_spent();
                return Err(markup_error(error, position, is_spent));
            }
        };
        match &event {
            Event::Start(_) if self.depth == MAX_DEPTH => return Err(MarkupError::TooDeep),
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::DocType(text) if defines_entities(text) => return Err(MarkupError::Entities),
            Event::Eof if self.depth > 0 => {
                let why = "it breaks off in the middle".to_owned();
                return Err(MarkupError::Malformed { position: self.reader.buffer_position(), why });
            }
            _ => {}
        }
        Ok(event)
    }

    /// How many bytes were read so far.
    pub fn position(&self) -> u64 {
        self.reader.buffer_position()
    }

    /// How many elements are open; an element that has just started is one of them.
    pub fn depth(&self) -> usize {
        self.depth
    }
}

fn defines_entities(doctype: &str) -> bool {
    doctype.to_ascii_uppercase().contains("<!ENTITY")
}

fn markup_error(error: quick_xml::Error, position: u64, is_spent: bool) -> MarkupError {
    match error {
        quick_xml::Error::Io(_) if is_spent => MarkupError::TooLong,
        quick_xml::Error::Io(error) => {
            let shared = |error: std::sync::Arc<io::Error>| io::Error::new(error.kind(), error.to_string());
            MarkupError::Read(std::sync::Arc::try_unwrap(error).unwrap_or_else(shared))
        }
        other => MarkupError::Malformed { position, why: other.to_string() },
    }
}

impl From<MarkupError> for FileError {
    /// For an XML file; parts of a workbook have sentences of their own.
    fn from(error: MarkupError) -> FileError {
        match error {
            MarkupError::TooLong => FileError::Damaged { why: format!("it has {}", MarkupError::TooLong) },
            MarkupError::TooDeep => FileError::TooDeep,
            MarkupError::Entities => FileError::Entities,
            MarkupError::Malformed { position, why } => {
                FileError::Damaged { why: format!("at byte {position}, {why}") }
            }
            MarkupError::Read(error) => FileError::of_io(error),
        }
    }
}

impl fmt::Display for MarkupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MarkupError::TooLong => write!(f, "a piece of text longer than {} KB", MAX_EVENT_BYTES / 1024),
            MarkupError::TooDeep => write!(f, "elements nested deeper than {MAX_DEPTH}"),
            MarkupError::Entities => f.write_str("entities of its own"),
            MarkupError::Malformed { position, why } => write!(f, "broken XML at byte {position}: {why}"),
            MarkupError::Read(error) => write!(f, "broken data: {error}"),
        }
    }
}

/// The value of an attribute, by its name without a prefix.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    attributes(element).find(|(found, _)| found == name).map(|(_, value)| value)
}

/// Attributes with their names without a prefix; declarations of namespaces are none.
pub(super) fn attributes<'e>(element: &'e BytesStart<'_>) -> impl Iterator<Item = (String, String)> + 'e {
    let mut attributes = element.attributes();
    // Looking for repeated names takes the square of their number.
    attributes.with_checks(false);
    attributes.filter_map(Result::ok).filter_map(|attribute| {
        let name = attribute.key.as_ref();
        if name == "xmlns" || name.starts_with("xmlns:") {
            return None;
        }
        let value =
            quick_xml::escape::unescape(&attribute.value).map_or_else(|_| attribute.value.to_string(), Into::into);
        Some((attribute.key.local_name().as_ref().to_owned(), value))
    })
}

/// What a reference such as `&amp;` or `&#233;` stands for; one that nobody knows stays as it is written.
pub(super) fn referenced(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    let name: &str = reference;
    quick_xml::escape::resolve_predefined_entity(name).map_or_else(|| format!("&{name};"), str::to_owned)
}
