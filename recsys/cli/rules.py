"""Commands of editors: what the rules are, what others would change, and how they came to be."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from recsys.cli.app import DEFAULT_HOME, AsOfOption, HomeOption, app

if TYPE_CHECKING:
    from recsys.home import Home
    from recsys.rules.rule import RuleSet
    from recsys.store import Store

rules_app = typer.Typer(help="Pin, bury, boost, filter, label: what editors want of the lists.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")

FileArgument = Annotated[Path, typer.Argument(help='A JSON file, {"rules": [...]}; - reads input.')]
OutputOption = Annotated[Literal["table", "json"], typer.Option("--format", help="How to print.")]


@rules_app.command()
def show(home: HomeOption = DEFAULT_HOME, output: OutputOption = "table") -> None:
    """Show the rules; as json they can be edited, and set again."""
    from msgspec import json

    from recsys.cli.tables import print_rows
    from recsys.record import wire_json
    from recsys.times import format_time

    found, store = _opened(home, read_only=True)
    newest = store.rules.current()
    store.close()
    if output == "json":
        sys.stdout.buffer.write(json.format(wire_json(newest.rules)) + b"\n")
        return
    made = f", {format_time(newest.at)} by {newest.by}" if newest.number else ""
    rows = [(str(index), rule.kind, *_told(rule), rule.note) for index, rule in enumerate(newest.rules.rules)]
    print_rows(
        f"Rules of {found.root}, revision {newest.number}{made}", ("rule", "kind", "what", "where", "note"), rows
    )


@rules_app.command("set")
def set_(
    file: FileArgument,
    home: HomeOption = DEFAULT_HOME,
    revision: Annotated[
        int | None,
        typer.Option("--revision", min=0, help="Refuse unless this is the revision that is replaced."),
    ] = None,
) -> None:
    """Replace all rules by those in a file; a running server obeys within a second."""
    from recsys.rules.changes import difference
    from recsys.times import now_micros

    found, store = _opened(home)
    try:
        rules = _read(file, found)
        with store.transaction():
            before = store.rules.current()
            made = store.rules.replace(rules, by="local", now=now_micros(), expected=revision)
    finally:
        store.close()
    added, removed = difference(before.rules, made.rules)
    print(f"revision {made.number}: {len(added)} added, {len(removed)} removed, {len(made.rules.rules)} in all")


@rules_app.command("preview")
def preview_(
    file: FileArgument,
    article: Annotated[
        list[str] | None,
        typer.Option("--article", help="Compare this article's page; as often as needed. Default: the most read."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    output: OutputOption = "table",
) -> None:
    """Show what the rules in a file would change in the lists; nothing is changed."""
    from recsys.cli.app import as_of_micros, existing_home
    from recsys.cli.opening import replica_at
    from recsys.record import wire_json
    from recsys.rules.changes import preview
    from recsys.settings import read_settings
    from serving.answers import row_of

    found = existing_home(home)
    rules, settings, now = _read(file, found), read_settings(found.settings), as_of_micros(as_of, found)
    model = replica_at(found, now, replay=as_of is not None).model
    rows = [row_of(model, article_id, now) for article_id in article] if article else None
    told = preview(model, rules, now, rows=rows, order=settings.page_order, repeats=settings.page_repeats)
    if output == "json":
        sys.stdout.buffer.write(wire_json(told) + b"\n")
    else:
        _print_preview(told)


@rules_app.command()
def history(
    home: HomeOption = DEFAULT_HOME,
    last: Annotated[int, typer.Option("--last", min=1, max=10_000, help="How many revisions.")] = 20,
    output: OutputOption = "table",
) -> None:
    """Show who changed the rules, when, and what; newest first."""
    from recsys.cli.tables import print_rows
    from recsys.record import wire_json
    from recsys.rules.changes import difference
    from recsys.rules.rule import RuleSet
    from recsys.times import format_time

    _, store = _opened(home, read_only=True)
    revisions = store.rules.history(last + 1)
    store.close()
    earlier = [revision.rules for revision in revisions[1:]] + [RuleSet()]
    rows = []
    for revision, before in list(zip(revisions, earlier, strict=False))[:last]:
        added, removed = difference(before, revision.rules)
        changes = [("+", rule) for rule in added] + [("-", rule) for rule in removed]
        if output == "json":
            line = {"revision": revision.number, "at": format_time(revision.at), "by": revision.by}
            sys.stdout.buffer.write(wire_json(line | {"added": added, "removed": removed}) + b"\n")
            continue
        shown = [f"{sign} {wire_json(rule).decode()}" for sign, rule in changes] or ["order"]
        for place, change in enumerate(shown):
            head = (str(revision.number), format_time(revision.at), revision.by) if place == 0 else ("", "", "")
            rows.append((*head, change))
    if output == "table":
        print_rows("Revisions of the rules", ("revision", "at", "by", "change"), rows)


def _opened(home: Path, *, read_only: bool = False) -> "tuple[Home, Store]":
    from recsys.cli.app import existing_home
    from recsys.store.opening import open_store

    found = existing_home(home)
    return found, open_store(found, read_only=read_only)


def _read(path: Path, home: "Home") -> "RuleSet":
    """The rules in a file, or on standard input where `path` is -; raises BadInput or BadRules."""
    from recsys.errors import BadInput
    from recsys.rules.rule import DOCUMENT_BYTES, read_rules
    from recsys.settings import read_settings
    from recsys.times import zone
    from serving.problems import Problem
    from serving.receiving import strict_json

    text = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    if len(text) > DOCUMENT_BYTES:
        raise BadInput(f"{path} is longer than {DOCUMENT_BYTES:,} bytes")
    try:
        value = strict_json(text)
    except Problem as problem:
        raise BadInput(f"{path}: {problem.detail}") from None
    return read_rules(value, zone(read_settings(home.settings).timezone))


def _told(rule: Any) -> tuple[str, str]:
    """What a rule is about and where it holds, in a line each."""
    from msgspec import json

    from recsys.record import wire_json

    fields = json.decode(wire_json(rule))
    where = ("lists", "pages", "except_pages", "starts_at", "ends_at")
    what = [name for name in fields if name not in (*where, "kind", "note")]
    return _line({name: fields[name] for name in what}), _line({name: fields[name] for name in where if name in fields})


def _line(fields: dict[str, Any]) -> str:
    return "; ".join(f"{name} {_value(value)}" for name, value in fields.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(part)}" for name, part in value.items())
    return " | ".join(map(str, value)) if isinstance(value, list) else str(value)


def _print_preview(told: Any) -> None:
    from recsys.cli.tables import print_rows

    rows = [
        (change.list, change.article_id or "", what, place.id, str(place.before or ""), str(place.after or ""))
        for change in told.changes
        for what in ("added", "moved", "gone")
        for place in getattr(change, what)
    ]
    print_rows(
        f"What would change in Ranking and on {len(told.pages)} pages",
        ("list", "page", "what", "article", "place", "then"),
        rows,
    )
    moved, others = (sum(len(getattr(change, what)) for change in told.changes) for what in ("moved", "added"))
    print(f"{len(told.changes):,} lists would change: {others:,} articles come in, {moved:,} move")
    if told.idle:
        print(f"rules that touch nothing as things are: {', '.join(map(str, told.idle))}")
