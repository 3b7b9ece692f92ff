"""The trained versions that are kept: what each was trained on, how large it is, how well it did."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from recsys.bundle import Manifest
from recsys.registry import manifests
from recsys.times import format_time
from serving.service import Service


async def kept_versions(service: Service) -> dict[str, Any]:
    """Newest first; `trends` holds the first figure of each evaluated list over the versions, oldest first."""
    kept = await asyncio.to_thread(manifests, service.registry)
    active = service.live.model.version
    found = [_version(manifest, active) for manifest in reversed(kept)]
    return {"active": active if kept else None, "versions": found, "trends": _trends(kept)}


def _version(manifest: Manifest, active: str) -> dict[str, Any]:
    return {
        "version": manifest.version,
        "active": manifest.version == active,
        "as_of": format_time(manifest.as_of),
        "articles": manifest.articles,
        "events": manifest.events,
        "first_event": None if manifest.first_event is None else format_time(manifest.first_event),
        "last_event": None if manifest.last_event is None else format_time(manifest.last_event),
        "bytes": sum(file.bytes for file in manifest.files.values()),
        "settings": manifest.settings,
        "fitted": manifest.fitted,
        "evaluation": [_evaluation(comparison) for comparison in manifest.metrics.get("evaluation", ())],
    }


def _evaluation(comparison: Mapping[str, Any]) -> dict[str, Any]:
    """A list's first figure for each model compared, best first, with its interval; and what its protocol was."""
    own = [figure for figure in comparison["figures"] if figure["against"] is None]
    metric = own[0]["metric"] if own else None
    figures = [
        {name: figure[name] for name in ("model", "value", "low", "high")}
        for figure in own
        if figure["metric"] == metric
    ]
    ours = own[0]["model"] if own else None
    return {
        "list": comparison["list"],
        "asks": comparison["protocol"].partition(";")[0],
        "protocol": comparison["protocol"],
        "ours": next((figure for figure in figures if figure["model"] == ours), None),
        "questions": comparison["questions"],
        "metric": metric,
        "figures": sorted(figures, key=lambda figure: -figure["value"]),
    }


def _trends(manifests: Sequence[Manifest]) -> list[dict[str, Any]]:
    trends: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for manifest in manifests:
        for comparison in manifest.metrics.get("evaluation", ()):
            told = _evaluation(comparison)
            if told["ours"] is not None:
                key = (told["list"], told["asks"], told["metric"])
                point = {"version": manifest.version, "as_of": format_time(manifest.as_of), **told["ours"]}
                trends.setdefault(key, []).append(point)
    return [
        {"list": name, "asks": asks, "metric": metric, "points": points}
        for (name, asks, metric), points in trends.items()
    ]
