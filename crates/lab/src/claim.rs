//! What is expected, and whether it came so.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Estimate;

/// What is expected of a measurement before it is made: that a number, the effect, is above another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim {
    /// In words.
    pub says: &'static str,
    /// Which number it is about.
    pub effect: &'static str,
    /// What it has to be above.
    pub above: f64,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval is above what was claimed.
    Reproduced,
    /// It holds what was claimed, or is not known.
    Undecided,
    /// The whole interval is below.
    NotReproduced,
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Reproduced => "reproduced",
            Self::Undecided => "undecided",
            Self::NotReproduced => "not reproduced",
        })
    }
}

impl Claim {
    /// What the claim is worth, now that the effect is known.
    pub fn judge(&self, effect: Estimate) -> Verdict {
        match (effect.low, effect.high) {
            (Some(low), _) if low > self.above => Verdict::Reproduced,
            (_, Some(high)) if high <= self.above => Verdict::NotReproduced,
            _ => Verdict::Undecided,
        }
    }
}

/// A claim with what was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// In words.
    pub says: &'static str,
    /// Which number it is about.
    pub effect: &'static str,
    /// What it had to be above.
    pub above: f64,
    /// What it is.
    pub found: Estimate,
    /// What follows.
    pub verdict: Verdict,
}

impl Judgement {
    /// Of a claim.
    pub fn of(claim: &Claim, found: Estimate) -> Self {
        Self {
            says: claim.says,
            effect: claim.effect,
            above: claim.above,
            found,
            verdict: claim.judge(found),
        }
    }
}

/// The verdict over several claims: the worst of theirs.
pub(crate) fn overall(judgements: &[Judgement]) -> Verdict {
    let verdicts = judgements.iter().map(|judgement| judgement.verdict);
    verdicts.max().unwrap_or(Verdict::Undecided)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_decides() {
        let claim = Claim {
            says: "it grows",
            effect: "growth",
            above: 0.0,
        };
        let found = |low, high| Estimate {
            value: 0.5,
            low,
            high,
        };
        assert_eq!(
            claim.judge(found(Some(0.1), Some(0.9))),
            Verdict::Reproduced
        );
        assert_eq!(
            claim.judge(found(Some(-0.1), Some(0.9))),
            Verdict::Undecided
        );
        assert_eq!(
            claim.judge(found(Some(-0.9), Some(-0.1))),
            Verdict::NotReproduced
        );
        assert_eq!(claim.judge(found(None, None)), Verdict::Undecided);
    }

    #[test]
    fn one_claim_that_fails_decides_over_all() {
        let claim = Claim {
            says: "it grows",
            effect: "growth",
            above: 0.0,
        };
        let judged = |value| Judgement::of(&claim, Estimate::exact(value));
        assert_eq!(overall(&[judged(1.0), judged(2.0)]), Verdict::Reproduced);
        assert_eq!(
            overall(&[judged(1.0), judged(-1.0)]),
            Verdict::NotReproduced
        );
        assert_eq!(overall(&[]), Verdict::Undecided);
    }
}
