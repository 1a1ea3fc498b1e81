//! The encoding of a text, when somebody says it.

use encoding_rs::Encoding;

/// An encoding of the web's standard (encoding.spec.whatwg.org).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

impl Charset {
    /// The encoding of this name, in any case; nothing for a name that the web does not know.
    pub fn parse(name: &str) -> Option<Charset> {
        Encoding::for_label_no_replacement(name.as_bytes()).map(Charset)
    }

    /// A decoder that passes over the encoding's own byte order mark.
    pub(super) fn decoder(self) -> encoding_rs::Decoder {
        self.0.new_decoder_with_bom_removal()
    }
}
