//! What the parts of a workbook really hold, counted without holding it: the parser that comes after takes a part at
//! its word, makes room for what it announces, and keeps strings, styles and the cells of OpenDocument in memory.

use std::io::{Read, Seek};

use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::grid::Grid;
use super::{MAX_HELD_BYTES, archive};
use crate::file::markup::{Markup, MarkupError, attribute};
use crate::file::{FileError, TooLarge};

/// What a string costs in memory besides its bytes: the place in the table and the allocator's least block.
const STRING_BYTES: usize = 48;

/// The most of styles, fonts, names and the like: Excel allows 65,490 cell formats.
const MAX_KEPT_ELEMENTS: usize = 200_000;

/// Elements that the parser keeps one by one.
const KEPT: [&str; 9] = ["xf", "font", "fill", "border", "numFmt", "dxf", "sheet", "definedName", "Relationship"];

/// Reads every part that is XML to its end. What is no XML is never opened by the parser: see [`Part::relationship`].
pub(super) fn weigh<S: Read + Seek>(archive: &mut ZipArchive<S>) -> Result<(), FileError> {
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| archive::damaged(&error))?;
        let name = part.name().map_err(|error| archive::damaged(&error))?.to_ascii_lowercase();
        if is_xml(&name) {
            let size = part.size();
            weigh_part(Markup::new(part), size, Part::new(&name)).map_err(|error| in_part(error, &name))?;
        }
    }
    Ok(())
}

fn is_xml(name: &str) -> bool {
    name.ends_with(".xml") || name.ends_with(".rels")
}

/// Why a part cannot be used.
enum Fault {
    Markup(MarkupError),
    File(FileError),
}

fn in_part(fault: Fault, name: &str) -> FileError {
    match fault {
        Fault::File(error) => error,
        Fault::Markup(MarkupError::Entities) => FileError::Entities,
        Fault::Markup(error) => FileError::Damaged { why: format!("its part {name} has {error}") },
    }
}

fn weigh_part<R: Read>(mut markup: Markup<R>, size: u64, mut part: Part) -> Result<(), Fault> {
    loop {
        match markup.next().map_err(Fault::Markup)? {
            Event::Start(element) => part.start(&element),
            Event::End(element) => part.end(element.local_name().as_ref()),
            Event::Text(text) => part.text(&text),
            Event::CData(text) => part.text(&text),
            Event::GeneralRef(_) => part.text("&"),
            Event::Eof => return Ok(()),
            _ => Ok(()),
        }
        .map_err(Fault::File)?;
        if markup.position() > size {
            return Err(Fault::File(FileError::Damaged { why: "a part is larger than the archive says".to_owned() }));
        }
    }
}

/// A part while it is weighed.
struct Part {
    holds: Holds,
    /// Of strings: what they take in memory.
    bytes: usize,
    kept: usize,
}

/// What the parser holds of a part.
enum Holds {
    /// Its strings.
    Strings,
    /// Its cells.
    Cells(Grid),
    /// Some elements at most.
    Elements,
}

impl Part {
    fn new(name: &str) -> Part {
        let holds = match name {
            "content.xml" => Holds::Cells(Grid::default()),
            name if name.ends_with("sharedstrings.xml") => Holds::Strings,
            _ => Holds::Elements,
        };
        Part { holds, bytes: 0, kept: 0 }
    }

    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), FileError> {
        let name = element.local_name();
        let name = name.as_ref();
        self.kept += usize::from(KEPT.contains(&name));
        if self.kept > MAX_KEPT_ELEMENTS {
            return Err(FileError::TooLarge(TooLarge::Held));
        }
        match (&mut self.holds, name) {
            (Holds::Strings, "sst") => announced(element),
            (Holds::Strings, "si") => self.hold(STRING_BYTES),
            (Holds::Cells(grid), name) => grid.start(name, element),
            (Holds::Elements, "Relationship") => relationship(element),
            (Holds::Elements, "dimension") => dimension(element),
            (Holds::Strings | Holds::Elements, _) => Ok(()),
        }
    }

    fn end(&mut self, name: &str) -> Result<(), FileError> {
        match &mut self.holds {
            Holds::Cells(grid) => grid.end(name),
            Holds::Strings | Holds::Elements => Ok(()),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), FileError> {
        match &mut self.holds {
            Holds::Cells(grid) => grid.text(text),
            Holds::Strings => self.hold(text.len()),
            Holds::Elements => Ok(()),
        }
    }

    fn hold(&mut self, bytes: usize) -> Result<(), FileError> {
        self.bytes += bytes;
        if self.bytes > MAX_HELD_BYTES { Err(FileError::TooLarge(TooLarge::Held)) } else { Ok(()) }
    }
}

/// The parser makes room for as many strings as are announced.
fn announced(table: &BytesStart<'_>) -> Result<(), FileError> {
    let strings = attribute(table, "uniqueCount").and_then(|count| count.trim().parse::<usize>().ok()).unwrap_or(0);
    if strings.saturating_mul(STRING_BYTES) > MAX_HELD_BYTES {
        Err(FileError::TooLarge(TooLarge::Held))
    } else {
        Ok(())
    }
}

/// The parser opens what relationships of these types name: it must be a part that was weighed.
fn relationship(element: &BytesStart<'_>) -> Result<(), FileError> {
    let opened = ["/officeDocument", "/worksheet", "/sharedStrings", "/styles", "/theme"];
    let kind = attribute(element, "Type").unwrap_or_default();
    let target = attribute(element, "Target").unwrap_or_default().to_ascii_lowercase();
    let is_opened = opened.iter().any(|opened| kind.ends_with(opened));
    if is_opened && !is_xml(&target) {
        return Err(FileError::Damaged { why: format!("its part {target} is no XML") });
    }
    Ok(())
}

/// The parser counts the rows between the corners of a sheet, which must stand in their order.
fn dimension(element: &BytesStart<'_>) -> Result<(), FileError> {
    let area = attribute(element, "ref").unwrap_or_default();
    let corner = |text: &str| {
        let digits = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let letters = &text[..text.len() - digits.len()];
        let column = letters.bytes().fold(0u64, |column, letter| {
            column.saturating_mul(26).saturating_add(u64::from(letter.to_ascii_uppercase() - b'A') + 1)
        });
        digits.parse::<u32>().ok().map(|row| (row, column))
    };
    let is_sound = match area.split_once(':') {
        None => true,
        Some((from, to)) => match (corner(from), corner(to)) {
            (Some(from), Some(to)) => from.0 <= to.0 && from.1 <= to.1 && to.1 <= 16_384,
            _ => false,
        },
    };
    if is_sound { Ok(()) } else { Err(FileError::Damaged { why: format!("a sheet reaches from {area}") }) }
}
