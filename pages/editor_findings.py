"""What the linter finds, beside the condition it is about. Errors block saving; warnings need a tick."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import streamlit as st

from auth.guard import running_engine
from pages import builder_tree as trees
from pages.builder_drawing import Drawing
from pages.editor_counts import counting, findings_question
from pages.editor_draft import Draft, Reading
from pages.words import plain
from segment_engine import Finding, Level, OrganizationContext

FOUND = "editor.findings"
LOOKS = {
    Level.ERROR: ("red", ":material/error:"), Level.WARN: ("orange", ":material/warning:"),
    Level.NOTE: ("gray", ":material/info:"),
}  # fmt: skip


@dataclass(frozen=True)
class Judgement:
    """What the linter found, by the node each finding is about, and what of it stands in the way of saving.

    Shape: `blocking` are the keys of nodes with an error, `open` those with a warning that nobody ticked. What only the
        data tell is in `told`: it explains and never stands in the way, because it arrives later and
        the next import may change it.
    """

    found: tuple[tuple[str, Finding], ...] = ()
    accepted: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()

    @property
    def blocking(self) -> list[str]:
        """Keys of nodes with an error."""
        return _keys(key for key, each in self.found if each.level is Level.ERROR and _mark(each) not in self.told)

    @property
    def open(self) -> list[str]:
        """Keys of nodes with a warning that was not accepted."""
        return _keys(key for key, each in self.found if self.needs_tick(each) and not self.is_accepted(each))

    @property
    def codes(self) -> frozenset[str]:
        """Codes of the warnings all of which were accepted: what saving passes on."""
        warned = [each for _, each in self.found if self.needs_tick(each)]
        refused = {each.code for each in warned if not self.is_accepted(each)}
        return frozenset(each.code for each in warned) - refused

    def needs_tick(self, finding: Finding) -> bool:
        """Tell whether a person has to accept this before saving."""
        return finding.level is Level.WARN and _mark(finding) not in self.told

    def is_accepted(self, finding: Finding) -> bool:
        """Tell whether a person ticked this warning, or accepted its code in the version before."""
        return bool({_mark(finding), finding.code} & self.accepted)


def _keys(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(keys))


def _mark(finding: Finding) -> str:
    """Tell findings apart by what and where they are: their sentences change with the figures in them."""
    return f"{finding.code}|{finding.path}"


def judge(context: OrganizationContext, draft: Draft, reading: Reading) -> Judgement:
    """Let the linter judge criteria that are complete: at once by what they say, and by the data when that was read."""
    if reading.criteria is None:
        return Judgement(accepted=draft.accepted)
    question = findings_question(context, reading)
    at_once = _at_once(question, context, draft, reading)
    found = counting().findings.answer_to(question) or at_once
    told = frozenset(map(_mark, found)) - frozenset(map(_mark, at_once))
    places = trees.places_by_path(draft.root)
    return Judgement(tuple((trees.owner(places, each.path, draft.root), each) for each in found), draft.accepted, told)


def _at_once(question: str, context: OrganizationContext, draft: Draft, reading: Reading) -> tuple[Finding, ...]:
    """Judge by the tree alone; the same criteria are judged once."""
    held: tuple[str, tuple[Finding, ...]] | None = st.session_state.get(FOUND)
    if held is None or held[0] != question:
        segments = running_engine().segments
        findings = segments.lint(context, reading.document, segment_id=draft.segment_id, informed=False)
        held = st.session_state[FOUND] = (question, findings)
    return held[1]


def show_findings(draft: Draft, judgement: Judgement, drawing: Drawing) -> Draft:
    """Write every finding where it belongs, with a tick for each warning. Gives the draft with the ticks."""
    ticks = set(draft.accepted)
    for place, (key, finding) in enumerate(judgement.found):
        slot = drawing.slots.get(trees.shown_owner(draft.root, key))
        if slot is not None:
            with slot, st.container(horizontal=True, vertical_alignment="center", gap="small"):
                _say(finding)
                if not judgement.needs_tick(finding):
                    continue
                ticked = _tick(finding, accepted=judgement.is_accepted(finding), place=f"{key}.{place}")
            ticks = ticks | {_mark(finding)} if ticked else ticks - {_mark(finding), finding.code}
    return draft if frozenset(ticks) == draft.accepted else replace(draft, accepted=frozenset(ticks))


def _say(finding: Finding) -> None:
    color, icon = LOOKS[finding.level]
    said = plain(f"{finding.sentence} {finding.fix or ''}".strip())
    st.markdown(f":{color}[{icon}] {said}", width="stretch")


def _tick(finding: Finding, *, accepted: bool, place: str) -> bool:
    return st.checkbox(
        "Keep it so", accepted, key=f"editor.accept.{place}.{finding.code}", width="content",
        help="A warning does not stop the saving once somebody has read it and ticked it.",
    )  # fmt: skip
