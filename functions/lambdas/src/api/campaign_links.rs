//! The tracked links of a campaign that is made or edited: signed with a key of its own, and carried by buttons only
//! where those lead to us.

use campaigns::links;
use wire::{FieldError, TrackedLink, WorkspaceId};

use super::problem::{ApiError, Refusal};
use crate::App;
use crate::links::LinksRecord;
use crate::storage::campaigns::WordingRecord;
use crate::storage::settings;

/// The links with what signs and finds them; refused where nobody said where recipients reach us.
pub(super) async fn link_record(
    app: &App,
    workspace: WorkspaceId,
    links: &[TrackedLink],
) -> Result<Option<LinksRecord>, ApiError> {
    if links.is_empty() {
        return Ok(None);
    }
    let settings = settings::read(app, workspace).await?;
    let Some(origin) = settings.link_origin.or_else(|| app.config.link_origin.clone()) else {
        let how = "tracked links need an address of yours that leads here: \
             set “Address of tracked links” (linkOrigin) in the settings";
        return Err(Refusal::field("links", how).into());
    };
    Ok(Some(LinksRecord::new(origin, app.chance.bytes()?, links.to_vec())))
}

/// Refuses buttons that cannot carry the links that they name.
pub(super) fn check_buttons(wordings: &[WordingRecord], links: Option<&LinksRecord>) -> Result<(), ApiError> {
    let Some(links) = links else { return Ok(()) };
    let several = wordings.len() > 1;
    let faults = wordings.iter().enumerate().flat_map(|(place, wording)| {
        let at = if several { format!("variants.{place}.") } else { String::new() };
        let content = wording.content.template().zip(wording.template.as_ref());
        let faults =
            content.map(|(content, template)| links::button_faults(template, content, &links.links, &links.origin));
        let named = move |fault: FieldError| FieldError { field: format!("{at}{}", fault.field), ..fault };
        faults.unwrap_or_default().into_iter().map(named)
    });
    let faults: Vec<FieldError> = faults.collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::fields(faults).into()) }
}
