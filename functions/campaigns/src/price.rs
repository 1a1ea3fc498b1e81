//! What WhatsApp says that a message costs: not money (that is the rate card's), but what is billed, and whether. It comes
//! with `sent` and with one of `delivered` and `read`, and says the same there.

use serde::{Deserialize, Serialize};

/// Longest word of Meta's that is kept, in characters: its own have 28 at most.
const LONGEST_WORD: usize = 32;

/// The type of a message that is paid for; every other is free (Meta's pricing object, September 2026).
pub(crate) const BILLED: &str = "regular";

/// The type of one that is not, where only `billable` says so.
const FREE: &str = "free";

/// Category, type and model, in Meta's words; they are open. Stored as `category/type/model`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Price {
    /// `marketing`, `utility`, `authentication`, `service`…
    pub category: String,
    /// `regular` is billed; `free_customer_service` and `free_entry_point` are not.
    pub kind: String,
    /// `PMP`: by the message.
    pub model: String,
}

/// Words of a price that is none.
#[derive(Debug, PartialEq, Eq)]
pub struct NoPrice;

impl std::fmt::Display for NoPrice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a price has a category, a type and a model")
    }
}

impl Price {
    /// The price in Meta's words; nothing without a category. `billable` counts only where there is no type: Meta takes
    /// it away.
    pub fn of(category: &str, kind: &str, model: &str, billable: Option<bool>) -> Option<Price> {
        let category = word(category);
        if category.is_empty() {
            return None;
        }
        let kind = match (word(kind), billable) {
            (kind, _) if !kind.is_empty() => kind,
            (_, Some(false)) => FREE.to_owned(),
            (_, Some(true) | None) => BILLED.to_owned(),
        };
        Some(Price { category, kind, model: word(model) })
    }

    /// The name under which it is counted: category and type.
    pub fn counted_as(&self) -> String {
        format!("{}/{}", self.category, self.kind)
    }

    /// Which of two prices of one message stands, whatever came first. Of one that is billed and one that is not, the
    /// billed one: an estimate is rather too high.
    pub fn settled(known: Option<&Price>, told: &Price) -> Price {
        let weight = |price: &Price| (price.kind != BILLED, price.clone());
        match known {
            Some(known) if weight(known) <= weight(told) => known.clone(),
            Some(_) | None => told.clone(),
        }
    }
}

/// Letters, digits and what Meta joins them with.
fn word(text: &str) -> String {
    let is_ours = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    text.chars().filter(is_ours).take(LONGEST_WORD).collect()
}

impl From<Price> for String {
    fn from(price: Price) -> String {
        format!("{}/{}/{}", price.category, price.kind, price.model)
    }
}

impl TryFrom<String> for Price {
    type Error = NoPrice;

    fn try_from(text: String) -> Result<Price, NoPrice> {
        let mut words = text.split('/');
        let (Some(category), Some(kind), Some(model)) = (words.next(), words.next(), words.next()) else {
            return Err(NoPrice);
        };
        Price::of(category, kind, model, None).ok_or(NoPrice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_comes_back_as_it_was_stored() {
        let price = Price::of("marketing", "regular", "PMP", Some(true)).unwrap();
        assert_eq!(String::from(price.clone()), "marketing/regular/PMP");
        assert_eq!(Price::try_from("marketing/regular/PMP".to_owned()), Ok(price));
        assert_eq!(Price::try_from("marketing".to_owned()), Err(NoPrice));
        let odd = Price::of("a/b\n", "", "", None).unwrap();
        assert_eq!(Price::try_from(String::from(odd.clone())), Ok(odd));
    }

    #[test]
    fn without_a_type_billable_decides_and_without_a_category_there_is_no_price() {
        assert_eq!(Price::of("utility", "", "PMP", Some(false)).unwrap().counted_as(), "utility/free");
        assert_eq!(Price::of("utility", "", "CBP", None).unwrap().counted_as(), "utility/regular");
        assert_eq!(Price::of("", "regular", "PMP", Some(true)), None);
        assert_eq!(Price::of(&"x".repeat(500), "regular", "", None).unwrap().category.len(), LONGEST_WORD);
    }

    #[test]
    fn of_two_prices_the_billed_one_stands_whatever_came_first() {
        let billed = Price::of("utility", "regular", "PMP", None).unwrap();
        let free = Price::of("utility", "free_customer_service", "PMP", None).unwrap();
        assert_eq!(Price::settled(None, &free), free);
        assert_eq!(Price::settled(Some(&free), &billed), billed);
        assert_eq!(Price::settled(Some(&billed), &free), billed);
    }
}
