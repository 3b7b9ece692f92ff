"""The signals as one would write them in pandas and in Polars: what benchmarks/signals.py holds ours to.

Sums over articles, each article weighed by a number of its own, so that what another has by mistake shows.
"""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.event_days import ARTICLES, members
from recsys.event import EVENT_TYPES
from recsys.interest import DWELL_SECONDS, HALF_LIVES, WEIGHTS
from recsys.items import WINDOWS
from training import attention, covisits

TOP = 20
LIVES = list(HALF_LIVES.values())
CODE = {kind: code for code, kind in enumerate(EVENT_TYPES)}
Found = dict[str, float]


def weighed(row: Any, value: Any) -> float:
    """The sum of `value` (m,), each weighed by its article (m,): what another article has by mistake shows."""
    of_row = 0.5 + np.asarray(row, np.int64) * 2_654_435_761 % 1_009 / 1_009
    return float(np.sum(of_row * np.asarray(value, np.float64)))


def level_weights() -> dict[int, float]:
    return {CODE[kind]: weight for kind, weight in WEIGHTS.items() if weight > 0.0}


def with_pandas(files: list[Path]) -> Found:  # noqa: PLR0915 (as one would write it: from top to bottom)
    import pandas as pd

    found: Found = {}
    events = pd.concat([pd.read_parquet(path) for path in files], ignore_index=True)
    events["reader"] = events["visitor"].fillna(events["session"])
    weight = events["type"].map(level_weights()).fillna(0.0)
    weight[(events["type"] == CODE["dwell"]) & ~(events["value"] >= DWELL_SECONDS)] = 0.0
    events["weight"] = weight
    views = events.loc[events["type"] == CODE["view"], "row"].value_counts()
    found["views"] = weighed(views.index, views)
    acts = events[events["weight"] > 0.0]
    named = acts[acts["reader"].notna()]
    latest = named.groupby(["row", "reader", "weight"], as_index=False)["at"].max()
    alone = acts.loc[acts["reader"].isna(), ["row", "weight", "at"]]
    last = pd.concat([latest, alone]).groupby("row")["at"].max()
    age, age_alone = latest["at"] - latest["row"].map(last), alone["at"] - alone["row"].map(last)
    interest = {}
    for window, name in enumerate(WINDOWS):
        latest["worth"] = latest["weight"] * 2.0 ** (age / LIVES[window])
        most = latest.groupby(["row", "reader"])["worth"].max().groupby("row").sum()
        by_itself = (alone["weight"] * 2.0 ** (age_alone / LIVES[window])).groupby(alone["row"]).sum()
        interest[window] = most.add(by_itself, fill_value=0.0)
        found[f"interest, {name}"] = weighed(interest[window].index, interest[window])
    for group, table in members(1).items():
        named_rows = table.to_pandas()
        best = 0.0
        for window, of_row in interest.items():
            faded = of_row * 2.0 ** ((last.loc[of_row.index] - last.max()) / LIVES[window])
            joined = named_rows.merge(faded.rename("interest"), left_on="row", right_index=True)
            joined = joined[joined["interest"] > 0.0].sort_values(["name", "interest"], ascending=[True, False])
            top = joined.groupby("name").head(TOP)
            best += weighed(top["row"], top["interest"])
        found[f"{group} leaders"] = best
    listed = events[events["list"].notna() & events["type"].isin([CODE["impression"], CODE["click"]])]
    listed = listed.assign(shown=listed["type"] == CODE["impression"], clicked=listed["type"] == CODE["click"])
    each = listed[listed["reader"].notna()].groupby(["list", "position", "row", "reader"])[["shown", "clicked"]].any()
    each = each[each["shown"]].groupby(["list", "position", "row"]).sum()
    nobody = listed[listed["reader"].isna()].groupby(["list", "position", "row"])[["shown", "clicked"]].sum()
    nobody = nobody[nobody["shown"] > 0]
    nobody["clicked"] = nobody[["shown", "clicked"]].min(axis=1)
    shown = each.add(nobody, fill_value=0)
    of_row = shown.groupby("row").sum()
    found["shown"], found["clicked"] = (weighed(of_row.index, of_row[name]) for name in ("shown", "clicked"))
    stays = events[(events["type"] == CODE["dwell"]) & (events["value"] >= 0.0)]
    stays = stays.assign(seconds=stays["value"].clip(upper=attention.DWELL_CAP))
    longest = stays[stays["reader"].notna()].groupby(["row", "reader"], as_index=False)["seconds"].max()
    every = pd.concat([longest[["row", "seconds"]], stays.loc[stays["reader"].isna(), ["row", "seconds"]]])
    by_row = every.groupby("row")["seconds"].agg(["count", "median", "mean"])
    found["stays"], found["medians"] = (weighed(by_row.index, by_row[name]) for name in ("count", "median"))
    first = named.groupby(["reader", "row"], as_index=False)["at"].min()
    audience = first.groupby("row").size()
    found["readers"] = weighed(audience.index, audience)
    visits = first.sort_values(["reader", "at", "row"]).groupby("reader").tail(covisits.VISITS)
    length = visits.groupby("reader")["row"].transform("size")
    visits["weight"] = 1.0 / np.log2(1.0 + length)
    popularity = np.bincount(visits["row"], minlength=ARTICLES) + covisits.PRIOR
    reader, row, mass = (visits[name].to_numpy() for name in ("reader", "row", "weight"))
    parts = []
    for apart in range(1, covisits.NEAR + 1):
        same = reader[:-apart] == reader[apart:]
        parts.append((row[:-apart][same], row[apart:][same], mass[:-apart][same], mass[:-apart][same] / apart))
    one, two, weight, near = map(np.concatenate, zip(*parts, strict=True))
    pairs = pd.DataFrame({"pair": one.astype(np.int64) * ARTICLES + two, "weight": weight, "near": near})
    pairs = pairs.groupby("pair").agg(weight=("weight", "sum"), near=("near", "sum"), readers=("near", "size"))
    row, other = np.divmod(pairs.index.to_numpy(), ARTICLES)
    back = pairs.set_index(other * ARTICLES + row)
    together = pd.concat([pairs, back])[["weight", "readers"]].groupby(level=0).sum()
    for way, table, by in (("together", together, "weight"), ("after", pairs, "near")):
        row, other = np.divmod(table.index.to_numpy(), ARTICLES)
        scored = pd.DataFrame({"row": row, "other": other, "readers": table["readers"].to_numpy()})
        scored["score"] = table[by].to_numpy() / np.sqrt(popularity[row] * popularity[other])
        best = scored.sort_values("score", ascending=False, kind="stable").groupby("row").head(covisits.TIES)
        found[f"ties {way}"] = weighed(best["row"], np.ones(len(best)))
        found[f"tied readers {way}"] = weighed(best["other"], best["readers"])
    return found


def with_polars(files: list[Path]) -> Found:  # noqa: PLR0915 (as one would write it: from top to bottom)
    import polars as pl

    found: Found = {}
    column = pl.col
    weights = level_weights()
    events = pl.read_parquet(files, hive_partitioning=False)
    short = (column("type") == CODE["dwell"]) & ~(column("value") >= DWELL_SECONDS).fill_null(value=False)
    weight = column("type").cast(pl.Int64).replace_strict(weights, default=0.0, return_dtype=pl.Float64)
    events = events.with_columns(
        reader=pl.coalesce("visitor", "session"), weight=pl.when(short).then(0.0).otherwise(weight)
    )
    views = events.filter(column("type") == CODE["view"]).group_by("row").len()
    found["views"] = weighed(views["row"], views["len"])
    acts = events.filter(column("weight") > 0.0)
    named = acts.filter(column("reader").is_not_null())
    latest = named.group_by("row", "reader", "weight").agg(column("at").max())
    alone = acts.filter(column("reader").is_null()).select("row", "weight", "at")
    last = pl.concat([latest.select("row", "at"), alone.select("row", "at")])
    last = last.group_by("row").agg(last=column("at").max())
    worths = [
        (column("weight") * 2.0 ** ((column("at") - column("last")) / life)).alias(f"w{i}")
        for i, life in enumerate(LIVES)
    ]
    names = [f"w{i}" for i in range(len(LIVES))]
    most = latest.join(last, on="row").with_columns(worths).group_by("row", "reader").agg(column(*names).max())
    by_itself = alone.join(last, on="row").with_columns(worths)
    interest = pl.concat([most.select("row", *names), by_itself.select("row", *names)])
    interest = interest.group_by("row").agg(column(*names).sum()).join(last, on="row")
    for window, name in enumerate(WINDOWS):
        found[f"interest, {name}"] = weighed(interest["row"], interest[f"w{window}"])
    newest = last["last"].max()
    for group, table in members(1).items():
        joined = pl.from_arrow(table).join(interest, on="row")
        best = 0.0
        for window, life in enumerate(LIVES):
            faded = joined.select(
                "name", "row", interest=column(f"w{window}") * 2.0 ** ((column("last") - newest) / life)
            )
            top = faded.filter(column("interest") > 0.0).sort("interest", descending=True)
            top = top.group_by("name", maintain_order=True).head(TOP)
            best += weighed(top["row"], top["interest"])
        found[f"{group} leaders"] = best
    listed = events.filter(column("list").is_not_null() & column("type").is_in([CODE["impression"], CODE["click"]]))
    listed = listed.with_columns(shown=column("type") == CODE["impression"], clicked=column("type") == CODE["click"])
    keys = ["list", "position", "row"]
    each = listed.filter(column("reader").is_not_null()).group_by(*keys, "reader")
    each = (
        each.agg(column("shown", "clicked").any()).filter("shown").group_by(keys).agg(column("shown", "clicked").sum())
    )
    nobody = listed.filter(column("reader").is_null()).group_by(keys).agg(column("shown", "clicked").sum())
    nobody = nobody.filter(column("shown") > 0).with_columns(clicked=pl.min_horizontal("shown", "clicked"))
    shown = pl.concat([each, nobody]).group_by(keys).agg(column("shown", "clicked").sum())
    found["shown"], found["clicked"] = (weighed(shown["row"], shown[name]) for name in ("shown", "clicked"))
    stays = events.filter((column("type") == CODE["dwell"]) & (column("value") >= 0.0))
    stays = stays.with_columns(seconds=column("value").clip(upper_bound=attention.DWELL_CAP))
    longest = stays.filter(column("reader").is_not_null()).group_by("row", "reader").agg(column("seconds").max())
    every = pl.concat(
        [longest.select("row", "seconds"), stays.filter(column("reader").is_null()).select("row", "seconds")]
    )
    by_row = every.group_by("row").agg(n=pl.len(), median=column("seconds").median(), mean=column("seconds").mean())
    found["stays"], found["medians"] = (weighed(by_row["row"], by_row[name]) for name in ("n", "median"))
    first = named.group_by("reader", "row").agg(column("at").min())
    audience = first.group_by("row").len()
    found["readers"] = weighed(audience["row"], audience["len"])
    visits = first.sort("reader", "at", "row").group_by("reader", maintain_order=True).tail(covisits.VISITS)
    visits = visits.with_columns(weight=1.0 / (1.0 + pl.len().over("reader")).log(2))
    popularity = visits.group_by("row").agg(root=(pl.len() + covisits.PRIOR).sqrt())
    same = [(column("reader").shift(-i) == column("reader")).alias("same") for i in range(1, covisits.NEAR + 1)]
    parts = [
        visits.select("row", "weight", other=column("row").shift(-i), near=column("weight") / i, same=here).filter(
            "same"
        )
        for i, here in enumerate(same, 1)
    ]
    pairs = pl.concat(parts).group_by("row", "other").agg(column("weight", "near").sum(), readers=pl.len())
    back = pairs.select(row="other", other="row", weight="weight", readers="readers")
    together = (
        pl.concat([pairs.select(back.columns), back]).group_by("row", "other").agg(column("weight", "readers").sum())
    )
    for way, table, by in (("together", together, "weight"), ("after", pairs, "near")):
        scored = table.join(popularity, on="row").join(popularity, left_on="other", right_on="row", suffix="_other")
        scored = scored.select("row", "other", "readers", score=column(by) / (column("root") * column("root_other")))
        best = scored.sort("score", "other", descending=[True, False])
        best = best.group_by("row", maintain_order=True).head(covisits.TIES)
        found[f"ties {way}"] = weighed(best["row"], np.ones(best.height))
        found[f"tied readers {way}"] = weighed(best["other"], best["readers"])
    return found
