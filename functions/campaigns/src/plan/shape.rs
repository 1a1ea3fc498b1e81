//! The shape of a plan, for drawing: stretches in which messages leave one after another, and the waits between them.

use wire::WaitReason;

use super::walk::{Foreseen, Walk};
use super::{Cursor, Plan};
use crate::job::beyond_pace;

/// Messages that follow each other at their pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// When its first message is due, in microseconds as the cursor has them.
    pub from_micros: i64,
    /// When its last message is due.
    pub to_micros: i64,
    /// Its first recipient.
    pub first_index: u64,
    /// Its last recipient.
    pub last_index: u64,
    /// Why it did not begin before.
    pub wait: WaitReason,
}

impl Stretch {
    fn take_in(&mut self, next: &Stretch) {
        self.to_micros = next.to_micros;
        self.last_index = next.last_index;
    }
}

impl Plan {
    /// The plan from a cursor on in at most `most` stretches (at least one): where there are more, those with the
    /// shortest waits between them are drawn as one.
    pub fn shape(&self, from: Cursor, foreseen: Option<Foreseen>, most: usize) -> Vec<Stretch> {
        let most = most.max(1);
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut walk = Walk::new(self, foreseen);
        let mut step = walk.place(from, WaitReason::Pace);
        while step.at.index < self.recipients {
            let Cursor { index, due_at_micros } = step.at;
            let alone = Stretch {
                from_micros: due_at_micros,
                to_micros: due_at_micros,
                first_index: index,
                last_index: index,
                wait: step.wait,
            };
            match stretches.last_mut() {
                Some(last) if is_plain(step.wait) => last.take_in(&alone),
                Some(_) | None => stretches.push(alone),
            }
            if stretches.len() > 2 * most {
                stretches = coarser(stretches, most);
            }
            step = walk.after(step.at);
        }
        coarser(stretches, most)
    }
}

fn is_plain(wait: WaitReason) -> bool {
    beyond_pace(wait).is_none() && wait != WaitReason::Chunk
}

/// At most `most` stretches: the longest waits between them stay.
fn coarser(stretches: Vec<Stretch>, most: usize) -> Vec<Stretch> {
    if stretches.len() <= most {
        return stretches;
    }
    let mut waits: Vec<(i64, usize)> =
        stretches.windows(2).enumerate().map(|(at, pair)| (pair[1].from_micros - pair[0].to_micros, at + 1)).collect();
    waits.sort_by_key(|(wait, at)| (std::cmp::Reverse(*wait), *at));
    let mut kept: Vec<usize> = waits.into_iter().take(most - 1).map(|(_, at)| at).collect();
    kept.sort_unstable();
    let mut out: Vec<Stretch> = Vec::with_capacity(most);
    for (at, stretch) in stretches.into_iter().enumerate() {
        match out.last_mut() {
            Some(last) if kept.binary_search(&at).is_err() => last.take_in(&stretch),
            Some(_) | None => out.push(stretch),
        }
    }
    out
}
