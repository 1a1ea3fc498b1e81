//! The records of an XML list as rows.

use std::collections::HashMap;
use std::io::Read;

use quick_xml::events::{BytesStart, Event};

use super::survey::{Fields, attribute_key, key_of};
use crate::file::markup::{Markup, attributes, referenced};
use crate::file::rows::{GrowingRow, RawRow};
use crate::file::{FileError, MAX_ROW_BYTES};

/// The titles, then one row per record. They are counted as a spreadsheet would: the titles are row 1.
pub(super) struct List<'f, R: Read> {
    markup: Markup<R>,
    fields: &'f Fields,
    /// How many of the elements that are open lie on the way to a record.
    matched: usize,
    /// The record at hand.
    record: Option<Record>,
    /// The last row that came; 0 before the titles.
    row_number: u32,
}

#[derive(Default)]
struct Record {
    row: GrowingRow,
    /// Open elements, from the record inwards.
    open: Vec<Element>,
}

#[derive(Default)]
struct Element {
    key: String,
    text: String,
    /// How many elements of a name were met in it.
    children: HashMap<String, usize>,
}

impl<'f, R: Read> List<'f, R> {
    pub fn new(markup: Markup<R>, fields: &'f Fields) -> List<'f, R> {
        List { markup, fields, matched: 0, record: None, row_number: 0 }
    }

    fn read(&mut self) -> Result<Option<RawRow>, FileError> {
        if self.row_number == 0 {
            self.row_number = 1;
            return Ok(Some(RawRow { row_number: 1, cells: self.fields.titles.clone() }));
        }
        loop {
            let depth = self.markup.depth();
            match self.markup.next()? {
                Event::Start(element) => match &mut self.record {
                    Some(record) => record.enter(&element, self.fields, self.row_number)?,
                    None => {
                        let path = &self.fields.path;
                        let is_on_the_way = self.matched == depth
                            && path.get(depth).is_some_and(|name| name == element.local_name().as_ref());
                        self.matched += usize::from(is_on_the_way);
                        if is_on_the_way && self.matched == path.len() {
                            self.row_number = self.row_number.saturating_add(1);
                            let mut record = Record::default();
                            record.open(String::new(), &element, self.fields, self.row_number)?;
                            self.record = Some(record);
                        }
                    }
                },
                Event::End(_) => {
                    let is_over = match &mut self.record {
                        Some(record) => record.leave(self.fields, self.row_number)?,
                        None => false,
                    };
                    self.matched = self.matched.min(depth.saturating_sub(1));
                    if is_over
                        && let Some(row) = self.record.take().and_then(|record| record.row.finish(self.row_number))
                    {
                        return Ok(Some(row));
                    }
                }
                Event::Text(text) => add(&mut self.record, &text, self.row_number)?,
                Event::CData(text) => add(&mut self.record, &text, self.row_number)?,
                Event::GeneralRef(reference) => add(&mut self.record, &referenced(&reference), self.row_number)?,
                Event::Eof => return Ok(None),
                _ => {}
            }
        }
    }
}

impl Record {
    /// An element in the record begins.
    fn enter(&mut self, element: &BytesStart<'_>, fields: &Fields, row_number: u32) -> Result<(), FileError> {
        let name = element.local_name().as_ref().to_owned();
        let key = match self.open.last_mut() {
            Some(parent) => {
                let nth = parent.children.entry(name.clone()).or_insert(0);
                *nth += 1;
                key_of(&parent.key, &name, *nth)
            }
            None => String::new(),
        };
        self.open(key, element, fields, row_number)
    }

    fn open(&mut self, key: String, element: &BytesStart<'_>, fields: &Fields, row: u32) -> Result<(), FileError> {
        for (name, value) in attributes(element) {
            self.put(&attribute_key(&key, &name), value, fields, row)?;
        }
        self.open.push(Element { key, ..Element::default() });
        Ok(())
    }

    /// The innermost element ends. Answers whether that was the record itself.
    fn leave(&mut self, fields: &Fields, row_number: u32) -> Result<bool, FileError> {
        if let Some(Element { key, text, .. }) = self.open.pop() {
            let text = text.trim();
            if !text.is_empty() {
                self.put(&key, text.to_owned(), fields, row_number)?;
            }
        }
        Ok(self.open.is_empty())
    }

    fn put(&mut self, key: &str, text: String, fields: &Fields, row_number: u32) -> Result<(), FileError> {
        let changed = || FileError::Damaged { why: format!("row {row_number} has a field that was not there before") };
        let column = fields.columns.get(key).ok_or_else(changed)?;
        self.row.put(*column, row_number, text)
    }
}

fn add(record: &mut Option<Record>, text: &str, row_number: u32) -> Result<(), FileError> {
    let Some(element) = record.as_mut().and_then(|record| record.open.last_mut()) else {
        return Ok(());
    };
    element.text.push_str(text);
    if element.text.len() > MAX_ROW_BYTES { Err(FileError::RowTooLong { row_number }) } else { Ok(()) }
}

impl<R: Read> Iterator for List<'_, R> {
    type Item = Result<RawRow, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
