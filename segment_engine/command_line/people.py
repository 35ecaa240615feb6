"""Commands around people: person, seat and invite. The first administrator of an organization comes in this way."""

from __future__ import annotations

import argparse
from typing import Any

from segment_engine.command_line.opening import Opened, add_organization, opened_databases, opened_engine
from segment_engine.command_line.output import Output
from segment_engine.domain.access import Identity, Role
from segment_engine.domain.people import INVITATION_DAYS
from segment_engine.settings import Settings
from segment_engine.use_cases.installation import Installation

ROLES = [role.value for role in Role]


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add person list, disable, enable and sign-out; seat give, take and list; invite."""
    person = commands.add_parser("person", help="people of the installation").add_subparsers(
        dest="action", required=True
    )
    person.add_parser("list", parents=[shared], help="everybody who ever came").set_defaults(act=_people)
    for name, act, about in (
        ("disable", _disable, "shut somebody out, from the next click on"),
        ("enable", _enable, "let somebody in again"),
        ("sign-out", _sign_out, "end every sign-in of somebody"),
    ):
        one = person.add_parser(name, parents=[shared], help=about)
        one.set_defaults(act=act)
        _add_identity(one)
    _add_seats(commands, shared)
    invite = commands.add_parser("invite", parents=[shared], help="let a seat wait for a verified e-mail address")
    invite.add_argument("email")
    invite.add_argument("--role", choices=ROLES, required=True)
    invite.add_argument("--days", type=int, default=INVITATION_DAYS, help=f"open for so long; {INVITATION_DAYS}")
    add_organization(invite)
    invite.set_defaults(act=_invite)


def _add_seats(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - as above
    seat = commands.add_parser("seat", help="who may enter an organization").add_subparsers(
        dest="action", required=True
    )
    give = seat.add_parser("give", parents=[shared], help="give a seat, or another role")
    give.add_argument("--role", choices=ROLES, required=True)
    give.add_argument("--name", help="what to call the person until they sign in")
    give.set_defaults(act=_give)
    take = seat.add_parser("take", parents=[shared], help="end a seat")
    take.set_defaults(act=_take)
    for one in (give, take):
        _add_identity(one)
        add_organization(one)
    listed = seat.add_parser("list", parents=[shared], help="who holds a seat, and who is invited")
    add_organization(listed)
    listed.set_defaults(act=_seats)


def _add_identity(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--issuer", required=True, help="who vouches for the person, such as https://id.example.org")
    parser.add_argument("--subject", required=True, help="what the issuer calls the person (the claim sub)")


def _identity(arguments: argparse.Namespace) -> Identity:
    return Identity(arguments.issuer, arguments.subject, getattr(arguments, "name", None))


def _people(_arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_databases(settings) as databases:
        found = Installation(databases.owner).everybody()
    output.table(
        [
            {
                "issuer": each.issuer,
                "subject": each.subject,
                "name": each.display_name,
                "email": each.email,
                "seats": ", ".join(f"{name} ({role.value})" for name, role in each.seats),
                "last_signed_in_at": each.last_signed_in_at,
                "disabled_at": each.disabled_at,
            }
            for each in found
        ]
    )
    return 0


def _disable(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_databases(settings) as databases:
        changed = Installation(databases.owner).disable(_identity(arguments))
    output.record({"subject": arguments.subject, "disabled": True, "changed": changed})
    return 0


def _enable(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_databases(settings) as databases:
        changed = Installation(databases.owner).enable(_identity(arguments))
    output.record({"subject": arguments.subject, "disabled": False, "changed": changed})
    return 0


def _sign_out(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_databases(settings) as databases:
        Installation(databases.owner).sign_out(_identity(arguments))
    output.record({"subject": arguments.subject, "signed_out": True})
    return 0


def _give(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        role = Role(arguments.role)
        Installation(opened.databases.owner).give_seat(opened.context.organization_id, _identity(arguments), role)
        output.record(_seat_words(opened, arguments, role.value))
    return 0


def _take(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        Installation(opened.databases.owner).take_seat(opened.context.organization_id, _identity(arguments))
        output.record(_seat_words(opened, arguments, None))
    return 0


def _seat_words(opened: Opened, arguments: argparse.Namespace, role: str | None) -> dict[str, object]:
    return {
        "organization": opened.context.organization_name,
        "issuer": arguments.issuer,
        "subject": arguments.subject,
        "role": role,
    }


def _seats(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        holders = opened.engine.people.find(opened.context)
        invited = opened.engine.people.invitations(opened.context)
    held = [
        {
            "name": each.name, "role": each.role.value, "email": each.email, "issuer": each.issuer,
            "subject": each.subject, "since": each.since, "state": "disabled" if each.disabled_at else "seat",
        }
        for each in holders
    ]  # fmt: skip
    waiting = [
        {
            "name": each.email, "role": each.role.value, "email": each.email, "issuer": None, "subject": None,
            "since": each.created_at,
            "state": f"invitation {each.state.value}, until {each.expires_at:%Y-%m-%d %H:%M} UTC",
        }
        for each in invited
    ]  # fmt: skip
    output.table([*held, *waiting])
    return 0


def _invite(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        made = opened.engine.people.invite(
            opened.context, arguments.email, Role(arguments.role), days=arguments.days
        )  # fmt: skip
    output.record(
        {
            "organization": opened.context.organization_name,
            "email": made.email,
            "role": made.role.value,
            "expires_at": made.expires_at,
        }
    )
    return 0
