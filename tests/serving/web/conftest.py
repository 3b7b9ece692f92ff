"""The dashboard of the trained site, without keys and with them."""

from contextlib import closing

import pytest

from recsys.keys import new_key
from tests.serving.conftest import NOW
from tests.serving.web.asking import client_of


@pytest.fixture
def dashboard(service):
    with client_of(service) as client:
        yield client


@pytest.fixture
def keyed(service):
    """The dashboard of a home that has an admin's, an editor's and a secret key, and those keys."""
    tokens = {}
    with closing(service.open_store()) as store:
        for scope in ("admin", "editor", "secret"):
            key, tokens[scope] = new_key(scope, f"the {scope}", (), NOW)
            store.keys.add(key, NOW)
    service.keyring.refresh()
    with client_of(service) as client:
        yield client, tokens
