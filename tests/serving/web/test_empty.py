"""A home that lacks something says what to do next, on the site and on every page of the dashboard."""

from pathlib import Path

import pytest

from recsys.home import Home
from recsys.settings import Settings
from recsys.store.sqlite import SqliteStore
from serving.app import App
from serving.run import open_service
from serving.security import DASHBOARD
from serving.site import ServiceSource
from serving.web.dashboard import dashboard_routes
from serving.web.sessions import new_secret
from serving.web.site import site_routes
from tests.serving.client import Client
from tests.serving.conftest import NOW, article

PAGES = sorted({path for method, path in DASHBOARD if method == "GET"} - {"/dashboard/sign-in"})


@pytest.fixture
def site_of(tmp_path):
    """The whole site of a new home with so many articles, without events and without a model."""
    opened = []

    def make(articles):
        home = Home(tmp_path / "home")
        home.root.mkdir()
        store = SqliteStore(home.store)
        store.catalogue.put([article("harbour", number) for number in range(articles)], NOW, restore=False)
        store.close()
        service = open_service(home, Settings(), lambda: NOW)
        source = ServiceSource(service)
        routes = [*dashboard_routes(service, new_secret()), *site_routes(lambda: source, service.settings)]
        opened.append(client := Client(service, App(service, routes)))
        return client.__enter__()

    yield make
    for client in opened:
        client.__exit__(None, None, None)


@pytest.mark.parametrize("path", PAGES)
def test_without_articles_every_page_of_the_dashboard_answers(site_of, path):
    site = site_of(0)
    assert site.get(path).status_code == 200
    assert site.get(f"{path}.json").status_code == 200


def test_without_articles_the_site_and_the_dashboard_say_how_to_import(site_of):
    site = site_of(0)
    for path in ("/", "/dashboard", "/dashboard/explorer", "/dashboard/ranking", "/dashboard/imports"):
        assert "recsys import my-export.xml --dry-run" in site.get(path).text, path
    assert "recsys import" in site.get("/search?q=quay").text
    for path in ("/dashboard/versions", "/dashboard/compare"):
        assert "No model has been trained yet" in site.get(path).text, path


def test_one_article_alone_is_shown_and_its_lists_say_why_they_are_empty(site_of):
    site = site_of(1)
    page = site.get("/articles/harbour-0").text
    assert page.count("No other article can stand here yet") == 3
    assert "Harbour" in site.get("/").text
    assert "There is only one article to show" in site.get("/dashboard").text
    assert "import more" in site.get("/dashboard/explorer?article=harbour-0").text


def test_without_a_model_pages_say_that_lists_are_filled_and_how_to_train(site_of):
    site = site_of(12)
    assert "Nothing has been read lately, so these are the newest." in site.get("/").text
    assert "recsys import access.log" in site.get("/dashboard/ranking").text
    for path in ("/", "/articles/harbour-3", "/search?q=quay", "/dashboard"):
        assert "recsys train" in site.get(path).text, path


def test_one_version_alone_is_not_compared_with_itself(home: Home, tmp_path: Path):
    from recsys.bundle import active_version, version_folders

    active = active_version(home.bundles)
    [other] = [folder for folder in version_folders(home.bundles) if folder.name != active]
    other.rename(tmp_path / "gone")
    service = open_service(home, Settings(), lambda: NOW)
    with Client(service, App(service, dashboard_routes(service, new_secret()))) as site:
        page = site.get("/dashboard/compare").text
    assert "There is one version only" in page
    assert "<select" not in page
