"""Settings of the sign-in: which providers vouch for people, at which address, and for how long.

They come from the environment and from `[auth]` in `.streamlit/secrets.toml`; the environment wins. docs/sign-in.md
explains them. Nothing at all means local mode; anything at all must be complete and safe.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from segment_engine.errors import SettingsError
from segment_engine.settings.secret import Secret
from segment_engine.settings.sign_in_values import (
    FEWEST_OF_CLIENT_SECRET,
    FEWEST_OF_COOKIE_SECRET,
    GENERAL_KEYS,
    PROMPTS,
    PROVIDER_KEYS,
    PROVIDER_NAME,
    PROVIDER_PREFIX,
    ValueReader,
    Values,
    Written,
)

CALLBACK = "/oauth2callback"
METADATA = "/.well-known/openid-configuration"
_PROVIDER_KEY = re.compile(rf"{PROVIDER_PREFIX}(?P<name>.+?)_(?P<field>{'|'.join(PROVIDER_KEYS)})")
# What [auth] calls things, and what they are called here.
_GENERAL_OF_FILE = {"redirect_uri": "public_url", "cookie_secret": "cookie_secret", "session_hours": "session_hours"}
_FIELDS_OF_FILE = {
    "issuer": "issuer", "server_metadata_url": "metadata_url", "client_id": "client_id",
    "client_secret": "client_secret", "label": "label",
}  # fmt: skip
_FIELDS_OF_CLIENT = {"scope": "scope", "prompt": "prompt"}


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider people can sign in with.

    Shape: `issuer` is without a slash at its end, and is what the claim of a token must say.
    """

    name: str
    label: str
    issuer: str
    metadata_url: str
    client_id: str
    client_secret: Secret
    scope: str
    prompt: str


@dataclass(frozen=True, slots=True)
class SignInSettings:
    """Everything about the sign-in, checked. Units: `session_hours` from what the token says to when it ends."""

    public_url: str
    cookie_secret: Secret
    session_hours: int
    providers: tuple[Provider, ...]

    @property
    def host(self) -> str:
        """The name under which browsers reach the pages, without the port."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def secure(self) -> bool:
        """Whether browsers reach the pages over https, so that cookies may be kept from anything else."""
        return self.public_url.startswith("https:")

    def secrets(self) -> tuple[str, ...]:
        """Give every secret, so that the log can mask them wherever they turn up."""
        return (self.cookie_secret.reveal(), *(provider.client_secret.reveal() for provider in self.providers))

    def provider(self, name: object) -> Provider | None:
        """Find a provider by its name."""
        return next((provider for provider in self.providers if provider.name == name), None)

    def section(self) -> dict[str, object]:
        """Write the section `auth` that Streamlit reads, in full."""
        general: dict[str, object] = {
            "redirect_uri": self.public_url + CALLBACK,
            "cookie_secret": self.cookie_secret.reveal(),
            "session_hours": self.session_hours,
        }
        return general | {
            provider.name: {
                "label": provider.label,
                "issuer": provider.issuer,
                "server_metadata_url": provider.metadata_url,
                "client_id": provider.client_id,
                "client_secret": provider.client_secret.reveal(),
                "client_kwargs": {"scope": provider.scope, "prompt": provider.prompt},
            }
            for provider in self.providers
        }


def is_sign_in_key(key: str) -> bool:
    """Tell whether a variable of the environment belongs to the sign-in."""
    return key in GENERAL_KEYS or key.startswith(PROVIDER_PREFIX)


def read_sign_in(
    environment: Mapping[str, str], section: Mapping[str, object], problems: list[str]
) -> SignInSettings | None:
    """Put environment and file together, and note every problem; None without any setting of the sign-in."""
    before = len(problems)
    written = _of_file(section, problems) | _of_environment(environment, problems)
    if not written and len(problems) == before:
        return None
    names = sorted({key[0] for key in written if len(key) > 1})
    if not names:
        problems.append(
            "The sign-in has no provider: set SEGMENT_ENGINE_PROVIDER_NAME_ISSUER, …_CLIENT_ID and …_CLIENT_SECRET, or "
            "add a section [auth.name]; without any setting of the sign-in the pages serve this computer only."
        )
    reader = ValueReader(written, problems)
    settings = SignInSettings(
        public_url=_public_url(reader),
        cookie_secret=reader.secret(("cookie_secret",), fewest=FEWEST_OF_COOKIE_SECRET, means="signs the cookies"),
        session_hours=reader.session_hours(),
        providers=tuple(_provider(reader, name) for name in names),
    )
    problems.extend(_between(settings))
    return settings


def sign_in_of(section: Mapping[str, object] | None) -> SignInSettings | None:
    """Read the section `auth` of a running server; None without one. Raises: SettingsError naming every problem."""
    problems: list[str] = []
    settings = None if section is None else read_sign_in({}, section, problems)
    if problems or (section is not None and settings is None):
        raise SettingsError("\n".join(problems) or "The section [auth] is empty; fill it, or remove it.")
    return settings


def _of_environment(environment: Mapping[str, str], problems: list[str]) -> Values:
    found: Values = {}
    for key, value in environment.items():
        match = _PROVIDER_KEY.fullmatch(key)
        if key in GENERAL_KEYS:
            found[(GENERAL_KEYS[key],)] = Written(value, key)
        elif match:
            found[(match["name"].lower(), match["field"].lower())] = Written(value, key)
        elif key.startswith(PROVIDER_PREFIX):
            known = ", ".join(PROVIDER_KEYS)
            problems.append(f"{key} is not a setting; write {PROVIDER_PREFIX}NAME_ and one of {known}, or remove it.")
    return found


def _of_file(section: Mapping[str, object], problems: list[str]) -> Values:
    found: Values = {}
    for key, value in section.items():
        if key in _GENERAL_OF_FILE:
            found[(_GENERAL_OF_FILE[key],)] = Written(value, f"[auth] {key}")
        elif not isinstance(value, Mapping):
            problems.append(
                f"[auth] {key} is not a setting of the sign-in; what belongs to a provider stands in a section "
                "[auth.name], anything else has to go."
            )
        else:
            found |= _of_provider(key, cast("Mapping[str, object]", value), problems)
    return found


def _of_provider(name: str, section: Mapping[str, object], problems: list[str]) -> Values:
    found: Values = {}
    inner = section.get("client_kwargs", {})
    parts = [(section, _FIELDS_OF_FILE, f"[auth.{name}]")]
    if isinstance(inner, Mapping):
        parts.append((cast("Mapping[str, object]", inner), _FIELDS_OF_CLIENT, f"[auth.{name}] client_kwargs"))
    for values, fields, place in parts:
        for key, value in values.items():
            if key in fields:
                found[name, fields[key]] = Written(value, f"{place} {key}")
            elif key != "client_kwargs" or not isinstance(inner, Mapping):
                problems.append(
                    f"{place} {key} is not a setting of a provider; remove it (known: {', '.join(fields)})."
                )
    return found


def _provider(reader: ValueReader, name: str) -> Provider:
    """Read everything about one provider."""
    if not PROVIDER_NAME.fullmatch(name):
        reader.note(f"The provider “{name}” cannot be called so: a name has small letters and digits, no underscore.")
    metadata_url = reader.address((name, "metadata_url"), means="where the provider describes itself")
    issuer = reader.address((name, "issuer"), means="who vouches") or metadata_url.removesuffix(METADATA)
    if not issuer and not (reader.has((name, "issuer")) or reader.has((name, "metadata_url"))):
        reader.missing((name, "issuer"), "the provider's own address, as it stands in its tokens")
    return Provider(
        name=name,
        label=reader.label(name),
        issuer=issuer.rstrip("/"),
        metadata_url=metadata_url or issuer.rstrip("/") + METADATA,
        client_id=reader.client_id(name),
        client_secret=reader.secret(
            (name, "client_secret"), fewest=FEWEST_OF_CLIENT_SECRET, means="proves this application to the provider"
        ),
        scope=reader.scope(name),
        prompt=reader.choice((name, "prompt"), PROMPTS),
    )


def _public_url(reader: ValueReader) -> str:
    """Read the address browsers use, from itself or from the address of the callback."""
    key = ("public_url",)
    url = reader.address(key, means="the address people open")
    if not url:
        if not reader.has(key):
            reader.missing(key, "the address people open, such as https://segments.company.com")
        return ""
    if reader.place(key).startswith("[auth]"):
        if not url.endswith(CALLBACK):
            reader.note(f"{reader.place(key)} must end with {CALLBACK}.")
        url = url.removesuffix(CALLBACK)
    if urlsplit(url).path.strip("/"):
        reader.note(f"{reader.place(key)} must have no path: the pages stand at the top of their address.")
    return url.rstrip("/")


def _between(settings: SignInSettings) -> tuple[str, ...]:
    """Name what is wrong although every value by itself is fine."""
    found: list[str] = []
    issuers = [provider.issuer for provider in settings.providers if provider.issuer]
    if len(set(issuers)) < len(issuers):
        found.append("Two providers have the same issuer: then nobody could tell whose word a sign-in is; keep one.")
    if settings.cookie_secret.reveal() and settings.cookie_secret in {p.client_secret for p in settings.providers}:
        found.append("The cookie secret is also a client secret: who knows one would know both; make a new one.")
    return tuple(found)
