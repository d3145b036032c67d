"""Who may decide on this machine: who has the address that `labo serve` has printed, in a browser that it opened.

The token of that address is changed for a cookie at once, so that neither the history nor another site learns it. The
cookie is sent by this browser whoever asks it to: each form brings a second token, which only our own page holds.
Browsers tell servers of one machine not apart by their port: the cookie is named after ours, and goes to one path.
"""

import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from labo_ssg.inbox.http.guard import origin

LENGTH = 32  # bytes of a token


class Door:
    """The tokens of one run of the preview; `home` is the path of what it guards."""

    def __init__(self, home: str, port: int) -> None:
        self.token, self.form = (secrets.token_urlsafe(LENGTH) for _ in range(2))
        self._session = secrets.token_urlsafe(LENGTH)
        self._home, self._cookie = home, f"labo-moderation-{port}"

    def opens(self, token: str) -> bool:
        """Tell whether `token` is that of the printed address."""
        return _same(token, self.token)

    def let_in(self, response: Response) -> None:
        """Have the browser know that it was let in, until it is closed."""
        response.set_cookie(self._cookie, self._session, path=self._home, httponly=True, samesite="strict")

    def knows(self, request: Request) -> bool:
        """Tell whether the browser was let in."""
        return _same(request.cookies.get(self._cookie, ""), self._session)

    def is_own(self, token: str) -> bool:
        """Tell whether a form is one of ours."""
        return _same(token, self.form)


def comes_from_here(request: Request) -> bool:
    """Tell whether a form was sent from our own page, as far as the browser says; old ones say nothing at all."""
    told, sent_from = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if told is not None:
        return told == "same-origin"
    here = urlsplit(str(request.url))
    return sent_from is None or (origin(sent_from) != "" and origin(sent_from) == origin(here.geturl()))


def _same(given: str, known: str) -> bool:
    return secrets.compare_digest(given.encode(errors="surrogatepass"), known.encode())
