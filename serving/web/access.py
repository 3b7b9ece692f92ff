"""Who is let into the dashboard, page by page and form by form; signing in and out.

A home without keys shows it to this machine. With keys somebody signs in with an admin's or an editor's key, or sends
one as a bearer: the gate in front lets these paths through, and every one is checked here.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from recsys.errors import NotFound, RecsysError
from recsys.keys import Key
from recsys.record import wire_json
from serving.keys import Keyring
from serving.limits import Limits
from serving.problems import NO_ARTICLE, Problem
from serving.security import FULFIL, SIGN_IN, Need
from serving.sending import Finished, json_reply
from serving.web.pages import Pages
from serving.web.rendering import Form, form_of
from serving.web.sessions import COOKIE, LIFETIME, Sessions
from serving.web.visit import Visit

FORM_BYTES = 20_000

Found = dict[str, Any]
Show = Callable[[Visit], Awaitable[Found]]
Act = Callable[[Visit, Form], Awaitable[Response]]


class Access:
    """Wraps what the dashboard shows and does, so that only those see and do it who may."""

    def __init__(self, keyring: Keyring, secret: bytes, pages: Pages) -> None:
        """secret  signs the cookies; processes of one server share it"""
        self._keyring = keyring
        self._sessions = Sessions(keyring, secret)
        self._limits = Limits(0)
        self._pages = pages

    def page(self, template: str, need: Need, show: Show) -> Callable[[Request], Awaitable[Response]]:
        """Shows a page as HTML to whoever may see it."""

        async def answer(request: Request) -> Response:
            visit = self._visit(request)
            if visit is None:
                return RedirectResponse(SIGN_IN, status_code=303)
            if not _may(visit, need):
                return self._pages.refusal(visit, 403, "This page needs the key of an administrator.")
            try:
                found = await show(visit)
            except Problem as problem:
                return self._pages.refusal(visit, problem.status, problem.detail)
            except NotFound:
                return self._pages.refusal(visit, 404, NO_ARTICLE)
            except RecsysError as error:
                return self._pages.refusal(visit, 503, str(error))
            return self._pages.page(template, visit, found)

        return answer

    def json(self, need: Need, show: Show) -> Callable[[Request], Awaitable[Response]]:
        """The same page as JSON."""

        async def answer(request: Request) -> Response:
            visit = self._visit(request)
            if visit is None:
                raise Problem(401, "Send an admin's or an editor's key as `Authorization: Bearer KEY`.")
            if not _may(visit, need):
                raise Problem(403, f"This needs a key of scope {' or '.join(sorted(FULFIL[need]))}.")
            return Finished(json_reply(wire_json(await show(visit))))

        return answer

    def deed(self, need: Need, act: Act, limit: int) -> Callable[[Request], Awaitable[Response]]:
        """Does what a form of ours asks for; of another site's page never."""

        async def answer(request: Request) -> Response:
            visit = self._visit(request)
            if visit is None:
                return RedirectResponse(SIGN_IN, status_code=303)
            form = await form_of(request, limit)
            if not _is_own(request) or not self._sessions.is_form_token(form.get("token", ""), _cookie(request)):
                return self._pages.refusal(
                    visit, 403, "This form is not one of ours, or it is too old. Go back and reload."
                )
            if not _may(visit, need):
                return self._pages.refusal(visit, 403, "This needs the key of an administrator.")
            try:
                return await act(visit, form)
            except Problem as problem:
                return self._pages.refusal(visit, problem.status, problem.detail)
            except RecsysError as error:
                return self._pages.refusal(visit, 409, str(error))

        return answer

    async def sign_in_form(self, request: Request) -> Response:
        """The form that takes a key."""
        if self._keyring.open:
            return RedirectResponse("/dashboard", status_code=303)
        return self._pages.sign_in()

    async def sign_in(self, request: Request) -> Response:
        """Takes a key, and gives a cookie for it."""
        if not _is_own(request):
            return self._pages.sign_in("This form was not sent from this page.", 403)
        token = (await form_of(request, FORM_BYTES)).get("key", "").strip()
        cookie = self._sessions.begin(token.encode())
        if cookie is None:
            try:
                self._count_failure(request)
            except Problem as problem:
                return self._pages.sign_in(problem.detail, problem.status)
            return self._pages.sign_in("This is no good key of an administrator or an editor.", 401)
        key = self._sessions.key(cookie)
        first = "/dashboard" if key is not None and key.scope == "admin" else "/dashboard/rules"
        response = RedirectResponse(first, status_code=303)
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=LIFETIME,
            path="/dashboard",
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    async def sign_out(self, visit: Visit, form: Form) -> Response:
        """Takes the cookie back."""
        response = RedirectResponse(SIGN_IN, status_code=303)
        response.delete_cookie(COOKIE, path="/dashboard", httponly=True, samesite="strict")
        return response

    def _visit(self, request: Request) -> Visit | None:
        cookie = _cookie(request)
        key = None
        if not self._keyring.open:
            key = self._sessions.key(cookie) if cookie else self._bearer(request)
            if key is None or key.scope not in FULFIL["editor"]:
                return None
        return Visit(request, key, self._sessions.form_token(cookie))

    def _bearer(self, request: Request) -> Key | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = self._keyring.find(token.strip().encode("latin-1"))
        if key is None:
            self._count_failure(request)
        return key

    def _count_failure(self, request: Request) -> None:
        wait = self._limits.failed(request.client.host if request.client else "")
        if wait is not None:
            raise Problem(429, "Too many wrong keys. Try again later.", headers={"retry-after": str(wait)})


def _may(visit: Visit, need: Need) -> bool:
    return visit.key is None or visit.key.scope in FULFIL[need]


def _cookie(request: Request) -> str | None:
    return request.cookies.get(COOKIE)


def _is_own(request: Request) -> bool:
    """Whether a form came from a page of this server, as far as the browser says."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    same = origin is None or origin.partition("://")[2] == request.headers.get("host")
    return same and site in (None, "same-origin", "none")
