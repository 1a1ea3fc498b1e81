//! What a campaign says: its wordings, and what each recipient gets of them.

use std::borrow::Cow;

use campaigns::audience::Recipient;
use campaigns::content::{self, Wording};
use campaigns::links;
use campaigns::template::{ParameterProblem, Parameters};
use serde::{Deserialize, Serialize};
use wire::{ConsentCategory, Content, MediaSource, PriceCategory, Template};

use super::CampaignRecord;

/// A file that was uploaded to the sending number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldMedia {
    /// Meta's id of it.
    pub id: String,
    /// When it was uploaded, in milliseconds since 1970.
    pub since: i64,
}

/// One of several wordings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WordingRecord {
    /// For people.
    pub name: String,
    /// As asked for.
    pub content: Content,
    /// The template as it was when the campaign was created; nothing for free words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
}

/// What is done with recipients who cannot be filled in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unfilled {
    /// The start is refused with their rows.
    #[default]
    Refuse,
    /// They get nothing.
    Skip,
}

impl CampaignRecord {
    /// All wordings, at least one.
    pub fn wordings(&self) -> Vec<Wording<'_>> {
        let others = self.variants.iter().map(|other| (&other.content, other.template.as_ref()));
        let all = std::iter::once((&self.content, self.template.as_ref())).chain(others);
        all.filter_map(|(content, template)| match (content, template) {
            (Content::Free(content), template) => Some(Wording::Free { content, template }),
            (Content::Template(content), Some(template)) => Some(Wording::Template { template, content }),
            (Content::Template(_), None) => None,
        })
        .collect()
    }

    /// Whether people must have agreed to get it.
    pub fn is_marketing(&self) -> bool {
        self.wordings().iter().any(Wording::is_marketing)
    }

    /// Whether a wording of it is a utility template, for everybody or for those whom free words may not reach.
    pub fn is_utility(&self) -> bool {
        let is_utility =
            |of: &Wording<'_>| of.template().is_some_and(|(one, _)| one.category.eq_ignore_ascii_case("UTILITY"));
        self.wordings().iter().any(is_utility)
    }

    /// Whether a wording of it is free words.
    pub fn says_free_words(&self) -> bool {
        self.wordings().iter().any(|wording| matches!(wording, Wording::Free { .. }))
    }

    /// Which of a person's consents is about it: of several wordings the dearest; of free words, which answer, and of
    /// codes, which somebody just asked for, none.
    pub fn consent_category(&self) -> Option<ConsentCategory> {
        let is_utility = |wording: &Wording<'_>| wording.price_category() == PriceCategory::Utility;
        match self.is_marketing() {
            true => Some(ConsentCategory::Marketing),
            false => self.wordings().iter().any(is_utility).then_some(ConsentCategory::Utility),
        }
    }

    /// The values of one recipient in his wording, or why it cannot be filled.
    pub fn filled(&self, index: u64, row: &Recipient) -> Result<Parameters, ParameterProblem> {
        self.filled_for(index, Some(index), row)
    }

    /// The same for somebody else's phone, whose taps on links say nothing of the recipient.
    pub fn filled_for_trial(&self, index: u64, row: &Recipient) -> Result<Parameters, ParameterProblem> {
        self.filled_for(index, None, row)
    }

    fn filled_for(&self, index: u64, who: Option<u64>, row: &Recipient) -> Result<Parameters, ParameterProblem> {
        let variant = self.variant_of(index).and_then(|variant| usize::try_from(variant).ok()).unwrap_or_default();
        let Some(wording) = self.wordings().get(variant).copied() else { return Err(ParameterProblem::WrongCount) };
        let Some(links) = &self.links else { return content::parameters(wording, &self.columns, &row.fields) };
        let Ok(addresses) = links.addresses(self.workspace_id, &self.id, who) else {
            return Err(ParameterProblem::WrongCount);
        };
        let columns = links::with_columns(&self.columns, &links.links);
        let mut fields = row.fields.clone();
        fields.resize(self.columns.len(), String::new());
        fields.extend(addresses);
        content::parameters(wording, &columns, &fields)
    }

    /// What texts and buttons may name: the columns of the audience and the links.
    pub fn known_columns(&self) -> Cow<'_, [String]> {
        links::with_columns(&self.columns, self.links.as_ref().map_or(&[], |links| &links.links))
    }

    /// Whether the recipient with this index gets free words.
    pub fn is_free(&self, index: u64) -> bool {
        let variant = self.variant_of(index).and_then(|variant| usize::try_from(variant).ok()).unwrap_or_default();
        matches!(self.wordings().get(variant), Some(Wording::Free { .. }))
    }

    /// Where WhatsApp has the campaign's own files.
    pub fn known_media(&self) -> impl Fn(&MediaSource) -> MediaSource {
        |source| {
            let held = source.asset_id.as_ref().and_then(|asset| self.media.get(asset));
            match held {
                None => source.clone(),
                Some(held) => MediaSource {
                    id: Some(held.id.clone()),
                    asset_id: None,
                    link: None,
                    filename: source.filename.clone(),
                },
            }
        }
    }

    /// Which wording the recipient with this index gets; nothing where there is only one.
    pub fn variant_of(&self, index: u64) -> Option<u32> {
        let wordings = self.variants.len() + 1;
        let variant = content::variant_of(self.seed, wordings, index);
        (wordings > 1).then(|| u32::try_from(variant).unwrap_or_default())
    }
}
