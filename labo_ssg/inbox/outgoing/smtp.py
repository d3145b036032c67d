"""Gives a letter to a mail server; the only importer of smtplib."""

import logging
import smtplib
import ssl
from base64 import b64encode
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

TIMEOUT = 20.0  # seconds for each answer of the server
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}

_LOG = logging.getLogger(__name__)


class Refused(Exception):  # noqa: N818 - it is no mistake of a programmer
    """The server refuses this letter for what is in it, and would do so again."""


def send(mail: EmailMessage, server: str, password: str) -> None:
    """Send `mail` from its sender to its one recipient, by the `server` of the settings (smtps://name@host:465).

    The certificate must be that of the host. Raises Refused, and OSError for all that may go better later: no
    answer, a full mailbox, an address that the server does not take (smtplib.SMTPException is one).
    """
    address = urlsplit(server)
    connection = _connected(address.scheme, address.hostname or "", address.port or PORTS[address.scheme])
    try:
        if address.username:
            _log_in(connection, unquote(address.username), password)
        connection.send_message(mail)
    except smtplib.SMTPDataError as error:
        if error.smtp_code >= 500:  # RFC 5321 § 4.2.1: permanent
            raise Refused(str(error)) from error
        raise
    finally:
        _leave(connection)


def _leave(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except OSError as error:  # a letter that was taken is taken, whatever the server says of our leaving
        _LOG.debug("the mail server did not say goodbye: %s", error)
    finally:
        connection.close()


def _log_in(connection: smtplib.SMTP, name: str, password: str) -> None:
    if name.isascii() and password.isascii():
        connection.login(name, password)
        return
    connection.ehlo_or_helo_if_needed()
    secret = b64encode(f"\0{name}\0{password}".encode())  # RFC 4616; smtplib knows no letter with an accent
    code, answer = connection.docmd("AUTH", f"PLAIN {secret.decode()}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, answer)


def _connected(scheme: str, host: str, port: int) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    connection = smtplib.SMTP(host, port, timeout=TIMEOUT)
    if scheme == "smtp+starttls":
        try:
            connection.starttls(context=ssl.create_default_context())
        except BaseException:
            connection.close()
            raise
    return connection
