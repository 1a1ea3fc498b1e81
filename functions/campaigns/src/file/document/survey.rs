//! What an XML file is a list of: the element that repeats, and all fields that any of its records has.

use std::collections::HashMap;
use std::io::Read;

use quick_xml::events::{BytesStart, Event};

use crate::file::markup::{Markup, attribute, attributes};
use crate::file::rows::is_blank;
use crate::file::{FileError, MAX_COLUMNS, TooLarge};

/// The most kinds of elements and attributes, told apart by where they stand: beyond this it is no list of records.
const MAX_KINDS: usize = 2_000;

/// The most worksheets: in a spreadsheet of 2003 each is looked into from the beginning of the file.
pub(super) const MAX_WORKSHEETS: usize = 1_000;

/// The longest name of an element or attribute.
const MAX_NAME_BYTES: usize = 500;

/// The elements of a spreadsheet of 2003.
const WORKBOOK: &str = "Workbook";
const WORKSHEET: &str = "Worksheet";

/// What was found.
pub(super) enum Surveyed {
    /// Records.
    List(Fields),
    /// The worksheets of a spreadsheet of 2003, by their names.
    Worksheets(Vec<String>),
}

/// The records of a list and their fields.
pub(super) struct Fields {
    /// The names of the elements from the outermost to the record.
    pub path: Vec<String>,
    /// The column of a field, by its key: see [`key_of`].
    pub columns: HashMap<String, usize>,
    /// The titles of the columns.
    pub titles: Vec<String>,
}

/// The kinds of elements that were met, as a tree; the first stands for the file.
pub(super) struct Survey {
    kinds: Vec<Kind>,
    names: usize,
    /// The names of the worksheets.
    worksheets: Vec<String>,
}

#[derive(Default)]
struct Kind {
    name: String,
    children: Vec<usize>,
    attributes: Vec<String>,
    has_text: bool,
    /// How many there are.
    count: usize,
    /// How many there are in the parent at hand, and in the one that had most.
    in_parent: usize,
    most_in_parent: usize,
}

impl Survey {
    /// Reads a file to its end.
    pub fn of<R: Read>(mut markup: Markup<R>) -> Result<Surveyed, FileError> {
        let mut survey = Survey { kinds: vec![Kind::default()], names: 0, worksheets: Vec::new() };
        let mut open = vec![0];
        loop {
            let here = open[open.len() - 1];
            match markup.next()? {
                Event::Start(element) => open.push(survey.enter(here, &element)?),
                Event::End(_) => open.truncate(open.len().saturating_sub(1).max(1)),
                Event::Text(text) => survey.kinds[here].has_text |= !is_blank(&text),
                Event::CData(text) => survey.kinds[here].has_text |= !is_blank(&text),
                Event::GeneralRef(_) => survey.kinds[here].has_text = true,
                Event::Eof => return survey.finish(),
                _ => {}
            }
        }
    }

    fn enter(&mut self, parent: usize, element: &BytesStart<'_>) -> Result<usize, FileError> {
        let name = element.local_name();
        let known = self.kinds[parent].children.iter().copied().find(|kind| self.kinds[*kind].name == name.as_ref());
        let kind = match known {
            Some(kind) => kind,
            None => {
                self.count_name(name.as_ref())?;
                self.kinds.push(Kind { name: name.as_ref().to_owned(), ..Kind::default() });
                let kind = self.kinds.len() - 1;
                self.kinds[parent].children.push(kind);
                kind
            }
        };
        let is_of_workbook = self.kinds[parent].name == WORKBOOK && self.kinds[0].children.contains(&parent);
        if is_of_workbook && self.kinds[kind].name == WORKSHEET {
            self.note_worksheet(element)?;
        }
        for (name, _) in attributes(element) {
            if !self.kinds[kind].attributes.contains(&name) {
                self.count_name(&name)?;
                self.kinds[kind].attributes.push(name);
            }
        }
        for child in 0..self.kinds[kind].children.len() {
            let child = self.kinds[kind].children[child];
            self.kinds[child].in_parent = 0;
        }
        let met = &mut self.kinds[kind];
        met.count += 1;
        met.in_parent += 1;
        met.most_in_parent = met.most_in_parent.max(met.in_parent);
        Ok(kind)
    }

    fn note_worksheet(&mut self, element: &BytesStart<'_>) -> Result<(), FileError> {
        let place = self.worksheets.len() + 1;
        if place > MAX_WORKSHEETS {
            return Err(FileError::TooLarge(TooLarge::Parts));
        }
        let named = attribute(element, "Name").filter(|name| !name.is_empty() && name.len() <= MAX_NAME_BYTES);
        self.worksheets.push(named.unwrap_or_else(|| place.to_string()));
        Ok(())
    }

    fn count_name(&mut self, name: &str) -> Result<(), FileError> {
        self.names += 1;
        if self.names > MAX_KINDS || name.len() > MAX_NAME_BYTES { Err(FileError::NoRecords) } else { Ok(()) }
    }

    fn finish(self) -> Result<Surveyed, FileError> {
        if !self.worksheets.is_empty() {
            return Ok(Surveyed::Worksheets(self.worksheets));
        }
        let path = self.record()?;
        let names = path.iter().map(|kind| self.kinds[*kind].name.clone()).collect();
        let record = path[path.len() - 1];
        let mut fields = Found::default();
        self.collect(record, "", &self.kinds[record].name, &mut fields)?;
        if fields.keys.is_empty() {
            return Err(FileError::NoRecords);
        }
        let titles = fields.titles();
        let columns = fields.keys.into_iter().zip(0..).collect();
        Ok(Surveyed::List(Fields { path: names, columns, titles }))
    }

    /// The kinds from the outermost to the record. The outermost that repeats and has fields; else the outermost that
    /// repeats, as one value per record; else, of a single record, the outermost with fields.
    fn record(&self) -> Result<Vec<usize>, FileError> {
        let mut paths: Vec<Vec<usize>> = Vec::new();
        self.walk(0, &mut Vec::new(), &mut paths);
        let kind = |path: &[usize]| &self.kinds[path[path.len() - 1]];
        let repeats = |path: &&Vec<usize>| kind(path).most_in_parent > 1;
        let is_leaf = |kind: &usize| self.kinds[*kind].children.is_empty();
        let has_fields =
            |path: &&Vec<usize>| !kind(path).attributes.is_empty() || kind(path).children.iter().any(is_leaf);
        let has_text = |path: &&Vec<usize>| kind(path).has_text;
        // Elements with elements in them before those with attributes alone, then the most frequent.
        let rank =
            |path: &&Vec<usize>| (path.len(), kind(path).children.is_empty(), std::cmp::Reverse(kind(path).count));
        let nests = |path: &&Vec<usize>| has_fields(path) || !kind(path).children.is_empty();
        let found = paths.iter().filter(repeats).filter(nests).min_by_key(rank);
        let found = found.or_else(|| paths.iter().filter(repeats).filter(has_text).min_by_key(rank));
        let found = found.or_else(|| paths.iter().filter(has_fields).min_by_key(rank));
        found.cloned().ok_or(if self.kinds.len() > 1 { FileError::NoRecords } else { FileError::Empty })
    }

    fn walk(&self, kind: usize, above: &mut Vec<usize>, paths: &mut Vec<Vec<usize>>) {
        for child in &self.kinds[kind].children {
            above.push(*child);
            paths.push(above.clone());
            self.walk(*child, above, paths);
            above.pop();
        }
    }

    /// The fields of a kind of element: attributes, text, then those of the elements in it, each as often as it comes.
    fn collect(&self, kind: usize, key: &str, title: &str, fields: &mut Found) -> Result<(), FileError> {
        let kind = &self.kinds[kind];
        for name in &kind.attributes {
            fields.push(attribute_key(key, name), title, name)?;
        }
        if kind.has_text {
            fields.push(key.to_owned(), "", title)?;
        }
        for child in &kind.children {
            let name = &self.kinds[*child].name;
            for nth in 1..=self.kinds[*child].most_in_parent {
                self.collect(*child, &key_of(key, name, nth), name, fields)?;
            }
        }
        Ok(())
    }
}

/// The key of the nth element of a name in the one with this key; of the record it is empty.
pub(super) fn key_of(parent: &str, name: &str, nth: usize) -> String {
    format!("{parent}/{name}#{nth}")
}

/// The key of an attribute of the element with this key.
pub(super) fn attribute_key(element: &str, name: &str) -> String {
    format!("{element}@{name}")
}

/// Fields in the order of their columns.
#[derive(Default)]
struct Found {
    keys: Vec<String>,
    /// The element that an attribute stands at, and the name.
    names: Vec<(String, String)>,
}

impl Found {
    fn push(&mut self, key: String, element: &str, name: &str) -> Result<(), FileError> {
        self.keys.push(key);
        self.names.push((element.to_owned(), name.to_owned()));
        match self.keys.len() {
            columns if columns > MAX_COLUMNS => Err(FileError::TooManyColumns { columns }),
            _ => Ok(()),
        }
    }

    /// Names alone where they tell the fields apart, else with the element that an attribute stands at.
    fn titles(&self) -> Vec<String> {
        let is_alone = |name: &str| self.names.iter().filter(|(_, other)| other == name).count() == 1;
        let title = |(element, name): &(String, String)| match element.is_empty() || is_alone(name) {
            true => name.clone(),
            false => format!("{element} {name}"),
        };
        self.names.iter().map(title).collect()
    }
}
