"""Settings come from the home's file, the environment wins, and a mistake is named."""

import pytest

from recsys.errors import BadInput
from recsys.settings import Settings, read_settings


def test_defaults_where_there_is_no_file(tmp_path):
    assert read_settings(tmp_path / "recsys.toml") == Settings()


def test_the_file_sets_and_the_environment_wins(tmp_path, monkeypatch):
    path = tmp_path / "recsys.toml"
    path.write_text('title = "The Courier"\ncache_seconds = 30\n')
    monkeypatch.setenv("RECSYS_CACHE_SECONDS", "5")
    found = read_settings(path)
    assert (found.title, found.cache_seconds) == ("The Courier", 5)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("colour = 1", "colour"),
        ("cache_seconds = -1", "cache_seconds"),
        ("keep_bundles = 1", "keep_bundles"),
        ('timezone = "Mars/Olympus"', "Mars/Olympus"),
        ('page_order = ["related", "related", "ranking"]', "page_order"),
        ("title = ", "recsys.toml is not TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path, text, named):
    path = tmp_path / "recsys.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=named):
        read_settings(path)


@pytest.mark.parametrize("network", ["10.0.0.1/8", "proxy.example.org", "", "10.0.0.0/33"])
def test_a_trusted_proxy_must_be_an_address_or_a_network(network):
    assert Settings(trusted_proxies=("10.0.0.0/8", "::1")).trusted_proxies == ("10.0.0.0/8", "::1")
    with pytest.raises(BadInput, match="trusted_proxies"):
        Settings(trusted_proxies=(network,))


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_does_and_what_it_touches(name):
    description = Settings.model_fields[name].description or ""
    assert (
        description.rsplit(". ", 1)[-1].rstrip(".")
        in {
            "Changes results",
            "Looks only",
            "Serving only",
            "Speed only",
            "Storage only",
        }
        or "Serving only" in description
    )
