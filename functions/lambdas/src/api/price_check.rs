//! Where the workspace wants somebody to agree to the price first: nothing starts, and nothing gets its time, without
//! `confirmedPrice` of at least what is estimated now.

use campaigns::rates::{amount, parse_amount};

use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::spending;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::settings::{self, Switch};

/// What the campaign is estimated to cost, in millionths of the rate card's currency; refused where somebody must agree
/// to it first and agreed to less, or to nothing.
pub(super) async fn check(app: &App, record: &CampaignRecord, confirmed: Option<&str>) -> Result<u64, ApiError> {
    let confirmed = confirmed.map(parse_amount).transpose();
    let confirmed = confirmed.map_err(|wrong| Refusal::field("confirmedPrice", wrong.to_string()))?;
    let (estimated_micros, estimate) = spending::estimate(app, record).await?;
    let is_asked = settings::read(app, record.workspace_id).await?.confirm_price == Switch::On;
    if !is_asked || confirmed.is_some_and(|confirmed| confirmed >= estimated_micros) {
        return Ok(estimated_micros);
    }
    let not_priced: u64 = estimate.not_priced.iter().map(|line| line.messages).sum();
    let beside = match not_priced {
        0 => String::new(),
        some => format!(", and {some} messages to countries without a rate"),
    };
    let price = format!("{} {}", estimate.currency, amount(estimated_micros));
    let detail =
        format!("the campaign is estimated to cost {price}{beside}: agree with confirmedPrice of at least that");
    Err(Refusal::field("confirmedPrice", estimate.total).of(Kind::PriceNotConfirmed).because(detail).into())
}
