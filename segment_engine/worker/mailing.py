"""Sends one e-mail through the mail server of the settings: encrypted, plain text, with headers that stay headers."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from segment_engine.domain.messages import one_line
from segment_engine.errors import DeliveryFailed

TIMEOUT_SECONDS = 15.0
_GONE_FOR_GOOD = range(500, 600)


@dataclass(frozen=True, slots=True, repr=False)
class MailServer:
    """A mail server: `smtp://` begins in the clear and changes to TLS (STARTTLS), `smtps://` is encrypted at once.

    Shape: only a server on this computer may go without encryption, and only where it offers none.
    """

    host: str
    port: int
    user: str | None
    password: str | None
    encrypted_at_once: bool
    sender: str
    context: ssl.SSLContext | None = None

    @classmethod
    def from_url(cls, url: str, sender: str) -> MailServer:
        """Read the address of a mail server, which the settings have checked."""
        parts = urlsplit(url)
        at_once = parts.scheme == "smtps"
        user = None if parts.username is None else unquote(parts.username)
        password = None if parts.password is None else unquote(parts.password)
        return cls(parts.hostname or "", parts.port or (465 if at_once else 587), user, password, at_once, sender)

    def send(self, *, to: str, subject: str, text: str, message_id: str) -> None:
        """Send one message. Raises: DeliveryFailed, with `final` where trying again cannot help."""
        try:
            message = letter(sender=self.sender, to=to, subject=subject, text=text, message_id=message_id)
        except (ValueError, MessageError) as error:
            sentence = "The address cannot be used in an e-mail. Correct it in the rule."
            raise DeliveryFailed(sentence, final=True) from error
        try:
            with self._connected() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = next((int(answer[0]) for answer in error.recipients.values()), 0)
            raise DeliveryFailed(_refused("the address", code), final=code in _GONE_FOR_GOOD) from error
        except smtplib.SMTPAuthenticationError as error:
            raise DeliveryFailed("The mail server did not accept the name and password of the settings.") from error
        except smtplib.SMTPResponseException as error:
            raise DeliveryFailed(_refused("the message", error.smtp_code)) from error
        except smtplib.SMTPException as error:
            raise DeliveryFailed("The mail server ended the conversation, or cannot do what is needed.") from error
        except ssl.SSLError as error:
            raise DeliveryFailed("The certificate of the mail server could not be verified.") from error
        except OSError as error:
            raise DeliveryFailed("The mail server cannot be reached.") from error

    def _connected(self) -> smtplib.SMTP:
        context = self.context or ssl.create_default_context()
        if self.encrypted_at_once:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
        try:
            server.ehlo()
            if not self.encrypted_at_once and (server.has_extn("starttls") or not _on_this_computer(self.host)):
                server.starttls(context=context)
                server.ehlo()
            if self.user is not None and self.password is not None:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def letter(*, sender: str, to: str, subject: str, text: str, message_id: str) -> EmailMessage:
    """Write a message. Addresses are parsed and the subject is one line, so that nothing in them can add a header.

    Raises: ValueError or MessageError for an address that is none.
    """
    message = EmailMessage()
    message["From"] = Address(display_name="Contact segments", addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = one_line(subject)
    message["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _on_this_computer(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refused(what: str, code: int) -> str:
    return f"The mail server refused {what} (code {code})."
