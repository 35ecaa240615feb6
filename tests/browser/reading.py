"""What a page let out: what ran, what was asked of others; and whether names are read as they were typed."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Dialog, Page, ProxySettings, Request

from tests.hostile_names import PAYLOADS

# Everything that would tell of a script that ran, or that was stopped from running at the last moment.
_WATCH = """
  window.violations = [];
  // WebAssembly is asked for by a library of Streamlit on every page, and refused.
  document.addEventListener('securitypolicyviolation', each => each.blockedURI === 'wasm-eval'
    || window.violations.push(each.violatedDirective + ' ' + each.blockedURI + ' ' + each.sample));
"""
_TEXTS = """() => {
  const hidden = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT']);
  return [...document.querySelectorAll('[data-testid=stApp] *')]
    .filter(each => !hidden.has(each.tagName)
      && [...each.childNodes].some(child => child.nodeType === 3 && child.textContent.includes('xq')))
    .map(each => { let whole = each;
      while (whole.parentElement && /^(SPAN|EM|STRONG|CODE|A|DEL|SUB|SUP|MARK|SMALL)$/.test(whole.tagName))
        whole = whole.parentElement;
      return whole.textContent })
}"""
NOWHERE: ProxySettings = {"server": "http://127.0.0.1:9", "bypass": "localhost,127.0.0.1"}
# Tables and charts come a moment after the page they stand on.
_DRAWN = "() => !document.querySelector('[data-testid=stSkeleton]')"
_UNSEEN = re.compile("[\u2060\u200b\u202a-\u202e\u2066-\u2069]")
_MARK = re.compile(r"xq\d\d")
# Keys of fields are made from headings, and hold nothing but small letters, digits and low lines.
_KEY = re.compile(r"\b[a-z][a-z0-9_]*\.[a-z0-9_]*xq\d\d[a-z0-9_]*(?![^\s·,)])")


@dataclass
class Watched:
    """What happened on a page that must not."""

    page: Page
    asked: list[str] = field(default_factory=list[str])
    dialogs: list[str] = field(default_factory=list[str])
    thrown: list[str] = field(default_factory=list[str])

    def executed(self) -> list[str]:
        """Name what ran, or tried to."""
        ran = self.page.evaluate("() => window.canaryX === undefined ? [] : ['canary']")
        return [*ran, *self.page.evaluate("() => window.violations"), *self.dialogs, *self.thrown]

    def misread(self) -> tuple[int, list[str]]:
        """Count how often a hostile name can be read, and name those that are not read as they were typed."""
        self.page.wait_for_function(_DRAWN)
        read, wrong = 0, list[str]()
        for shown in self.page.evaluate(_TEXTS):
            seen, astray = misread_in(shown)
            read += seen
            wrong += astray
        return read, wrong


def misread_in(shown: str) -> tuple[int, list[str]]:
    """Count the marks in a text, and name those around which something else is read than was typed."""
    said = _KEY.sub("", _flat(shown))
    marks = [*_MARK.finditer(said)]
    return len(marks), [f"{mark.group()} in {said[:160]}" for mark in marks if not _whole(said, mark)]


def _whole(said: str, mark: re.Match[str]) -> bool:
    payload = _flat(PAYLOADS[mark.group()])
    for inner in re.finditer(mark.group(), payload):
        start = mark.start() - inner.start()
        rest = said[max(start, 0) :]
        if start >= 0 and (rest.startswith(payload) or payload.startswith(rest.partition("…")[0].rstrip())):
            return True
    return False


def _flat(text: str) -> str:
    return " ".join(_UNSEEN.sub("", text).split())


@contextmanager
def watching(browser: Browser) -> Generator[Watched]:
    """Open a visitor to whom no other computer answers, and note every attempt."""
    # Through a proxy that is not there: to stop each request by itself would also switch the browser's cache off, and
    # every page would load its scripts anew.
    visitor = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="en-US", proxy=NOWHERE)
    page = visitor.new_page()
    watched = Watched(page)

    def asks(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.hostname not in {"localhost", "127.0.0.1"}:
            watched.asked.append(request.url)

    def note(dialog: Dialog) -> None:
        watched.dialogs.append(dialog.message)
        dialog.dismiss()

    visitor.on("request", asks)
    visitor.add_init_script(_WATCH)
    page.on("dialog", note)
    page.on("pageerror", lambda error: watched.thrown.append(str(error)))
    yield watched
    visitor.close()
