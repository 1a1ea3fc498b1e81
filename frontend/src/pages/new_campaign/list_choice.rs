//! Which list, and which of its people: those who wrote to this number, only to others, or all of them.

use std::collections::BTreeMap;

use campaigns::contact::{FILE_TITLES, file_row};
use leptos::prelude::*;
use leptos::task::spawn_local;
use reader::{SampleRow, Sheet};
use wire::{
    Audience, ChannelFilter, ChannelId, Contact, CreateListAudience, FieldError, List, ListCount, ListFilter, Spoke,
};

use crate::infra::book;
use crate::infra::http::ApiError;
use crate::infra::shell::Shell;
use crate::model::intake::{Intake, Recipients};
use crate::model::price::scaled;
use crate::model::spoke::ALL;
use crate::pages::file_intake::followed;
use crate::t;

/// The signals of the list.
#[derive(Clone, Copy)]
pub struct ListChoice {
    /// All lists; nothing until they came.
    pub lists: RwSignal<Option<Vec<List>>>,
    /// The chosen one; empty for none.
    pub list_id: RwSignal<String>,
    /// Which of its people; nothing until it was chosen.
    pub spoke: RwSignal<Option<Spoke>>,
    /// How many there are for each choice, in the order of [`ALL`].
    pub counts: RwSignal<[Option<ListCount>; 3]>,
    /// That all of them agreed.
    pub confirmed: RwSignal<bool>,
    /// What the audience will look like.
    pub sheet: RwSignal<Option<Sheet>>,
    /// How far the audience got.
    pub intake: RwSignal<Intake>,
}

impl ListChoice {
    /// Nothing chosen but the list, if there is one.
    pub fn new(list_id: String) -> Self {
        Self {
            lists: RwSignal::new(None),
            list_id: RwSignal::new(list_id),
            spoke: RwSignal::new(None),
            counts: RwSignal::default(),
            confirmed: RwSignal::new(false),
            sheet: RwSignal::new(None),
            intake: RwSignal::default(),
        }
    }

    /// Fetches the lists, and for the chosen one its columns and how many it finds.
    pub fn keep_fed(self, shell: Shell, channel_id: RwSignal<String>) {
        spawn_local(async move {
            match book::lists().await {
                Ok(page) => self.lists.set(Some(page.items)),
                Err(error) => shell.report(error),
            }
        });
        let asked = Memo::new(move |_| self.list().map(|list| (list, ChannelId(channel_id.get()))));
        Effect::new(move || {
            let asked = asked.get();
            self.intake.set(Intake::Local);
            self.counts.set([None, None, None]);
            if let Some((list, channel)) = asked {
                spawn_local(self.describe(shell, list.clone()));
                for (place, spoke) in ALL.into_iter().enumerate().filter(|_| !channel.as_str().is_empty()) {
                    spawn_local(self.count(shell, list.clone(), (channel_id, channel.clone()), place, spoke));
                }
            }
        });
    }

    async fn describe(self, shell: Shell, list: List) {
        let (values, first) = (book::values().await, book::first_contact(&list.filter).await);
        let still = self.list_id.try_get_untracked().is_some_and(|chosen| chosen == list.id.as_str());
        match (values, first) {
            (Ok(values), Ok(first)) if still => {
                let fields: Vec<String> = values.fields.into_iter().map(|field| field.value).collect();
                self.sheet.set(Some(sheet(fields, first.as_ref())));
            }
            (Ok(_), Ok(_)) => {}
            (Err(error), _) | (_, Err(error)) => shell.report(error),
        }
    }

    async fn count(
        self,
        shell: Shell,
        list: List,
        (chosen, channel): (RwSignal<String>, ChannelId),
        place: usize,
        spoke: Spoke,
    ) {
        let filter = ListFilter { channel: Some(ChannelFilter { id: channel.clone(), spoke }), ..list.filter };
        let answer = book::count(filter).await;
        let still = self.list_id.try_get_untracked().is_some_and(|id| id == list.id.as_str())
            && chosen.try_get_untracked().is_some_and(|id| id == channel.as_str());
        match answer {
            Ok(count) if still => self.counts.update(|counts| counts[place] = Some(count)),
            Ok(_) => {}
            Err(error) => shell.report(error),
        }
    }

    /// The chosen list.
    pub fn list(self) -> Option<List> {
        let id = self.list_id.get();
        self.lists.with(|lists| lists.iter().flatten().find(|list| list.id.as_str() == id).cloned())
    }

    /// Whether list and people are chosen.
    pub fn is_chosen(self) -> bool {
        self.list().is_some() && self.spoke.with(Option::is_some)
    }

    /// Chooses other people: what was collected is then void.
    pub fn choose(self, spoke: Spoke) {
        self.spoke.set(Some(spoke));
        self.confirmed.set(false);
        self.intake.set(Intake::Local);
    }

    /// How many people, as far as is known.
    pub fn recipients(self) -> Option<Recipients> {
        let made = self.intake.with(|intake| intake.audience().map(|audience| audience.recipients));
        let chosen = self.spoke.get()?;
        let place = ALL.into_iter().position(|spoke| spoke == chosen)?;
        made.map(Recipients::Exact).or_else(|| {
            let count = self.counts.with(|counts| counts[place].clone())?;
            Some(if count.at_least { Recipients::About(count.contacts) } else { Recipients::Exact(count.contacts) })
        })
    }

    /// Those people by country.
    pub fn countries(self) -> BTreeMap<String, u64> {
        let place = self.spoke.get().and_then(|chosen| ALL.into_iter().position(|spoke| spoke == chosen));
        let counted =
            |place: usize| self.counts.with(|counts| counts[place].as_ref().map(|count| count.countries.clone()));
        let all = self.recipients().map(Recipients::count).unwrap_or_default();
        scaled(&place.and_then(counted).unwrap_or_default(), all)
    }

    /// What is missing before its people can be collected.
    pub fn faults(self) -> Vec<FieldError> {
        let fault = |field: &str, message: &str| FieldError { field: field.to_owned(), message: message.to_owned() };
        let spoke = self.spoke.get_untracked();
        let mut faults = Vec::new();
        if untrack(|| self.list()).is_none() {
            faults.push(fault("list", t::choose_a_list()));
        } else if spoke.is_none() {
            faults.push(fault("channel", t::choose_which_of_them()));
        } else if needs_confirmation(spoke) && !self.confirmed.get_untracked() {
            faults.push(fault("optInConfirmed", t::confirm_that_all_of_them()));
        }
        faults
    }

    /// Whose people are collected as things stand: the list, the number, which of them; nothing once the page is left.
    fn whom(self, channel_id: RwSignal<String>) -> Option<(String, String, Option<Spoke>)> {
        Some((self.list_id.try_get_untracked()?, channel_id.try_get_untracked()?, self.spoke.try_get_untracked()?))
    }

    /// The audience: the one that is there, or one that is made now and followed until it is ready. None where others
    /// were chosen meanwhile: then these are not they.
    pub async fn audience(
        self,
        shell: Shell,
        channel_id: RwSignal<String>,
        errors: RwSignal<Vec<FieldError>>,
    ) -> Result<Audience, ()> {
        let whom = self.whom(channel_id);
        let ready = self.intake.with_untracked(|intake| intake.audience().cloned());
        let answer = match ready {
            Some(audience) => Ok(audience),
            None => self.made(shell, channel_id, errors).await,
        };
        if self.whom(channel_id) != whom {
            return Err(());
        }
        let came_to = match answer {
            Ok(audience) if audience.recipients > 0 => {
                // It has fewer columns than the whole book.
                self.sheet.update(|sheet| *sheet = sheet.take().map(|sheet| narrowed(&sheet, &audience.columns)));
                Intake::Ready(Box::new(audience))
            }
            Ok(_) => Intake::Failed(t::nobody_of_this_list_can().to_owned()),
            Err(why) => Intake::Failed(why),
        };
        self.intake.set(came_to.clone());
        came_to.audience().cloned().ok_or(())
    }

    async fn made(
        self,
        shell: Shell,
        channel_id: RwSignal<String>,
        errors: RwSignal<Vec<FieldError>>,
    ) -> Result<Audience, String> {
        let (Some(list), Some(spoke)) = (untrack(|| self.list()), self.spoke.get_untracked()) else {
            return Err(t::choose_a_list_and_which().to_owned());
        };
        let asked = CreateListAudience {
            channel: Some(ChannelFilter { id: ChannelId(channel_id.get_untracked()), spoke }),
            opt_in_confirmed: self.confirmed.get_untracked(),
            language: Some(t::language()),
        };
        let whom = self.whom(channel_id);
        self.intake.set(Intake::Importing { recipients: 0 });
        let failed = |error: ApiError| {
            errors.set(shell.settle(error));
            t::the_people_could_not_be().to_owned()
        };
        let audience = book::make_audience(&list.id, &asked).await.map_err(failed)?;
        let so_far = move |recipients| {
            if self.whom(channel_id) == whom {
                self.intake.set(Intake::Importing { recipients });
            }
        };
        followed(&audience.id, failed, so_far).await
    }
}

/// Whether somebody has to say that these people agreed: whoever wrote to this number did.
pub fn needs_confirmation(spoke: Option<Spoke>) -> bool {
    match spoke {
        Some(Spoke::OnlyElsewhere | Spoke::Anywhere) => true,
        Some(Spoke::Here) | None => false,
    }
}

/// The same people with the columns that an audience has.
fn narrowed(sheet: &Sheet, columns: &[String]) -> Sheet {
    let cell = |row: &SampleRow, column: &String| {
        sheet.position(column).and_then(|place| row.cells.get(place).cloned()).unwrap_or_default()
    };
    let row =
        |row: &SampleRow| SampleRow { cells: columns.iter().map(|column| cell(row, column)).collect(), ..row.clone() };
    Sheet { columns: columns.to_vec(), sample: sheet.sample.iter().map(row).collect(), ..sheet.clone() }
}

/// An audience of the book as it will look, with the first person whom the list finds.
fn sheet(fields: Vec<String>, first: Option<&Contact>) -> Sheet {
    let row = first.map(|contact| SampleRow { cells: file_row(contact, &fields), ..SampleRow::default() });
    let titles = FILE_TITLES.iter().map(|title| (*title).to_owned());
    Sheet {
        columns: titles.chain(fields).collect(),
        phone_column: Some(FILE_TITLES[0].to_owned()),
        name_column: Some(FILE_TITLES[1].to_owned()),
        sample: row.into_iter().collect(),
        ..Sheet::default()
    }
}
