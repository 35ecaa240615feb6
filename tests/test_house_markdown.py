"""No page lets Streamlit read as Markdown what a person typed: followed through the source, for every element."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from tests.markdown_reading import ELEMENTS, Pages
from tests.sources import calls, name_of, python_files

# Texts that are followed too far, each with the reason why they are none of people.
EXCEPTIONS = {
    ("pages/segments_filters.py", "options.words"): "closed lists; tags, owners and sources go into a multiselect, "
    "which shows its options as they are",
    ("pages/segment_engagement.py", "st.text_input(…)"): "another method has the name of the one that writes a rate",
    ("pages/source_settings.py", "field.key"): "what stands before the dot of a key: letters, digits and underscores",
}
UNESCAPED_AT_LEAST = 140
HARMLESS = (
    "container space columns grid dataframe json empty skeleton vega_lite_chart fragment rerun switch_page stop "
    "navigation logo set_page_config cache_resource get_option login logout"
)


def test_what_people_typed_is_escaped_everywhere() -> None:
    """Names, labels, searches, errors: each reaches a label, a help or a message through `plain()` (D1, D2)."""
    found = {(finding.where.partition(":")[0], finding.text): finding for finding in Pages().findings()}
    assert [finding for known, finding in found.items() if known not in EXCEPTIONS] == []
    assert set(EXCEPTIONS) <= set(found), "an exception that is needed no more would hide the next one"


def test_the_search_for_unescaped_texts_has_teeth() -> None:
    """If `plain()` did nothing, the same search would find the texts in their hundreds."""
    places = {(finding.where, finding.element) for finding in Pages(escape=None).findings()}
    assert len(places) >= UNESCAPED_AT_LEAST


def test_badges_escape_their_own_way() -> None:
    """Streamlit escapes the brackets of a badge itself; escaped twice they would show backslashes."""
    for path in python_files("app.py", "pages"):
        for name, call in calls(path):
            if name.endswith(".badge") and call.args:
                assert "plain(" not in ast.unparse(call.args[0]), f"{name_of(path)}:{call.lineno}"


WAYS = (
    "st.title(segment.name)",
    "words = f'Of {segment.name}'\nst.caption(words.strip())",
    "for place, tag in enumerate(found.tags):\n    st.badge('x', help=tag)",
    "def tile(label, about):\n    st.metric(label, about)\ntile('Name', segment.owner.name)",
    "def sentence(each):\n    return 'Of ' + each.description\nst.error(sentence(segment))",
    "try:\n    act()\nexcept ValueError as problem:\n    st.error(str(problem))",
    "search = st.text_input('Search', key='q')\nst.caption(f'Nothing fits {search}')",
    "st.info(st.query_params.get('id', ''))",
    "held = st.session_state\nst.subheader(held['name'])",
    "st.pills('Tag', [tag for tag in found.tags])",
    "st.radio('One', found, format_func=lambda each: each.name)",
    "st.tabs([each.label for each in found])",
    "st.column_config.TextColumn('Name', help=field.label)",
    "step = st.container()\nstep.page_link(page('x'), label=segment.name)",
    "st.markdown(PATTERN.sub('', segment.name))",
)


@pytest.mark.parametrize("number", range(len(WAYS)))
def test_every_way_to_an_element_is_followed(number: int) -> None:
    """Variables, loops, parameters, answers, errors, fields, addresses and state: an unescaped text is seen on each."""
    probe = "def render(context, segment, found, field):\n" + indent(WAYS[number], "    ")
    assert len([*Pages({"probe.py": probe}).findings()]) == 1


def test_every_element_in_use_is_known() -> None:
    """An element that the pages begin to use is looked at first: whether it reads Markdown, and where."""
    used = {
        name.removeprefix("st.")
        for path in python_files("app.py", "pages", "auth")
        for name, _call in calls(path)
        if name.startswith("st.") and name.count(".") == 1 and name[3].islower()
    }
    assert used <= set(ELEMENTS) | set(HARMLESS.split())


def test_no_cell_reads_markdown_and_no_link_is_typed() -> None:
    """Cells of tables are text, in every table; a link leads to a page of ours, whoever named it."""
    refused = {"MarkdownColumn", "LinkColumn", "ImageColumn", "html", "iframe", "mermaid_chart"}
    for path in python_files("pages"):
        assert refused.isdisjoint({name.rpartition(".")[2] for name, _call in calls(path)}), name_of(path)
