"""What is agreed about a source: how often it delivers; and the guided renaming of its fields."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from auth.guard import current_context, running_engine
from pages.parts import action, emphasis, flash
from pages.source_users import users
from pages.source_words import span, users_of
from pages.words import counted, plain
from segment_engine import OrganizationContext, Permission, RenamePlan, SourceCard, SourceField, refusal
from segment_engine.errors import InputError

CHOSEN = "d_rename"
_HOURS, _WATCH = "d_hours", "d_watch"
_NAME, _LABEL = "d_new_key", "d_new_label"
USUAL_HOURS = 26
MOST_HOURS = 24 * 366


def settings(context: OrganizationContext, source: SourceCard) -> None:
    """Draw the tab."""
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _limits(context, source)
    with right:
        _renaming(context, source)


# Limits ------------------------------------------------------------------------------------------------------------


def _limits(context: OrganizationContext, source: SourceCard) -> None:
    may = context.may(Permission.SOURCES_MANAGE)
    why = None if may else refusal(context, Permission.SOURCES_MANAGE)
    hours = source.stale_after_hours
    with st.container(border=True, gap="small"):
        st.subheader("Deliveries", anchor=False)
        agreed = "Nobody watches whether it delivers." if hours is None else f"Late after {span(hours)} without import."
        st.text(f"{agreed} Segments that read a late source are to be used with care.")
        kept = f"{source.source_id}.{hours}"
        watched = st.toggle(
            "Say when it is late", value=hours is not None, key=f"{_WATCH}.{kept}", disabled=not may, help=why
        )
        chosen = st.number_input(
            "Late after so many hours", 1, MOST_HOURS, hours or USUAL_HOURS, key=f"{_HOURS}.{kept}",
            disabled=not may or not watched, help=why,
        )  # fmt: skip
        wanted = int(chosen) if watched else None
        st.button(
            "Save", type=emphasis(), on_click=_save, args=(source.source_id, wanted), help=why, key="d_save_limits",
            disabled=not may or wanted == hours,
        )  # fmt: skip


@action
def _save(source_id: UUID, hours: int | None) -> None:
    saved = running_engine().sources.set_limits(current_context(), source_id, stale_after_hours=hours)
    agreed = "is not watched any more" if hours is None else f"is late after {span(hours)} without an import"
    flash(f"{saved.name} {agreed}.")


# Renaming ----------------------------------------------------------------------------------------------------------


def _renaming(context: OrganizationContext, source: SourceCard) -> None:
    found = running_engine().sources.fields(context, source.source_id)
    with st.container(border=True, gap="small"):
        st.subheader("Rename a field", anchor=False)
        if not found:
            st.text("This source has no fields.")
            return
        may = context.may(Permission.SOURCES_MANAGE)
        why = None if may else refusal(context, Permission.SOURCES_MANAGE)
        st.text("A field is found for ever under every name it had, so a new name breaks nothing.")
        chosen = st.selectbox(
            "Field", [each.field.key for each in found], key=CHOSEN, bind="query-params", disabled=not may, help=why
        )
        field = next(each for each in found if each.field.key == chosen)
        new_key, new_label = _wanted(field, disabled=not may, why=why)
        if not may or (new_key, new_label) == (field.field.key, field.field.label):
            st.button("Rename", disabled=True, help=why or "Write another name or label first.", key="d_rename_none")
            return
        try:
            plan = running_engine().sources.plan_rename(context, field.field.key, new_key=new_key, new_label=new_label)
        except InputError as problem:
            st.error(plain(str(problem)), icon=":material/error:")
            return
        _confirm(plan)


def _wanted(found: SourceField, *, disabled: bool, why: str | None) -> tuple[str, str]:
    """Ask for the second part of the key and for the label; both begin as they are."""
    field = found.field
    prefix, _, name = field.key.partition(".")
    # A new field to rename is a new pair of boxes: a box keeps what was typed for the one before.
    typed = st.text_input(
        f"Name, after “{prefix}.”", value=name, key=f"{_NAME}.{field.key}", max_chars=63, disabled=disabled, help=why
    )
    label = st.text_input(
        "Label, as people read it", value=field.label, key=f"{_LABEL}.{field.key}", max_chars=200, disabled=disabled,
        help=why,
    )  # fmt: skip
    if found.aliases:
        st.caption(plain(f"It was called {', '.join(found.aliases)} before."))
    return f"{prefix}.{typed.strip()}", " ".join(label.split())


def _confirm(plan: RenamePlan) -> None:
    """Show what changes and what does not, with numbers, before anything happens."""
    changes = [f"The field {plan.key} is called {plan.new_key}."] if plan.key != plan.new_key else []
    changes += [f"People read “{plan.new_label}” instead of “{plan.label}”."] if plan.label != plan.new_label else []
    st.markdown("**What will change**")
    for change in (*changes, "Sentences, findings and new imports use the new name."):
        st.text(f"• {change}")
    st.markdown("**What will not**")
    kept = users_of(plan.used_by) or "Nothing that uses it, because nothing does"
    st.text(f"• {kept}: criteria, past versions and runs stay as they were saved, and mean the same.")
    st.text("• Members: nothing is recalculated because of it, and nobody joins or leaves.")
    so_far = counted(plan.import_count, "import", "imports")
    st.text(f"• Files with the old column name: they still fill it, as in {so_far} so far.")
    users(plan.used_by, nobody="No segment names this field.", key="rename")
    count = users_of(plan.used_by)
    st.button(
        f"Rename, used by {count}" if count else "Rename", type=emphasis(), icon=":material/edit:", key="d_rename_do",
        on_click=_rename, args=(plan.key, plan.new_key, plan.new_label),
    )  # fmt: skip


@action
def _rename(key: str, new_key: str, new_label: str) -> None:
    done = running_engine().sources.rename_field(current_context(), key, new_key=new_key, new_label=new_label)
    # The address still holds the old key, which is no choice any more.
    st.session_state[CHOSEN] = done.new_key
    if st.session_state.get("d_field") == done.key:
        st.session_state["d_field"] = done.new_key
    also = f" {done.key} still leads to it." if done.key != done.new_key else ""
    flash(f"The field is called {done.new_label} ({done.new_key}) now.{also}")
