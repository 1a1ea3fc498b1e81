//! The cards of a carousel as they are typed: all built alike, so that what changes the shape of one changes it of all.
//! And where in a template a button or a sample stands.

use std::collections::BTreeMap;

use campaigns::template::variables;
use wire::{CreateCard, HeaderFormat};

use super::attachment::Attachment;
use super::template_faults::is_below;
use super::template_form::{ButtonText, TemplateForm, button_kinds};

/// Cards at least (as `campaigns::template::definition` has it).
pub const LEAST_CARDS: usize = 2;
/// Cards at most.
pub const MOST_CARDS: usize = 10;
/// Buttons of a card at most.
pub const MOST_CARD_BUTTONS: usize = 2;

/// Kinds of buttons that a card may have beside quick replies, by their values (Meta, carousel templates, 2025-11).
const CARD_BUTTONS: [&str; 2] = ["URL", "PHONE_NUMBER"];

/// What every card shows above its text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CardHeader {
    /// A picture.
    #[default]
    Picture,
    /// A film.
    Film,
}

impl CardHeader {
    /// The value in the list, where a picture is the choice of nothing else.
    pub fn key(self) -> &'static str {
        match self {
            CardHeader::Picture => "",
            CardHeader::Film => "video",
        }
    }

    /// The one with this value.
    pub fn from_key(key: &str) -> Self {
        match key {
            "video" => CardHeader::Film,
            _ => CardHeader::Picture,
        }
    }

    /// As the API has it.
    pub fn format(self) -> HeaderFormat {
        match self {
            CardHeader::Picture => HeaderFormat::Image,
            CardHeader::Film => HeaderFormat::Video,
        }
    }
}

/// A card as it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CardText {
    /// A sample of its picture.
    pub picture: Option<Attachment>,
    /// A sample of its film. What the cards do not show is kept: they may show it again.
    pub film: Option<Attachment>,
    /// Its text.
    pub body: String,
    /// Examples of its text's variables, by their names.
    pub examples: BTreeMap<String, String>,
    /// Its buttons.
    pub buttons: Vec<ButtonText>,
}

impl CardText {
    /// The sample of what the cards show.
    pub fn sample(&self, header: CardHeader) -> Option<&Attachment> {
        match header {
            CardHeader::Picture => self.picture.as_ref(),
            CardHeader::Film => self.film.as_ref(),
        }
    }

    /// The same, to be written.
    pub fn sample_mut(&mut self, header: CardHeader) -> &mut Option<Attachment> {
        match header {
            CardHeader::Picture => &mut self.picture,
            CardHeader::Film => &mut self.film,
        }
    }

    /// The card as it is asked for.
    pub fn request(&self, header: CardHeader) -> CreateCard {
        let names = variables(&self.body);
        let examples = self.examples.iter().filter(|(name, _)| names.contains(name));
        CreateCard {
            header_format: Some(header.format()),
            header_asset_id: self.sample(header).and_then(Attachment::source).and_then(|source| source.asset_id),
            body: self.body.trim().to_owned(),
            examples: examples.map(|(name, text)| (name.clone(), text.trim().to_owned())).collect(),
            buttons: self.buttons.iter().map(ButtonText::request).collect(),
        }
    }
}

/// Where a button stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ButtonPlace {
    /// Under the message.
    Message(usize),
    /// Under a card of the carousel: the card, and the button's place in it.
    Card(usize, usize),
}

impl ButtonPlace {
    /// Its place among its neighbours, from 0.
    pub fn place(self) -> usize {
        match self {
            ButtonPlace::Message(place) | ButtonPlace::Card(_, place) => place,
        }
    }

    /// The name of the field that has all of them.
    pub fn list(self) -> String {
        match self {
            ButtonPlace::Message(_) => "buttons".to_owned(),
            ButtonPlace::Card(card, _) => format!("cards.{card}.buttons"),
        }
    }

    /// The hook for tests.
    pub fn key(self) -> String {
        match self {
            ButtonPlace::Message(place) => place.to_string(),
            ButtonPlace::Card(card, place) => format!("card-{card}-{place}"),
        }
    }

    /// What a field is called below the list of this button, empty for the list's own; of a card's button, below the
    /// list of any card, since all cards are built alike. Nothing for a field elsewhere.
    fn below_list(self, field: &str) -> Option<&str> {
        let field = match self {
            ButtonPlace::Message(_) => field,
            ButtonPlace::Card(_, _) => match field.strip_prefix("cards.")?.split_once('.') {
                Some((_, part)) => part,
                // What is wrong with a card's shape.
                None => return Some(""),
            },
        };
        let rest = field.strip_prefix("buttons")?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
    }

    /// Whether a fault of this field may stand elsewhere, or be none, once the button is taken away.
    pub fn shares_list(self, field: &str) -> bool {
        self.below_list(field).is_some()
    }

    /// Whether a fault of this field may be none once the button is of another kind.
    pub fn shares_kind(self, field: &str) -> bool {
        let own = self.place().to_string();
        self.below_list(field).is_some_and(|rest| rest.is_empty() || is_below(rest, &own))
    }

    /// The values of the kinds that it may be of, beside a quick reply.
    pub fn kinds(self) -> Vec<&'static str> {
        match self {
            ButtonPlace::Message(_) => button_kinds().into_iter().map(|(value, _, _)| value).collect(),
            ButtonPlace::Card(_, _) => CARD_BUTTONS.to_vec(),
        }
    }

    /// The button.
    pub fn of(self, form: &TemplateForm) -> Option<&ButtonText> {
        match self {
            ButtonPlace::Message(place) => form.buttons.get(place),
            ButtonPlace::Card(card, place) => form.cards.get(card)?.buttons.get(place),
        }
    }

    /// The button, to be written.
    pub fn of_mut(self, form: &mut TemplateForm) -> Option<&mut ButtonText> {
        match self {
            ButtonPlace::Message(place) => form.buttons.get_mut(place),
            ButtonPlace::Card(card, place) => form.cards.get_mut(card)?.buttons.get_mut(place),
        }
    }
}

/// Where a sample stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SamplePlace {
    /// Above the message.
    Header,
    /// Above a card of the carousel.
    Card(usize),
}

impl SamplePlace {
    /// The name of its field.
    pub fn field(self) -> String {
        match self {
            SamplePlace::Header => "headerAssetId".to_owned(),
            SamplePlace::Card(card) => format!("cards.{card}.headerAssetId"),
        }
    }

    /// The hook for tests.
    pub fn key(self) -> String {
        match self {
            SamplePlace::Header => "asset-sample".to_owned(),
            SamplePlace::Card(card) => format!("asset-card-{card}"),
        }
    }

    /// The sample.
    pub fn of(self, form: &TemplateForm) -> Option<&Attachment> {
        match self {
            SamplePlace::Header => form.sample.as_ref(),
            SamplePlace::Card(card) => form.cards.get(card)?.sample(form.card_header),
        }
    }

    /// Puts a sample there, or takes it away.
    pub fn put(self, form: &mut TemplateForm, sample: Option<Attachment>) {
        match self {
            SamplePlace::Header => form.sample = sample,
            SamplePlace::Card(card) => {
                let header = form.card_header;
                if let Some(card) = form.cards.get_mut(card) {
                    *card.sample_mut(header) = sample;
                }
            }
        }
    }
}

impl TemplateForm {
    /// Makes a carousel of it: of the cards that it had, or of as few as there may be.
    pub fn make_carousel(&mut self) {
        self.is_carousel = true;
        if self.cards.is_empty() {
            let buttons = vec![ButtonText::default()];
            self.cards = vec![CardText { buttons, ..CardText::default() }; LEAST_CARDS];
        }
    }

    /// Adds a card that is built like the others.
    pub fn add_card(&mut self) {
        let like = self.cards.last().map(|card| card.buttons.as_slice()).unwrap_or_default();
        let blank = |button: &ButtonText| ButtonText { kind: button.kind.clone(), ..ButtonText::default() };
        let buttons = like.iter().map(blank).collect();
        self.cards.push(CardText { buttons, ..CardText::default() });
    }

    /// Takes a card away.
    pub fn remove_card(&mut self, place: usize) {
        if place < self.cards.len() {
            self.cards.remove(place);
        }
    }

    /// Adds a button to every card.
    pub fn add_card_button(&mut self) {
        for card in &mut self.cards {
            card.buttons.push(ButtonText::default());
        }
    }

    /// Says what a button does; of a card's button, in every card.
    pub fn set_kind(&mut self, at: ButtonPlace, kind: &str) {
        let buttons: Vec<&mut ButtonText> = match at {
            ButtonPlace::Message(place) => self.buttons.get_mut(place).into_iter().collect(),
            ButtonPlace::Card(_, place) => {
                self.cards.iter_mut().filter_map(|card| card.buttons.get_mut(place)).collect()
            }
        };
        for button in buttons {
            kind.clone_into(&mut button.kind);
        }
    }

    /// Takes a button away; a card's button, from every card.
    pub fn remove_button(&mut self, at: ButtonPlace) {
        let (lists, place): (Vec<&mut Vec<ButtonText>>, usize) = match at {
            ButtonPlace::Message(place) => (vec![&mut self.buttons], place),
            ButtonPlace::Card(_, place) => (self.cards.iter_mut().map(|card| &mut card.buttons).collect(), place),
        };
        for buttons in lists.into_iter().filter(|buttons| place < buttons.len()) {
            buttons.remove(place);
        }
    }

    /// The samples that are part of the request, and where they stand.
    pub fn samples(&self) -> Vec<(SamplePlace, &Attachment)> {
        let places: Vec<SamplePlace> = match (self.carries_code(), self.is_carousel) {
            (true, _) => Vec::new(),
            (false, true) => (0..self.cards.len()).map(SamplePlace::Card).collect(),
            (false, false) => vec![SamplePlace::Header],
        };
        places.into_iter().filter_map(|place| Some((place, place.of(self)?))).collect()
    }

    /// Takes in how far an upload got.
    pub fn take_in(&mut self, told: &Attachment) {
        let of_cards = self.cards.iter_mut().flat_map(|card| card.picture.iter_mut().chain(card.film.iter_mut()));
        let samples = self.sample.iter_mut().chain(of_cards);
        for sample in samples.filter(|sample| sample.number == told.number) {
            sample.clone_from(told);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::attachment::Upload;
    use super::*;

    fn sample(number: u32, upload: Upload) -> Attachment {
        Attachment { number, file_name: "a.png".into(), size_bytes: 1, kind: None, picture: None, upload }
    }

    fn here(id: &str) -> Upload {
        Upload::Here { asset_id: id.into(), asset_url: format!("s3://files/assets/{id}") }
    }

    fn carousel() -> TemplateForm {
        let mut form = TemplateForm {
            channel_id: "main".into(),
            name: "two".into(),
            language: "en".into(),
            category: "MARKETING".into(),
            body: "Two for you.".into(),
            footer: "of before".into(),
            ..TemplateForm::default()
        };
        form.make_carousel();
        for (place, card) in form.cards.iter_mut().enumerate() {
            card.picture = Some(sample(u32::try_from(place).unwrap(), here(&place.to_string())));
            card.body = "Now {{1}} off for you.".into();
            card.examples = BTreeMap::from([("1".to_owned(), "10%".to_owned())]);
            card.buttons[0].text = "Yes".into();
        }
        form
    }

    fn fields(form: &TemplateForm) -> Vec<String> {
        form.request().unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn a_carousel_has_its_text_and_its_cards_and_nothing_else() {
        let request = carousel().request().unwrap();
        assert_eq!((request.cards.len(), request.footer, request.buttons.len()), (2, None, 0));
        assert_eq!(request.cards[1].header_asset_id.as_deref(), Some("1"));
        let bubble = carousel().bubble();
        assert_eq!(bubble.cards[0].body[0].text, "Now 10% off for you.");
        assert_eq!(bubble.cards[0].media.as_ref().and_then(|media| media.filename.as_deref()), Some("a.png"));
    }

    #[test]
    fn what_changes_the_shape_of_a_card_changes_it_of_all() {
        let mut form = carousel();
        form.add_card_button();
        form.set_kind(ButtonPlace::Card(1, 1), "URL");
        form.add_card();
        let kinds = |form: &TemplateForm| -> Vec<Vec<String>> {
            form.cards.iter().map(|card| card.buttons.iter().map(|button| button.kind.clone()).collect()).collect()
        };
        assert_eq!(kinds(&form), vec![vec![String::new(), "URL".to_owned()]; 3]);
        form.remove_button(ButtonPlace::Card(0, 0));
        assert_eq!(kinds(&form), vec![vec!["URL".to_owned()]; 3]);
        form.remove_card(2);
        assert_eq!(form.cards.len(), 2);
        assert_eq!(CardHeader::from_key(CardHeader::Film.key()), CardHeader::Film);
    }

    #[test]
    fn cards_that_are_no_longer_a_carousel_stay_as_they_were_until_they_are_again() {
        let mut form = carousel();
        form.is_carousel = false;
        let request = form.request().unwrap();
        assert_eq!((request.cards.len(), request.footer.as_deref()), (0, Some("of before")));
        assert_eq!(form.bubble().cards.len(), 0);
        form.make_carousel();
        assert_eq!(form, carousel());
    }

    #[test]
    fn a_sample_of_a_picture_is_kept_while_the_cards_show_films() {
        let mut form = carousel();
        form.card_header = CardHeader::Film;
        assert_eq!(fields(&form), ["cards.0.headerAssetId", "cards.1.headerAssetId"]);
        SamplePlace::Card(0).put(&mut form, Some(sample(7, Upload::Sending { percent: 4 })));
        form.card_header = CardHeader::Picture;
        form.take_in(&sample(7, here("film")));
        assert_eq!(form.request().unwrap(), carousel().request().unwrap());
        form.card_header = CardHeader::Film;
        assert_eq!(fields(&form), ["cards.1.headerAssetId"]);
    }

    #[test]
    fn what_changes_a_button_forgets_the_faults_that_may_stand_elsewhere_then() {
        let all = [
            "buttons",
            "buttons.0.text",
            "buttons.10.text",
            "cards",
            "cards.1",
            "cards.1.body",
            "cards.2.buttons",
            "cards.0.buttons.0.url",
            "cards.3.buttons.1.text",
        ];
        let of = |is_old: &dyn Fn(&str) -> bool| -> Vec<&'static str> {
            all.into_iter().filter(|field| is_old(field)).collect()
        };
        let (own, of_card) = (ButtonPlace::Message(1), ButtonPlace::Card(1, 0));
        assert_eq!(of(&|field| own.shares_list(field)), ["buttons", "buttons.0.text", "buttons.10.text"]);
        assert_eq!(of(&|field| own.shares_kind(field)), ["buttons"]);
        let shape = ["cards.1", "cards.2.buttons", "cards.0.buttons.0.url"];
        assert_eq!(of(&|field| of_card.shares_kind(field)), shape);
        let list = [shape.as_slice(), &["cards.3.buttons.1.text"]].concat();
        assert_eq!(of(&|field| of_card.shares_list(field)), list);
    }

    #[test]
    fn each_fault_of_a_card_has_its_field() {
        let mut form = carousel();
        form.cards[1].picture = Some(sample(1, Upload::Sending { percent: 4 }));
        assert_eq!(fields(&form), ["cards.1.headerAssetId"]);
        form.take_in(&sample(1, here("7")));
        form.cards[0].buttons[0].text = String::new();
        assert_eq!(fields(&form), ["cards.0.buttons.0.text"]);
        form.cards[0].buttons[0].text = "Yes".into();
        form.remove_card(1);
        assert_eq!(fields(&form), ["cards"]);
        let place = ButtonPlace::Card(0, 0);
        assert_eq!((place.list().as_str(), place.key().as_str()), ("cards.0.buttons", "card-0-0"));
    }
}
