//! Where the workspace wants somebody to agree to the price first: nothing starts, and nothing gets its time, without
//! `confirmedPrice` of at least what is estimated now.

use axum::response::{IntoResponse, Response};
use campaigns::rates::{amount, parse_amount};
use http::StatusCode;
use wire::{FieldError, Problem};

use super::problem::{ApiError, Refusal};
use crate::App;
use crate::spending;
use crate::storage::campaigns::CampaignRecord;
use crate::storage::settings::{self, Switch};

/// The stable name of the refusal.
const NOT_CONFIRMED: &str = "priceNotConfirmed";

/// What came of asking.
pub(super) enum Checked {
    /// It may go on; what it is estimated to cost, in millionths.
    Fine {
        /// Of the rate card's currency.
        estimated_micros: u64,
    },
    /// It may not: the answer.
    Refused(Box<Response>),
}

/// Looks what the campaign would cost, and whether somebody agreed to it.
pub(super) async fn check(app: &App, record: &CampaignRecord, confirmed: Option<&str>) -> Result<Checked, ApiError> {
    let confirmed = confirmed.map(parse_amount).transpose();
    let confirmed = confirmed.map_err(|wrong| Refusal::field("confirmedPrice", wrong.to_string()))?;
    let (estimated_micros, estimate) = spending::estimate(app, record).await?;
    let is_asked = settings::read(app, record.workspace_id).await?.confirm_price == Switch::On;
    if !is_asked || confirmed.is_some_and(|confirmed| confirmed >= estimated_micros) {
        return Ok(Checked::Fine { estimated_micros });
    }
    let not_priced: u64 = estimate.not_priced.iter().map(|line| line.messages).sum();
    let beside = match not_priced {
        0 => String::new(),
        some => format!(", and {some} messages to countries without a rate"),
    };
    let price = format!("{} {}", estimate.currency, amount(estimated_micros));
    let detail =
        format!("the campaign is estimated to cost {price}{beside}: agree with confirmedPrice of at least that");
    Ok(Checked::Refused(Box::new(refusal(detail, &estimate.total))))
}

fn refusal(detail: String, total: &str) -> Response {
    let problem = Problem {
        kind: NOT_CONFIRMED.to_owned(),
        title: "Somebody must agree to the price first.".to_owned(),
        status: StatusCode::CONFLICT.as_u16(),
        detail,
        request_id: None,
        errors: vec![FieldError { field: "confirmedPrice".to_owned(), message: total.to_owned() }],
    };
    let mut response = StatusCode::CONFLICT.into_response();
    response.extensions_mut().insert(problem);
    response
}
