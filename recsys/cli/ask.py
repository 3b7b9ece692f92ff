"""Commands that print one list, as the HTTP API would answer it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from recsys.cli.app import DEFAULT_HOME, AsOfOption, FormatOption, HomeOption, app

if TYPE_CHECKING:
    from serving.answers import Answer
    from serving.live import Replica

LimitOption = Annotated[int, typer.Option("-k", min=1, max=100, help="How many items.")]
SectionOption = Annotated[str | None, typer.Option("--section", help="A section's name at any level of the path.")]
TagOption = Annotated[str | None, typer.Option("--tag", help="A tag that every item must have.")]
LanguageOption = Annotated[str | None, typer.Option("--language", help="Language of the items.")]
ScoreOption = Annotated[float | None, typer.Option("--min-score", min=0, help="Replaces the floor; 0 drops it.")]
FillOption = Annotated[Literal["ranking", "none"], typer.Option("--fill", help="What completes a short list.")]
VisitorOption = Annotated[str | None, typer.Option("--visitor", help="A visitor whose events the site has sent.")]
HistoryOption = Annotated[str, typer.Option("--history", help="Ids read, newest first: A,B,C.")]


@app.command()
def related(
    article_id: Annotated[str | None, typer.Argument(help="The article; ids that begin with - follow --.")] = None,
    text: Annotated[
        Path | None, typer.Option("--text", help="A text file instead of an article; - reads input.")
    ] = None,
    why_not: Annotated[
        str | None, typer.Option("--why-not", metavar="ID", help="Say why this article is not in the list.")
    ] = None,
    k: LimitOption = 10,
    section: SectionOption = None,
    tag: TagOption = None,
    language: LanguageOption = None,
    min_score: ScoreOption = None,
    fill: FillOption = "ranking",
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    output: FormatOption = "table",
) -> None:
    """Show what is about the same thing as an article, or as a text that isn't published."""
    from serving.answers import draft_answer, related_answer
    from serving.drafts import Draft
    from serving.questions import RelatedQuestion

    if (article_id is None) == (text is None):
        raise typer.BadParameter("give either an article's id or --text FILE")
    if why_not is not None and text is not None:
        raise typer.BadParameter("--why-not asks about the list of an article, not of a text")
    question = _question(
        RelatedQuestion, limit=k, section=section, tag=tag, language=language, min_score=min_score, fill=fill
    )
    replica, now = _replica(home, as_of)
    if article_id is not None:
        _check_seen(replica, article_id, now)
    if article_id is not None and why_not is not None:
        _explain(replica, article_id, why_not, question, now, output)
    elif article_id is not None:
        _print(related_answer(replica.model, article_id, question, now), f"Related to {article_id}", output)
    elif text is not None:
        title, _, body = _read(text).partition("\n")
        draft = Draft(title=title.strip(), body=body)
        _print(draft_answer(replica.model, draft, question, now), f"Related to {text}", output)


@app.command()
def ranking(
    window: Annotated[
        Literal["hour", "day", "week", "month", "all"],
        typer.Option("--window", help="How far ahead the ranking looks."),
    ] = "day",
    k: LimitOption = 8,
    section: SectionOption = None,
    tag: TagOption = None,
    language: LanguageOption = None,
    min_score: ScoreOption = None,
    fill: FillOption = "ranking",
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    output: FormatOption = "table",
) -> None:
    """Show what readers favour now."""
    from serving.answers import ranking_answer
    from serving.questions import RankingQuestion

    question = _question(
        RankingQuestion,
        limit=k,
        window=window,
        section=section,
        tag=tag,
        language=language,
        min_score=min_score,
        fill=fill,
    )
    replica, now = _replica(home, as_of)
    _print(ranking_answer(replica.model, question, now), f"Ranking for the coming {window}", output)


@app.command()
def recommend(
    visitor: VisitorOption = None,
    history: HistoryOption = "",
    article: Annotated[str | None, typer.Option("--article", help="The article being read now.")] = None,
    k: LimitOption = 8,
    section: SectionOption = None,
    tag: TagOption = None,
    language: LanguageOption = None,
    min_score: ScoreOption = None,
    fill: FillOption = "ranking",
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    output: FormatOption = "table",
) -> None:
    """Show what one reader should read next."""
    from recsys.home import Home
    from recsys.settings import read_settings
    from serving.answers import recommendation_answer
    from serving.questions import RecommendationQuestion

    question = _question(
        RecommendationQuestion,
        visitor_id=visitor,
        history=history,
        article_id=article,
        limit=k,
        section=section,
        tag=tag,
        language=language,
        min_score=min_score,
        fill=fill,
    )
    replica, now = _replica(home, as_of)
    settings = read_settings(Home(home).settings)
    _print(recommendation_answer(replica.model, question, settings, now), "Recommendation", output)


@app.command()
def page(
    article_id: Annotated[str, typer.Argument(help="The article; ids that begin with - follow --.")],
    visitor: VisitorOption = None,
    history: HistoryOption = "",
    fill: FillOption = "ranking",
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    output: FormatOption = "table",
) -> None:
    """Show the three lists of one article's page, nothing repeated."""
    import json

    from recsys.cli.tables import print_list
    from recsys.home import Home
    from recsys.settings import read_settings
    from serving.answers import page_answer
    from serving.questions import PageQuestion

    question = _question(PageQuestion, visitor_id=visitor, history=history, fill=fill)
    replica, now = _replica(home, as_of)
    _check_seen(replica, article_id, now)
    answer = page_answer(replica.model, article_id, question, read_settings(Home(home).settings), now)
    if output == "json":
        sys.stdout.write(answer.body.decode() + "\n")
        return
    lists = json.loads(answer.body)
    for name in ("related", "ranking", "recommendation"):
        print_list(lists[name], name.title())


def _explain(replica: "Replica", article_id: str, other_id: str, question: Any, now: int, output: str) -> None:
    import msgspec

    from recsys.cli.tables import print_why_not
    from recsys.why_not import why_not
    from serving.answers import row_of

    model = replica.model
    told = why_not(model, row_of(model, article_id, now), other_id, question.wish(model), now)
    if output == "json":
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    else:
        print_why_not(told)


def _check_seen(replica: "Replica", article_id: str, now: int) -> None:
    """Raises NotFound with the reason where an article has no page now; over HTTP all of them are one 404."""
    from recsys.errors import NotFound
    from recsys.times import format_time

    articles = replica.model.articles
    row = articles.row(article_id)
    if row is None:
        raise NotFound(f"There is no article with the id {article_id}. `recsys ranking` shows some that there are.")
    if articles.exists(row, now):
        return
    if articles.gone[row]:
        raise NotFound(f"{article_id} is deleted. A PUT, or an import with a later updated_at, brings it back.")
    published = int(articles.published[row])
    if published > now:
        raise NotFound(
            f"{article_id} is not published before {format_time(published)}. --as-of looks from a later time."
        )
    raise NotFound(f"{article_id} has expired.")


def _replica(home: Path, as_of: str | None) -> "tuple[Replica, int]":
    """The active model with the log up to `as_of` applied, and that moment in microseconds."""
    from recsys.cli.app import as_of_micros, existing_home
    from recsys.cli.opening import replica_at

    found = existing_home(home)
    now = as_of_micros(as_of, found)
    return replica_at(found, now, replay=as_of is not None), now


def _question(kind: Any, **values: Any) -> Any:
    """The question of the API with these values; a usage error where the API would answer 422."""
    from pydantic import ValidationError

    try:
        return kind(**{name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        reason = first["msg"].removeprefix("Value error, ")
        raise typer.BadParameter(": ".join([*map(str, first["loc"]), reason])) from None


def _read(path: Path) -> str:
    """The text in a file, or on standard input where `path` is -; raises BadInput."""
    from recsys.errors import BadInput

    try:
        return (sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()).decode()
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file. --text takes a file; - reads the text from input.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not UTF-8 text.") from None


def _print(answer: "Answer", title: str, output: str) -> None:
    import json

    from recsys.cli.tables import print_list

    if output == "json":
        sys.stdout.write(answer.body.decode() + "\n")
    else:
        print_list(json.loads(answer.body), title)
