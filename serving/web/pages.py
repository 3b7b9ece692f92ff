"""The dashboard's templates, filled."""

from typing import Any

import msgspec
from starlette.responses import Response

from recsys.record import wire_json
from recsys.settings import Settings
from serving.web import charts, rule_form
from serving.web.rendering import environment, page_response
from serving.web.visit import Visit
from serving.web.words import said

FEW = 20  # lists of an evaluation, as of readers in the gate of a retraining: fewer decide nothing

Found = dict[str, Any]


class Pages:
    """Makes pages of one site's dashboard."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._templates = environment()
        self._templates.globals.update(charts=charts, few=FEW, rule_form=rule_form)
        self._templates.filters.update(number=_number, size=_size, said=said, duration=_duration)

    def page(self, name: str, visit: Visit, found: Found, *, here: str | None = None, status: int = 200) -> Response:
        """A page of what was found; `here` is its place in the navigation where that is not its name."""
        plain = msgspec.json.decode(wire_json(found))  # a page shows what its JSON holds, and nothing else
        template = self._templates.get_template(f"dashboard/{name}.html")
        context = {"site": self._settings, "visit": visit, "here": name if here is None else here}
        return page_response(template.render(**context, data=plain), status)

    def refusal(self, visit: Visit, status: int, said: str) -> Response:
        """A page that says why not."""
        return self.page("refusal", visit, {"said": said}, here="", status=status)

    def sign_in(self, fault: str = "", status: int = 200) -> Response:
        """The form that takes a key."""
        page = self._templates.get_template("dashboard/sign-in.html")
        return page_response(page.render(site=self._settings, fault=fault), status)


def _number(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _duration(hours: float) -> str:
    return f"{hours:,.1f} hours" if hours < 48 else f"{hours / 24:,.1f} days"


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MB" if count < 2**30 else f"{count / 2**30:,.1f} GB"
