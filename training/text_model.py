"""The text model of a site, in whichever way is faster for its size."""

from collections.abc import Sequence

from scipy import sparse

from recsys.tfidf import Fields, TextModel

COMPILING_PAYS = 8_000_000  # characters: with fewer, the plain twin is done before the kernel is compiled


def fit_text(corpus: Sequence[Fields]) -> tuple[TextModel, sparse.csr_array]:
    """`TextModel.fit`; of a large corpus by compiled loops, whose weights agree to float32 rounding."""
    if characters_of(corpus) < COMPILING_PAYS:
        return TextModel.fit(corpus)
    from training.vectorise import fit_compiled  # numba takes a second to import

    return fit_compiled(corpus)


def characters_of(corpus: Sequence[Fields]) -> int:
    """How many characters there are in titles and texts."""
    return sum(len(fields.title) + len(fields.text) for fields in corpus)
