"""Which language a text is in: as declared, else by its script, else by its letters' statistics."""

from functools import cache
from typing import Any

import regex

LEAST_LETTERS = 200
_SAMPLE = 4_000  # characters; more letters change no answer
_SCRIPT_LANGUAGE = {
    "Armenian": "hy",
    "Bengali": "bn",
    "Ethiopic": "am",
    "Georgian": "ka",
    "Greek": "el",
    "Gujarati": "gu",
    "Gurmukhi": "pa",
    "Hangul": "ko",
    "Hebrew": "he",
    "Kannada": "kn",
    "Khmer": "km",
    "Lao": "lo",
    "Malayalam": "ml",
    "Myanmar": "my",
    "Oriya": "or",
    "Sinhala": "si",
    "Tamil": "ta",
    "Telugu": "te",
    "Thai": "th",
}
_LETTER = regex.compile(r"\p{L}")
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_IN_SCRIPT = {name: regex.compile(rf"\p{{{name}}}") for name in _SCRIPT_LANGUAGE}


def language_of(text: str, declared: str | None, default: str) -> str:
    """Primary subtag of an article's language, in lower case.

    declared  a BCP 47 tag ("pt-BR") or None; it is believed
    default   the answer for texts with fewer than `LEAST_LETTERS` letters and none declared
    A script that in practice one language writes decides at once; else py3langid, which is loaded at its first use.
    """
    subtag = (declared or "").replace("_", "-").partition("-")[0].strip().lower()
    if subtag:
        return subtag
    sample = text[:_SAMPLE]
    letters = len(_LETTER.findall(sample))
    if letters < LEAST_LETTERS:
        return default
    if len(_KANA.findall(sample)) > letters / 10:
        return "ja"
    for script, language in _SCRIPT_LANGUAGE.items():
        if len(_IN_SCRIPT[script].findall(sample)) > letters / 2:
            return language
    return str(_identifier().classify(sample)[0])


@cache
def _identifier() -> Any:
    from py3langid import langid

    return langid
