"""Models through the API: listed, switched, refused where they are damaged."""

from pathlib import Path

import pytest

from recsys.bundle import active_version
from recsys.home import Home
from tests.serving.client import Client


def damage(bundle: Path) -> None:
    array = max(bundle.glob("*.npy"), key=lambda path: path.stat().st_size)
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(content)


def test_another_model_takes_over_and_the_first_one_comes_back(
    home: Home, api: Client, versions: tuple[str, str]
) -> None:
    first, second = versions
    assert api.get("/v1/models").json()["active"] == first
    assert api.post(f"/v1/models/{second}/activate").json()["active"] == second
    assert api.get("/v1/ranking").json()["model"] == second
    assert api.post(f"/v1/models/{first}/activate").json()["active"] == first
    assert api.get("/v1/ranking").json()["model"] == first
    listed = [model["version"] for model in api.get("/v1/models").json()["models"]]
    assert listed == [first, second]
    assert active_version(home.bundles) == first


def test_a_damaged_model_is_refused_and_the_present_one_stays(
    home: Home, api: Client, versions: tuple[str, str]
) -> None:
    first, second = versions
    damage(home.bundles / second)
    refused = api.post(f"/v1/models/{second}/activate")
    assert refused.status_code == 409
    assert api.get("/v1/ranking").json()["model"] == first
    assert active_version(home.bundles) == first


@pytest.mark.parametrize("version", ["nowhere", "v" * 64])
def test_a_model_that_is_not_there_is_not_found(api: Client, version: str) -> None:
    assert api.post(f"/v1/models/{version}/activate").status_code == 404


@pytest.mark.parametrize("version", ["..", "%2e%2e", "..%2f..%2fetc", "a%2fb", "%00", ".hidden", "v" * 65, "-x", "%ff"])
def test_what_can_name_no_model_is_refused(api: Client, version: str) -> None:
    assert api.post(f"/v1/models/{version}/activate").status_code in (400, 404)
