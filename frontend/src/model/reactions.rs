//! What people did with a campaign's messages, counted; who answered and what failed is beside the funnel.

use wire::CampaignReport;

use super::progress;
use crate::t;

/// One number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// What it is.
    pub name: &'static str,
    /// How many.
    pub count: u64,
    /// How many that is of those it is a part of; empty where that is unknown.
    pub share: String,
    /// The hook for tests.
    pub test_id: &'static str,
}

/// The numbers of a report; `percent` writes a share as the reader does. Link opens only where there are links.
pub fn reactions(report: &CampaignReport, has_links: bool, percent: impl Fn(f64) -> String) -> Vec<Reaction> {
    let funnel = &report.funnel;
    let of_delivered = |count: u64| match funnel.delivered {
        0 => String::new(),
        delivered => t::share_of_delivered(&percent(progress::percent(count, delivered))),
    };
    let reaction = |name, count, share, test_id| Reaction { name, count, share, test_id };
    let opens = reaction(t::link_opens(), report.link_opens, String::new(), "reaction-opens");
    let opens = (has_links || report.link_opens > 0).then_some(opens);
    let of_clicked = of_delivered(funnel.clicked);
    let clicked = reaction(t::stage_clicked(), funnel.clicked, of_clicked, "reaction-clicked");
    let of_opted_out = of_delivered(report.opted_out);
    let opted_out = reaction(t::stage_opted_out(), report.opted_out, of_opted_out, "reaction-opted-out");
    std::iter::once(clicked).chain(opens).chain([opted_out]).collect()
}

#[cfg(test)]
mod tests {
    use wire::{CampaignId, CampaignStatus, CampaignTotals, Funnel, FunnelRates, PaceReport, Spending, TimelineReport};

    use super::*;

    fn report() -> CampaignReport {
        CampaignReport {
            campaign_id: CampaignId("c".into()),
            name: String::new(),
            status: CampaignStatus::Processing,
            started_at: None,
            last_outcome_at: None,
            funnel: Funnel { audience: 100, accepted: 80, delivered: 50, read: 20, replied: 5, clicked: 10 },
            rates: FunnelRates::default(),
            totals: CampaignTotals { audience: 100, ..CampaignTotals::default() },
            opted_out: 1,
            link_opens: 0,
            timeline: TimelineReport::default(),
            failures: Vec::new(),
            skipped: Vec::new(),
            variants: Vec::new(),
            chunks: Vec::new(),
            countries: Vec::new(),
            pace: PaceReport::default(),
            spending: Spending::default(),
        }
    }

    fn told(report: &CampaignReport, has_links: bool) -> Vec<(&'static str, u64, String)> {
        let all = reactions(report, has_links, |share| format!("{share}%"));
        all.into_iter().map(|one| (one.name, one.count, one.share)).collect()
    }

    #[test]
    fn each_number_has_its_share_where_there_is_one() {
        let expected = [
            ("Tapped a button or link", 10, "20% of delivered".to_owned()),
            ("Opted out", 1, "2% of delivered".to_owned()),
        ];
        assert_eq!(told(&report(), false), expected);
    }

    #[test]
    fn a_few_of_many_are_not_told_as_none_and_of_nobody_there_is_no_share() {
        let many = Funnel { delivered: 10_000, ..report().funnel };
        let of_many = CampaignReport { funnel: many, opted_out: 4, ..report() };
        assert_eq!(told(&of_many, false)[1].2, "0.1% of delivered");
        let none = CampaignReport { funnel: Funnel { delivered: 0, ..report().funnel }, ..report() };
        assert_eq!(told(&none, false)[0].2, "");
    }

    #[test]
    fn openings_are_told_of_campaigns_with_links() {
        assert_eq!(told(&report(), true)[1], ("Link opens", 0, String::new()));
        let opened = CampaignReport { link_opens: 7, ..report() };
        assert_eq!(told(&opened, false)[1].1, 7);
    }
}
