"""A generated site of 100,000 articles, or a small one, trained."""

from pathlib import Path

import pytest

from benchmarks.serving_site import DEFAULT, make
from tests.faults.scale import FULL, tries

ARTICLES = tries(100_000, 1_000)


@pytest.fixture(scope="session")
def site_of_size(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its home, not to be written to. The large one is kept from one run to the next: it takes minutes."""
    return make(DEFAULT if FULL else tmp_path_factory.mktemp("site-of-size"), ARTICLES).root
