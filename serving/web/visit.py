"""Who asks for a page of the dashboard, and what was asked."""

from dataclasses import dataclass

from starlette.requests import Request

from recsys.keys import Key


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let in. `key` is None where there are no keys; `token` goes into every form."""

    request: Request
    key: Key | None
    token: str

    def asked(self, name: str) -> str:
        """A value of the query, "" where it has none."""
        return self.request.query_params.get(name, "").strip()

    @property
    def is_admin(self) -> bool:
        """Whether more than the rules may be shown."""
        return self.key is None or self.key.scope == "admin"

    @property
    def name(self) -> str:
        """Who it is, for the history of the rules."""
        return "local" if self.key is None else self.key.name or self.key.id
