"""The examples in docs/deploy: checked by the programs that read them where they are, and by what they promise."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "docs/deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("recsys*.*") if path.suffix in (".service", ".timer"))
HADOLINT = shutil.which("hadolint") or shutil.which("hadolint", path=Path(sys.executable).parent)


def commands() -> list[list[str]]:
    """Every `recsys ...` that the examples run."""
    found = []
    for name in UNITS:
        found += re.findall(r"^ExecStart=\S*/recsys (.*)$", (DEPLOY / name).read_text(), re.MULTILINE)
    found += re.findall(r"^\d.*/recsys (.*)$", (DEPLOY / "recsys.cron").read_text(), re.MULTILINE)
    told = [shlex.split(one) for one in found]
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return [*told, compose["services"]["retrain"]["command"]]


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
