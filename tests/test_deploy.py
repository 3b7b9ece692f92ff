"""The examples in docs/deploy: checked by the programs that read them where they are, and by what they promise."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from recsys.settings import read_settings
from tests.serving.fleet import HAPROXY

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "docs/deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("recsys*.*") if path.suffix in (".service", ".timer"))
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
KUBERNETES_VERSION = "1.31"
HADOLINT = shutil.which("hadolint") or shutil.which("hadolint", path=Path(sys.executable).parent)


def commands() -> list[list[str]]:
    """Every `recsys ...` that the examples run."""
    found = []
    for name in UNITS:
        found += re.findall(r"^ExecStart=\S*/recsys (.*)$", (DEPLOY / name).read_text(), re.MULTILINE)
    found += re.findall(r"^\d.*/recsys (.*)$", (DEPLOY / "recsys.cron").read_text(), re.MULTILINE)
    told = [shlex.split(one) for one in found]
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return [*told, compose["services"]["retrain"]["command"], *(container["args"] for container in containers())]


def objects() -> list[dict[str, Any]]:
    """All that the manifests describe."""
    return [one for path in KUBERNETES for one in yaml.safe_load_all(path.read_text())]


def pods() -> list[dict[str, Any]]:
    """What the manifests say of pods."""
    specs = {one["kind"]: one["spec"] for one in objects() if one["kind"] in ("Deployment", "CronJob")}
    return [specs["Deployment"]["template"]["spec"], specs["CronJob"]["jobTemplate"]["spec"]["template"]["spec"]]


def containers() -> list[dict[str, Any]]:
    """Their containers."""
    return [container for pod in pods() for container in pod["containers"]]


@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_the_units(name: str, tmp_path: Path) -> None:
    checker = shutil.which("systemd-analyze")
    if checker is None:
        pytest.skip("systemd-analyze is not installed")
    for unit in UNITS:  # the program and the user of the example are not on this machine
        text = (DEPLOY / unit).read_text().replace("/opt/recsys/bin/recsys", sys.executable)
        (tmp_path / unit).write_text(re.sub(r"^(User|Group)=.*\n", "", text, flags=re.MULTILINE))
    ended = subprocess.run(
        [checker, "verify", "--man=no", tmp_path / name], capture_output=True, text=True, check=False, timeout=60
    )
    said = [line for line in ended.stderr.splitlines() if "recsys" in line]
    assert said == []


def test_the_timer_has_a_time_that_systemd_understands() -> None:
    checker = shutil.which("systemd-analyze")
    if checker is None:
        pytest.skip("systemd-analyze is not installed")
    [when] = re.findall(r"^OnCalendar=(.*)$", (DEPLOY / "recsys-retrain.timer").read_text(), re.MULTILINE)
    ended = subprocess.run([checker, "calendar", when], capture_output=True, check=False, timeout=60)
    assert ended.returncode == 0


def test_cron_lines_have_five_fields_a_user_and_a_command() -> None:
    lines = [line for line in (DEPLOY / "recsys.cron").read_text().splitlines() if line and not line.startswith("#")]
    jobs = [line for line in lines if "=" not in line.split()[0]]
    assert jobs
    for job in jobs:
        assert re.fullmatch(r"([\d*/,-]+ ){5}recsys \S.*", job), job
    assert "RECSYS_HOME=/var/lib/recsys" in lines


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_the_commands_are_commands_of_this_program(arguments: list[str]) -> None:
    import typer.main

    from recsys.cli.app import app, load_commands

    load_commands()
    command = typer.main.get_command(app).get_command(None, arguments[0])  # type: ignore[attr-defined]
    assert command is not None
    command.make_context(arguments[0], list(arguments[1:]))


def test_containers_run_as_nobody_in_particular_on_a_root_that_is_not_written() -> None:
    """What this file promises; the schema in full is read by an engine, below."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    assert set(compose) == {"services", "volumes"}
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert service["mem_limit"]
        named = {volume.split(":")[0] for volume in service["volumes"] if not volume.startswith(".")}
        assert named <= set(compose["volumes"])
    assert compose["services"]["serve"]["ports"] == ["127.0.0.1:8000:8000"]
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    assert re.search(r"^ARG BASE=", dockerfile, re.MULTILINE)
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == ["${BASE}", "${BASE}"]
    assert re.search(r"^USER [1-9]\d+$", dockerfile, re.MULTILINE)
    assert "/readyz" in dockerfile
    for source in re.findall(r"^COPY ((?!--from)\S.*) \S+$", dockerfile, re.MULTILINE):
        assert all((ROOT / path).exists() for path in source.split())


@pytest.mark.parametrize("described", objects(), ids=lambda one: f"{one['kind']}-{one['metadata']['name']}")
def test_kubernetes_knows_every_field_of_the_manifests(described: dict[str, Any]) -> None:
    kubernetes_validate.validate(described, KUBERNETES_VERSION, strict=True)
    with pytest.raises(kubernetes_validate.ValidationError, match="spek"):
        kubernetes_validate.validate(described | {"spek": {}}, KUBERNETES_VERSION, strict=True)


def test_pods_run_as_nobody_in_particular_within_bounds_on_a_root_that_is_not_written() -> None:
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        named = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert container["resources"]["limits"]["memory"]
            assert {mount["name"] for mount in container["volumeMounts"]} == named
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    for pod in pods():
        assert f"USER {pod['securityContext']['runAsUser']}\n" in dockerfile
    written = {mount["mountPath"] for mount in pods()[1]["containers"][0]["volumeMounts"]}
    assert set(json.loads(re.findall(r"^VOLUME (.*)$", dockerfile, re.MULTILINE)[0])) <= written


def test_manifests_name_each_other_and_routes_and_settings_that_there_are(tmp_path: Path) -> None:
    found = {(one["kind"], one["metadata"]["name"]) for one in objects()}
    [serve, _] = containers()
    routes = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert serve[probe]["httpGet"]["path"] in routes
    for pod, container in zip(pods(), containers(), strict=True):
        for source in container["envFrom"]:
            assert ("Secret", source["secretRef"]["name"]) in found
        for volume in pod["volumes"]:
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in found
            if "persistentVolumeClaim" in volume:
                assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in found
    [text] = [one["data"]["recsys.toml"] for one in objects() if one["kind"] == "ConfigMap"]
    (tmp_path / "recsys.toml").write_text(text)
    assert read_settings(tmp_path / "recsys.toml").bundles is not None


def test_haproxy_takes_its_file() -> None:
    if HAPROXY is None:
        pytest.skip("haproxy is not installed")
    command = [HAPROXY, "-c", "-f", DEPLOY / "haproxy.cfg"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, "WARNING" in ended.stderr) == (0, False), ended.stderr


def test_hadolint_has_nothing_to_say_of_the_dockerfile() -> None:
    if HADOLINT is None:
        pytest.skip("hadolint is not installed")
    ended = subprocess.run([HADOLINT, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "")


def test_compose_takes_the_file() -> None:
    engine = shutil.which("docker")
    if engine is None or subprocess.run([engine, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed")
    ended = subprocess.run(
        [engine, "compose", "-f", DEPLOY / "compose.yaml", "config", "-q"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
