//! XML as rows: a list of records whose fields are columns, or a spreadsheet of 2003. Read twice, first to see what
//! the records are and which fields any of them has, so that no field of a late record is lost.

use std::io::{Read, Seek, SeekFrom};

use super::list::List;
use super::sheet_2003::Sheet2003;
use super::survey::{Survey, Surveyed};
use crate::file::FileError;
use crate::file::markup::Markup;
use crate::file::rows::RawRows;
use crate::file::text::Text;

/// A surveyed XML file.
pub(super) struct Records<S: Read + Seek> {
    source: S,
    surveyed: Surveyed,
}

impl<S: Read + Seek> Records<S> {
    /// Reads the file to its end.
    pub fn open(mut source: S) -> Result<Records<S>, FileError> {
        let surveyed = Survey::of(markup(&mut source)?)?;
        Ok(Records { source, surveyed })
    }

    /// How many lists there are to choose from.
    pub fn sheets(&self) -> usize {
        match &self.surveyed {
            Surveyed::List(_) => 1,
            Surveyed::Worksheets(names) => names.len(),
        }
    }

    /// The names of the worksheets; none of a list.
    pub fn sheet_names(&self) -> Vec<String> {
        match &self.surveyed {
            Surveyed::List(_) => Vec::new(),
            Surveyed::Worksheets(names) => names.clone(),
        }
    }

    /// The rows of a list; the titles of its columns come first.
    pub fn rows(&mut self, sheet: usize) -> Result<RawRows<'_>, FileError> {
        let markup = markup(&mut self.source)?;
        Ok(match &self.surveyed {
            Surveyed::List(fields) => Box::new(List::new(markup, fields)),
            Surveyed::Worksheets(_) => Box::new(Sheet2003::new(markup, sheet)),
        })
    }
}

fn markup<S: Read + Seek>(source: &mut S) -> Result<Markup<Text<&mut S>>, FileError> {
    source.seek(SeekFrom::Start(0)).map_err(FileError::Read)?;
    Ok(Markup::new(Text::open(source, None)?))
}
