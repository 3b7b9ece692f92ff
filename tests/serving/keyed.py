"""A server with a key of each scope, for the tests of who may ask for what."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import httpx
import pytest

from recsys.home import Home
from recsys.keys import SCOPES, Scope, new_key
from recsys.settings import Settings
from recsys.store import Store
from recsys.store.sqlite import SqliteStore
from serving.app import App
from serving.run import open_service
from serving.site import ServiceSource
from serving.web.site import site_routes
from tests.serving.client import Client
from tests.serving.conftest import NOW

ORIGIN = "https://example.org"
VISITOR = "6f1d2c9a0b7e4853a1c6d8f02e9b7345"


class Keyed(NamedTuple):
    """A server with a key of each scope, and one revoked."""

    api: Client
    tokens: Mapping[str, str]

    def ask(self, method: str, path: str, token: str | None = None, **headers: str) -> httpx.Response:
        bearer = {} if token is None else {"authorization": f"Bearer {token}"}
        return self.api.send(method, path, headers=bearer | {n.replace("_", "-"): v for n, v in headers.items()})


def made(store: Store, scope: Scope, *origins: str) -> tuple[str, str]:
    """Id and token of a new key."""
    key, token = new_key(scope, "", origins, NOW)
    store.keys.add(key, NOW)
    return key.id, token


def with_keys(home: Home, settings: Settings, clock: Callable[[], int]) -> Iterator[Keyed]:
    store = SqliteStore(home.store)
    tokens = {scope: made(store, scope, *([ORIGIN] if scope == "publishable" else []))[1] for scope in SCOPES}
    revoked_id, tokens["revoked"] = made(store, "admin")
    store.keys.revoke(revoked_id, NOW)
    store.close()
    service = open_service(home, settings, clock)
    source = ServiceSource(service)
    with Client(service, App(service, site_routes(lambda: source, settings))) as api:
        yield Keyed(api, tokens)


@pytest.fixture
def keyed(home: Home, clock: Callable[[], int]) -> Iterator[Keyed]:
    yield from with_keys(home, Settings(), clock)
