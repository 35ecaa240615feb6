"""The words of the page Cleanup: the reasons, and how candidates are ranked."""

from __future__ import annotations

from segment_engine import CandidateReason

# What stands on the pills and therefore in the address.
REASON_WORDS: dict[CandidateReason, str] = {
    CandidateReason.UNUSED: "Unused",
    CandidateReason.EMPTY: "Empty",
    CandidateReason.NEVER_CALCULATED: "Never calculated",
    CandidateReason.STALE: "Out of date",
    CandidateReason.REVIEW_PAST: "Review past",
    CandidateReason.DUPLICATE: "Same criteria",
    CandidateReason.NEAR_DUPLICATE: "Nearly the same",
    CandidateReason.CONTAINED: "Contained",
}
SCORE = (
    "Ranked by score: a point for each day since the last use, or the creation, at most 365, and ten points for each "
    "minute its runs took in the last 30 days. A segment in use has no points for days."
)
