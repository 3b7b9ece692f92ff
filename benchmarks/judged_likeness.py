"""Claim: scores of Related agree with people's judgement of how alike short news is: Pearson's correlation at least
0.66 and nDCG@5 at least 0.83.

    python benchmarks/judged_likeness.py FOLDER

The folder holds the 50 judged texts of Lee, Pincombe and Welsh (2005), their 300 others and the judgements:
lee.cor, lee_background.cor and similarities0-1.txt, as the gensim package carries them in gensim/test/test_data.
All 350 are one site; titles are empty and dates equal, as the texts come without. A score is what a list of 100 says
with the floor dropped, and with the floor that a reader's list has; 0 for what isn't there. Beside it scikit-learn's
TfidfVectorizer() of the 350. Intervals are of 1,000 draws of the 50 texts.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.related_quality import trained
from recsys.article import Article
from recsys.items import Wish
from recsys.model import Model
from recsys.record import Micros
from recsys.related import related
from recsys.store import StoredArticle

RESULTS = Path(__file__).parent / "results" / "judged_likeness.json"
LIST = 100
TOP = 5
DRAWS, SEED = 1_000, 1
CORRELATION, NDCG = 0.66, 0.83
WHENEVER = Micros(0)  # all on one day
PLAIN, DEFAULT, SHOWN = "scikit-learn", "scores without the floor", "scores that lists show"

Matrix = NDArray[np.float64]


def read(folder: Path) -> tuple[list[str], int, Matrix]:
    """The texts, judged ones first; how many those are; their likeness, 0..1, 1 for a text and itself."""
    judged, others = ((folder / name).read_text("latin-1").splitlines() for name in ("lee.cor", "lee_background.cor"))
    upper = np.loadtxt(folder / "similarities0-1.txt")
    return judged + others, len(judged), np.maximum(upper, upper.T)


def plain(texts: list[str], n: int) -> Matrix:
    vectors = TfidfVectorizer().fit(texts).transform(texts[:n])
    return np.asarray((vectors @ vectors.T).toarray())


def scores(model: Model, now: int, n: int, *, floor: bool) -> Matrix:
    """(n, n) by row: what the list of each says of the others."""
    found = np.zeros((n, n))
    wish = Wish(limit=LIST, fill="none", min_score=None if floor else 0.0)
    for row in range(n):
        for item in related(model, row, wish, now):
            if item.row < n:
                found[row, item.row] = item.score
    return found


def correlation(found: Matrix, right: Matrix, drawn: NDArray[np.intp]) -> float:
    """Pearson's, over all pairs of different texts among those drawn."""
    one, other = (part[np.ix_(drawn, drawn)] for part in (found, right))
    pairs = (drawn[:, None] != drawn[None, :]).nonzero()
    return float(np.corrcoef(one[pairs], other[pairs])[0, 1])


def ndcg(found: Matrix, right: Matrix, drawn: NDArray[np.intp]) -> float:
    """Mean over the texts drawn; the gain is the judgement itself, all other texts are candidates."""
    gain, score = right.copy(), found.copy()
    np.fill_diagonal(gain, 0.0)
    np.fill_diagonal(score, -1.0)
    discount = 1.0 / np.log2(np.arange(2, TOP + 2))
    first = np.argsort(-score, axis=1, kind="stable")[:, :TOP]
    reached = np.take_along_axis(gain, first, axis=1) @ discount
    return float(np.mean((reached / (-np.sort(-gain, axis=1)[:, :TOP] @ discount))[drawn]))


def measured(measure: Callable[[Matrix, Matrix, NDArray[np.intp]], float], found: Matrix, right: Matrix) -> list[float]:
    """The value, and the bounds of its 95% interval."""
    n, rng = len(right), np.random.default_rng(SEED)
    draws = [measure(found, right, rng.integers(0, n, n)) for _ in range(DRAWS)]
    return [measure(found, right, np.arange(n)), *np.quantile(draws, (0.025, 0.975)).tolist()]


def main(folder: Path) -> int:
    texts, n, right = read(folder)
    articles = [
        StoredArticle(
            article=Article(id=f"{row}", title="", body=text, published_at=WHENEVER), row=row, views_at=0, likes_at=0
        )
        for row, text in enumerate(texts)
    ]
    model, now = trained(articles)
    found = {
        PLAIN: plain(texts, n),
        DEFAULT: scores(model, now, n, floor=False),
        SHOWN: scores(model, now, n, floor=True),
    }
    figures = {
        name: {"correlation": measured(correlation, one, right), "ndcg@5": measured(ndcg, one, right)}
        for name, one in found.items()
    }
    print("| | Pearson's correlation | nDCG@5 |\n|---|---|---|")
    for name, figure in figures.items():
        print(f"| {name} | {' | '.join('{:.3f} [{:.3f}, {:.3f}]'.format(*value) for value in figure.values())} |")
    RESULTS.write_text(json.dumps(figures, indent=1) + "\n")
    held = figures[DEFAULT]["correlation"][0] >= CORRELATION and figures[DEFAULT]["ndcg@5"][0] >= NDCG
    print("the claim holds" if held else "the claim FALLS SHORT")
    return 0 if held else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
