"""Finds contacts by what a person types: a key, an e-mail address, a phone number, a name."""

from __future__ import annotations

import re

from segment_engine.db import contacts
from segment_engine.db.session import Database, Transaction
from segment_engine.domain.access import OrganizationContext, Permission, require
from segment_engine.domain.contact import ContactSearch, FoundBy, FoundContact
from segment_engine.domain.folding import BLANKS, fold
from segment_engine.errors import InputError

MOST_FOUND = 20
LONGEST_SEARCH = 200
# Names and phone numbers have no index: measured 0.1 to 0.3 s among a million contacts. Nobody waits longer than this.
SEARCH_SECONDS = 2.0
FEWEST_DIGITS = 5
FEWEST_LETTERS = 2
_DIGITS = re.compile(r"[0-9]")
_PHONE = re.compile(r"[0-9+()./\s-]+")
_BETWEEN_DIGITS = re.compile(r"[^0-9+]")
_ORDER = tuple(FoundBy)


class ContactFinding:
    """The part of `Contacts` that finds one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, context: OrganizationContext, search: str) -> ContactSearch:
        """Find contacts: by their whole key or its beginning, e-mail address or its beginning, phone number, or names.

        Shape: at most 20, the surest first. Keys are exact; in addresses and names letters of either case are alike,
            and each word of the text must begin a word of the first or last name. Of several contacts with one address,
            it leads to the first. Deleted contacts are not found. A blank text finds nothing and searches nowhere.
        Raises: PermissionDenied, InputError for a text of more than 200 characters.
        """
        require(context, Permission.MEMBERS_VIEW)
        text = search.strip(BLANKS)
        if len(text) > LONGEST_SEARCH:
            raise InputError(f"Search for at most {LONGEST_SEARCH} characters.")
        if not text or "\x00" in text:
            return ContactSearch()
        with self._database.transaction(context.organization_id, read_only=True, snapshot=True) as transaction:
            return _Search(transaction, context.organization_id, text).run()


class _Search:
    """One search: cheap ways first, and the dear ones only while nothing is sure."""

    def __init__(self, transaction: Transaction, organization_id: int, text: str) -> None:
        self._transaction = transaction
        self._organization_id = organization_id
        self._text = text
        self._found: dict[int, FoundContact] = {}
        self._searched: list[FoundBy] = []
        self._gave_up = False

    def run(self) -> ContactSearch:
        self._by_key()
        if "@" in self._text:
            self._by_email()
        elif self._is_open():
            self._by_phone()
            if self._is_open():
                self._by_name()
        ranked = sorted(self._found.values(), key=lambda each: _ORDER.index(each.found_by))
        return ContactSearch(
            tuple(ranked[:MOST_FOUND]), len(ranked) > MOST_FOUND, tuple(self._searched), gave_up=self._gave_up
        )

    def _is_open(self) -> bool:
        """Tell whether reading every contact may still say something new: no key fits wholly, and there is room."""
        is_sure = any(each.found_by is FoundBy.KEY for each in self._found.values())
        return not is_sure and len(self._found) <= MOST_FOUND

    def _by_key(self) -> None:
        place = self._transaction, self._organization_id
        number = contacts.by_identity(*place, "key", self._text)
        whole = [] if number is None else contacts.by_numbers(*place, [number], found_by=FoundBy.KEY)
        self._take(FoundBy.KEY, whole)
        self._take(FoundBy.KEY_START, contacts.by_key_start(*place, self._text, limit=MOST_FOUND + 1))

    def _by_email(self) -> None:
        place = self._transaction, self._organization_id
        address = fold(self._text)
        number = contacts.by_identity(*place, "email", address)
        whole = [] if number is None else contacts.by_numbers(*place, [number], found_by=FoundBy.EMAIL)
        self._take(FoundBy.EMAIL, whole)
        numbers = contacts.by_email_start(*place, address, limit=MOST_FOUND + 1)
        self._take(FoundBy.EMAIL_START, contacts.by_numbers(*place, numbers, found_by=FoundBy.EMAIL_START))

    def _by_phone(self) -> None:
        phones = phone_spellings(self._text)
        if phones:
            place = self._transaction, self._organization_id
            limit = MOST_FOUND + 1
            self._take(FoundBy.PHONE, contacts.by_phone(*place, phones, limit=limit, seconds=SEARCH_SECONDS))

    def _by_name(self) -> None:
        words = name_words(self._text)
        if words:
            place = self._transaction, self._organization_id
            limit = MOST_FOUND + 1
            self._take(FoundBy.NAME, contacts.by_name(*place, words, limit=limit, seconds=SEARCH_SECONDS))

    def _take(self, way: FoundBy, found: list[FoundContact] | None) -> None:
        """Keep what one way found; a contact that was found before keeps the surer way."""
        if found is None:
            self._gave_up = True
            return
        self._searched.append(way)
        for each in found:
            self._found.setdefault(each.number, each)


def phone_spellings(text: str) -> list[str]:
    """Give the spellings of a phone number to look for: as typed, and without anything between the digits.

    Shape: empty when the text is none. A leading 00 also stands for +.
    """
    if not _PHONE.fullmatch(text) or len(_DIGITS.findall(text)) < FEWEST_DIGITS:
        return []
    bare = _BETWEEN_DIGITS.sub("", text)
    abroad = [f"+{bare[2:]}"] if bare.startswith("00") else []
    return list(dict.fromkeys([text, bare, *abroad]))


def name_words(text: str) -> list[str]:
    """Give the words to look for in names, the longest first; empty when the text is too short or no name.

    Shape: at most four; a text with more words holds only those that say most.
    """
    words = sorted({word for word in fold(text).split() if word.strip("-'.,")}, key=lambda word: (-len(word), word))
    letters = sum(character.isalpha() for character in text)
    return words[: contacts.MOST_WORDS] if letters >= FEWEST_LETTERS or (letters and not text.isascii()) else []
