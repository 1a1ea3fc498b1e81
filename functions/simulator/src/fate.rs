//! What chance does to one send, by the manners: drawn from the seed and the message's sequence.

use crate::arrival::{Named, Pricing};
use crate::behaviour::{Behaviour, Reply, Step};
use crate::dice::Dice;
use crate::errors::ErrorCode;
use crate::manners::Manners;

/// Keeps these dice apart from those of the plan.
const SALT: u64 = 0x000F_A7E5;
/// The refusals that say "later".
const REFUSALS: [ErrorCode; 5] = [
    ErrorCode::RATE_LIMIT_HIT,
    ErrorCode::ACCOUNT_RATE_LIMIT,
    ErrorCode::UNAVAILABLE,
    ErrorCode::SOMETHING_WENT_WRONG,
    ErrorCode::OVERLOADED,
];

/// What was drawn.
#[derive(Debug, Clone)]
pub(crate) struct Fate {
    pub(crate) behaviour: Behaviour,
    /// Refused before anything else is looked at.
    pub(crate) refusal: Option<ErrorCode>,
    /// Accepted, and failed with this code, whatever the behaviour says.
    pub(crate) failure: Option<ErrorCode>,
    pub(crate) named: Option<Named>,
}

/// Draws for the message with this sequence to somebody with this behaviour.
pub(crate) fn fate(manners: &Manners, behaviour: Behaviour, pricing: Pricing, (seed, sequence): (u64, u64)) -> Fate {
    let mut fate = Fate { behaviour, refusal: None, failure: None, named: None };
    if manners.is_certain() || !behaviour.last_four.is_empty() {
        return fate;
    }
    // Every number is drawn every time, so that one share does not move the others.
    let mut dice = Dice::new(seed, SALT, sequence);
    let (refused, which) = (dice.share(), dice.below(REFUSALS.len() as u64));
    let (outcome, answer, unread, username) = (dice.share(), dice.share(), dice.share(), dice.share());
    if refused < manners.refusal_share {
        fate.refusal = usize::try_from(which).ok().and_then(|which| REFUSALS.get(which)).copied();
    }
    if unread < manners.never_read_share {
        fate.behaviour.steps = &[Step::Sent, Step::Delivered];
    }
    if answer < manners.server_error_after_accept_share {
        fate.behaviour.reply = Reply::AcceptThenError;
    } else if answer < manners.server_error_after_accept_share + manners.held_share {
        fate.behaviour.reply = Reply::Hold;
    }
    let marketing = matches!(pricing, Pricing::Marketing | Pricing::MarketingLite);
    let of_marketing = |share: f64| if marketing { share } else { 0.0 };
    let capped = manners.undeliverable_share + of_marketing(manners.marketing_cap_share);
    if outcome < manners.undeliverable_share {
        fate.behaviour.steps = &[Step::Failed(ErrorCode::UNDELIVERABLE)];
    } else if outcome < capped {
        fate.behaviour.steps = &[Step::Failed(ErrorCode::ECOSYSTEM)];
    } else if outcome < capped + of_marketing(manners.experiment_share) {
        fate.behaviour.steps = &[Step::Failed(ErrorCode::EXPERIMENT)];
    }
    if username < manners.username_share {
        fate.named = Some(Named::ByUserId);
    }
    fate
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::{ORDINARY, behaviour_of};
    use crate::manners::Profile;

    #[test]
    fn shares_are_kept_and_marketing_alone_is_capped() {
        let manners = Profile::Realistic.manners(&Manners::default());
        let failed = |pricing: Pricing, code: ErrorCode| {
            let fates = (1..20_001).map(|sequence| fate(&manners, ORDINARY, pricing, (1, sequence)));
            fates.filter(|fate| fate.behaviour.steps == [Step::Failed(code)]).count()
        };
        assert!((300..500).contains(&failed(Pricing::Marketing, ErrorCode::UNDELIVERABLE)));
        assert!((140..260).contains(&failed(Pricing::Marketing, ErrorCode::ECOSYSTEM)));
        assert_eq!(failed(Pricing::Utility, ErrorCode::ECOSYSTEM), 0);
    }

    #[test]
    fn the_table_of_recipients_stands_above_chance() {
        let manners = Manners { undeliverable_share: 1.0, ..Manners::default() };
        let row = *behaviour_of("12125550191");
        assert_eq!(fate(&manners, row, Pricing::Marketing, (1, 1)).behaviour.steps, row.steps);
    }
}
