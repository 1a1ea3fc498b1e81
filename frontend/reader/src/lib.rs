//! Looks into a contacts file before it is uploaded, with the importer's own parser: what the dashboard's Web Worker
//! runs. `sheet` is what is told of a file, `look` finds it out; the bin `reader-worker` is the worker around them.
//!
//! A package of its own, so that the parser's bytes are loaded once a file is chosen, not with the first page.

mod look;
mod sheet;

pub use look::look;
pub use sheet::{Counts, Extent, Manner, Problem, Reading, SampleRow, Sheet, Told};
