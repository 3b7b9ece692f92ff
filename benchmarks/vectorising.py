"""Claim: the compiled vectoriser takes in at least 3.5 times the documents per CPU second of scikit-learn's
TfidfVectorizer doing the same work (stems and pairs of words; pairs of characters where no spaces part words), in every
script, and its matrix is that of the plain twin. Beside it the default TfidfVectorizer(): no stems, no pairs.

    python benchmarks/vectorising.py [--repeat 3]

Each run is a process of its own, contenders alternate, medians are compared. Compiled code is read from numba's cache;
what filling that costs is shown apart, and so is taking the text out of HTML, which every contender needs alike. Texts
in other alphabets are Reuters' with its letters replaced: they say nothing of quality, but all of how much there is to
do.
"""

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median

import numpy as np

from recsys.markup import html_to_text
from recsys.tfidf import Fields, TextModel

DATASETS = Path(os.environ.get("RECSYS_DATASETS", "../shared/datasets"))
RESULT = Path(__file__).parent / "results" / "vectorising.json"
GOAL = 3.5
STEMMERS = {"en": "english", "fr": "french", "ru": "russian", "hi": "hindi"}
LATIN = "abcdefghijklmnopqrstuvwxyz"
ALPHABETS = {
    "reuters in Cyrillic": ("ru", "абцдефгхийклмнопярстувшхыз"),
    "reuters in Devanagari": ("hi", "अबचदएफगहइजकलमनओपखरसतउवशक्षयझ"[:26]),
    "reuters in Hangul": ("ko", "가나다라마바사아자차카타파하거너더러머버서어저처커터"),
    "reuters in Thai": ("th", "กขคงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝ"),
}
DATA = ["reuters", "digitalgov", "cds", "jawikinews", "thucnews", *ALPHABETS]
CONTENDERS = ["TfidfVectorizer()", "TfidfVectorizer, same work", "plain twin", "ours"]


def articles(name: str) -> tuple[list[Fields], float]:
    """Titles and texts, and the CPU seconds that taking them out of HTML took."""
    folder = name.split(maxsplit=1)[0]
    with gzip.open(DATASETS / folder / "articles.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    began = time.process_time()
    texts = [html_to_text(row.get("body", "")) for row in rows]
    seconds = time.process_time() - began
    language, letters = ALPHABETS.get(name, ("", LATIN))
    table = str.maketrans(LATIN + LATIN.upper(), letters + letters)
    return [
        Fields(row["title"].translate(table), text.translate(table), (), language or row["language"])
        for row, text in zip(rows, texts, strict=True)
    ], seconds


def same_work(fields: list[Fields]) -> Callable[[list[str]], object]:
    """scikit-learn with stems and word pairs, or with character pairs, as the language asks."""
    import Stemmer
    from sklearn.feature_extraction.text import TfidfVectorizer

    language = fields[0].language
    if language not in STEMMERS:
        analyzer = "char_wb" if language == "ko" else "char"
        return TfidfVectorizer(preprocessor=one_spelling, analyzer=analyzer, ngram_range=(2, 2)).fit_transform
    words = TfidfVectorizer(token_pattern=r"(?u)\b\w\w+\b").build_tokenizer()
    stem = cache(Stemmer.Stemmer(STEMMERS[language], 0).stemWord)  # each word once, as we do
    return TfidfVectorizer(
        preprocessor=one_spelling,
        tokenizer=lambda text: [stem(word) for word in words(text)],
        token_pattern=None,
        ngram_range=(1, 2),
    ).fit_transform


def one_spelling(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def run(contender: str, name: str) -> dict[str, float]:
    """CPU seconds of one fit, after a small one that loads what is loaded once."""
    fields, html = articles(name)
    plain = [f"{one.title} {one.text}" for one in fields]
    if contender == "TfidfVectorizer()":
        from sklearn.feature_extraction.text import TfidfVectorizer

        fit: Callable[[int], object] = lambda n: TfidfVectorizer().fit_transform(plain[:n])  # noqa: E731
    elif contender == "TfidfVectorizer, same work":
        fit = lambda n: same_work(fields)(plain[:n])  # noqa: E731
    elif contender == "plain twin":
        fit = lambda n: TextModel.fit(fields[:n])  # noqa: E731
    else:
        from training.vectorise import fit_compiled

        fit = lambda n: fit_compiled(fields[:n])  # noqa: E731
    began = time.process_time()
    fit(100)
    first = time.process_time() - began
    began = time.process_time()
    fit(len(fields))
    return {"seconds": time.process_time() - began, "documents": len(fields), "first": first, "html": html}


def in_new_process(contender: str, name: str, **environment: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--run", contender, name]
    settings = os.environ | {"OPENBLAS_NUM_THREADS": "1"} | environment
    return json.loads(subprocess.run(command, env=settings, capture_output=True, text=True, check=True).stdout)


def equal(name: str) -> bool:
    """Whether the compiled matrix is the plain one."""
    from training.vectorise import fit_compiled

    fields, _ = articles(name)
    (model, matrix), (twin, expected) = fit_compiled(fields[:2000]), TextModel.fit(fields[:2000])
    same = all(np.array_equal(array, twin.arrays()[key]) for key, array in model.arrays().items())
    return (
        same
        and np.array_equal(matrix.indices, expected.indices)
        and np.array_equal(matrix.indptr, expected.indptr)
        and np.allclose(matrix.data, expected.data, rtol=1e-6, atol=0)
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--run", nargs=2)
    arguments = parser.parse_args()
    if arguments.run:
        print(json.dumps(run(*arguments.run)))
        return 0
    if not DATASETS.is_dir():
        print(f"no data sets at {DATASETS}: set RECSYS_DATASETS")
        return 0
    with tempfile.TemporaryDirectory() as empty:
        cold = in_new_process("ours", "thucnews", NUMBA_CACHE_DIR=empty)["first"]
    print(f"compiling, once an installation: {cold:.1f} CPU s")
    machine = {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
    result = {"goal": GOAL, "compiling": cold, "machine": machine, "held": True, "same_matrix": {}, "runs": {}}
    print(f"documents per CPU second, medians of {arguments.repeat} alternating runs")
    heads = "".join(f"{contender:>28s}" for contender in CONTENDERS)
    print(f"{'':24s}{heads}{'ours / same work':>20s}{'ours / default':>16s}  same matrix  HTML, CPU s")
    for name in DATA:
        same = equal(name)
        runs = {contender: [] for contender in CONTENDERS}
        for _ in range(arguments.repeat):
            for contender in CONTENDERS:
                runs[contender].append(in_new_process(contender, name))
        rate = {c: median(r["documents"] / r["seconds"] for r in runs[c]) for c in CONTENDERS}
        gain, default = (rate["ours"] / rate[c] for c in (CONTENDERS[1], CONTENDERS[0]))
        result["held"] &= same and gain >= GOAL
        result["same_matrix"][name], result["runs"][name] = same, runs
        RESULT.write_text(json.dumps(result, indent=1) + "\n")
        html = median(r["html"] for r in runs["ours"])
        row = "".join(f"{rate[c]:28,.0f}" for c in CONTENDERS)
        print(f"{name:24s}{row}{gain:20.2f}{default:16.2f}  {same!s:11}{html:13.2f}", flush=True)
    print("claim holds" if result["held"] else "claim FALLS SHORT")
    return 0 if result["held"] else 1


if __name__ == "__main__":
    sys.exit(main())
