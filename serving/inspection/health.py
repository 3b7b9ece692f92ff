"""Whether all is well: the checks that cost next to nothing. `recsys doctor` reads every entry and every file."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from typing import Any

from recsys.bundle import Manifest
from recsys.errors import NoModel, RecsysError
from recsys.home import Home
from recsys.registry import Registry
from recsys.times import DAY, MINUTE, format_time
from serving.routes_health import LAG
from serving.service import Service

OLD = 7 * DAY
SPARE_BYTES = 1 << 30


async def health(service: Service) -> dict[str, Any]:
    """What was looked at, each "ok", "note" or "bad", with what it said."""
    checks = [*_log(service), await _model(service), *_disk(service.home), _keys(service)]
    states = [check["state"] for check in checks]
    return {"state": "bad" if "bad" in states else "note" if "note" in states else "ok", "checks": checks}


def _log(service: Service) -> Iterator[dict[str, str]]:
    live = service.live
    try:
        lag = live.lag()
        last = live.store.log.last()
        newest = live.store.log.read(last - 1, 1) if last else []
    except RecsysError as error:
        yield _check("change log", "bad", str(error))
        return
    if not live.following:
        yield _check("change log", "bad", "The model does not follow the change log. See the server's log.")
    elif lag >= LAG:
        yield _check("change log", "bad", f"The model is {lag:,} entries behind.")
    else:
        yield _check("change log", "ok", f"{last:,} entries, {lag:,} of them not applied yet.")
    ahead = newest[0].at - service.clock() if newest else 0
    if ahead > MINUTE:
        yield _check(
            "clock", "bad", f"The log was written at {format_time(newest[0].at)}, which is to come by this clock."
        )
    else:
        yield _check("clock", "ok", format_time(service.clock()))


async def _model(service: Service) -> dict[str, str]:
    answering = service.live.model.version
    try:
        manifest = await asyncio.to_thread(_active_manifest, service.registry)
    except NoModel as error:
        return _check("model", "note", str(error))
    except RecsysError as error:
        return _check("model", "bad", str(error))
    active, as_of = manifest.version, manifest.as_of
    if active != answering:
        return _check(
            "model", "bad", f"{active} is active, but {answering} answers: the active one could not be opened."
        )
    if service.clock() - as_of > OLD and service.live.position > service.live.model.manifest.log_seq:
        return _check(
            "model", "note", f"{active} is of {format_time(as_of)}, more than 7 days old. Run `recsys retrain`."
        )
    return _check("model", "ok", f"{active} answers, trained as of {format_time(as_of)}.")


def _active_manifest(registry: Registry) -> Manifest:
    return registry.manifest(registry.active())


def _disk(home: Home) -> Iterator[dict[str, str]]:
    free = shutil.disk_usage(home.root).free
    said = f"{free / 2**30:,.1f} GB free."
    yield _check("disk", "ok" if free > SPARE_BYTES else "note", said)
    if not os.access(home.root, os.W_OK):
        yield _check("disk", "bad", "The home can't be written to by this user.")


def _keys(service: Service) -> dict[str, str]:
    if service.keyring.open:
        return _check("keys", "note", "There are none: everything is open to this machine, and to no other.")
    state = "ok" if service.keyring.usable else "note"
    return _check("keys", state, "Requests need a key." if state == "ok" else "Every key is revoked: nobody is let in.")


def _check(subject: str, state: str, said: str) -> dict[str, str]:
    return {"subject": subject, "state": state, "said": said}
