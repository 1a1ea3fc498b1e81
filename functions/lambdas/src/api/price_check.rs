//! Where the workspace wants somebody to agree to the price first: nothing starts, and nothing gets its time, without
//! `confirmedPrice` of at least what is estimated now; nor with a cap in another currency than that.

use campaigns::rates::{amount, parse_amount};

use super::problem::{ApiError, Kind, Refusal};
use crate::App;
use crate::spending;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::settings::{self, Switch};

/// What a campaign is estimated to cost.
pub(super) struct Estimated {
    /// In millionths.
    micros: u64,
    /// Three letters.
    currency: String,
}

impl Estimated {
    /// Writes it down.
    pub(super) fn note(self, record: &mut CampaignRecord) {
        record.estimated_micros = Some(self.micros);
        record.estimated_currency = Some(self.currency);
        record.upkeep.price_is_old = false;
    }
}

/// What the campaign is estimated to cost, whoever agrees to it.
pub(super) async fn look(app: &App, record: &CampaignRecord) -> anyhow::Result<Estimated> {
    let (micros, estimate) = spending::estimate(app, record).await?;
    Ok(Estimated { micros, currency: estimate.currency })
}

/// What the campaign is estimated to cost; refused where its cap is in another currency, and where somebody must agree
/// to the price first and agreed to less, or to nothing.
pub(super) async fn check(app: &App, record: &CampaignRecord, confirmed: Option<&str>) -> Result<Estimated, ApiError> {
    let confirmed = confirmed.map(parse_amount).transpose();
    let confirmed = confirmed.map_err(|wrong| Refusal::field("confirmedPrice", wrong.to_string()))?;
    let (estimated_micros, estimate) = spending::estimate(app, record).await?;
    let prices = &estimate.currency;
    if let Some(own) = record.spend_cap_currency.as_ref().filter(|own| *own != prices) {
        let how = format!("the spend cap is in {own}, and prices are in {prices} by now: set it anew, or take it away");
        return Err(Refusal::field("spendCap", how).into());
    }
    let is_asked = settings::read(app, record.workspace_id).await?.confirm_price == Switch::On;
    if !is_asked || confirmed.is_some_and(|confirmed| confirmed >= estimated_micros) {
        return Ok(Estimated { micros: estimated_micros, currency: estimate.currency });
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
