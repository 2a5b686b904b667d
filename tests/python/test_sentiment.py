"""Comments are judged as they land, without a network, and their text stays behind.

``comments_labelled.csv`` holds comments as people write them under videos, with the language and
the sentiment that a reader gives them. ``unknowable``: sarcasm, and what means many things.
"""

from __future__ import annotations

import csv
import os
import shutil
import socket
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import archive_files as made
from tiktok_warehouse import cli, generate, lake, sentiment
from tiktok_warehouse.conform import conform_batch
from tiktok_warehouse.entities import ENTITIES, SENTIMENT_COLUMNS
from tiktok_warehouse.exports import Settings
from tiktok_warehouse.home import PROJECT_ROOT, Home, open_home
from tiktok_warehouse.ingest import IngestResult, ingest_paths
from tiktok_warehouse.sentiment import (
    JUDGED_CHARACTERS,
    NOT_JUDGED,
    Judgement,
    judge_comment,
    judge_comments,
    keep_words,
)

with (Path(__file__).parent / "comments_labelled.csv").open(encoding="utf-8", newline="") as _file:
    LABELLED = list(csv.DictReader(_file))

HEADER = "interaction_id,interacted_at,video_id,interaction_type,comment_text"


def land(home: Home, folder: Path, name: str, text: str, **options: Any) -> IngestResult:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    return ingest_paths(home, [path], settings=Settings(keep_comment_text=True), **options)


def landed(home: Home, entity: str = "interactions") -> list[tuple[str | None, ...]]:
    """Text, language and score of each row, in order."""
    columns = ", ".join(("comment_text", *SENTIMENT_COLUMNS))
    files = f"read_parquet('{home.raw}/*/{entity}.*.parquet', union_by_name = true)"
    return duckdb.sql(f"select {columns} from {files} order by _ingest_seq, _source_row").fetchall()


def label(score: str | None) -> str | None:
    if score is None:
        return None
    value = Decimal(score)
    edge = Decimal("0.05")
    return "positive" if value >= edge else "negative" if value <= -edge else "neutral"


# ---------------------------------------------------------------- what the libraries are worth


def test_no_comment_in_another_language_is_taken_for_english() -> None:
    others = [row for row in LABELLED if row["language"] not in ("", "en")]
    judged = [judge_comment(row["text"]) for row in others]
    assert len(others) == 45
    assert [one for one in judged if one.language == "en" or one.score is not None] == []
    named = sum(one.language == row["language"] for one, row in zip(judged, others, strict=True))
    assert named >= 30


def test_english_is_found_and_judged_as_well_as_measured() -> None:
    english = [row for row in LABELLED if row["language"] == "en"]
    judged = {row["text"]: judge_comment(row["text"]) for row in english}
    assert len(english) == 82
    assert sum(one.score is not None for one in judged.values()) >= 76
    kinds: dict[str, Counter[bool]] = {}
    for row in english:
        given_label = label(judged[row["text"]].score)
        if given_label is not None and row["sentiment"] != "unknowable":
            right = given_label == row["sentiment"]
            kinds.setdefault(row["kind"], Counter())[right] += 1
    assert kinds["plain"][True] >= 34
    assert kinds["plain"].total() == 35
    assert sum(kind[True] for kind in kinds.values()) >= 57
    # Known to be weak: the slang of the platform. Who mends it may raise this.
    assert kinds["slang"][True] == 0


@pytest.mark.parametrize("row", [row for row in LABELLED if row["kind"] == "emoji"])
def test_pictures_alone_have_neither_language_nor_score(row: dict[str, str]) -> None:
    assert judge_comment(row["text"]) == NOT_JUDGED


@pytest.mark.parametrize(
    "text", ["", "  ", "12345", "@user", "@a.b @c", "https://x.example/y", "?!"]
)
def test_what_has_no_words_is_not_judged(text: str) -> None:
    assert judge_comment(text) == NOT_JUDGED


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("this is great 🔥🔥 thanks", "this is great thanks"),
        ("I don\u2019t like it", "I don't like it"),
        ("@happy.girl look at www.love.example now", "look at now"),
        ("write to a@b.example", "write to a@b.example"),
        ("first\nsecond\tthird", "first second third"),
        ("👩🏽\u200d🍳 cooks ❤\ufe0f", "cooks"),
        ("यह बहुत अच्छा है", "यह बहुत अच्छा है"),
        ("a" * 5000, "a" * JUDGED_CHARACTERS),
    ],
)
def test_only_words_are_judged(text: str, plain: str) -> None:
    assert keep_words(text) == plain


def test_pictures_and_mentions_do_not_move_a_score() -> None:
    words = judge_comment("what a lovely song this is")
    assert words.language == "en"
    assert judge_comment("what a lovely song this is 🔥😭💀 @hate") == words


def test_a_typographic_apostrophe_negates_like_a_plain_one() -> None:
    plain = judge_comment("I don't like this one")
    assert judge_comment("I don\u2019t like this one") == plain
    assert label(plain.score) == "negative"


@given(st.text(max_size=300))
def test_any_text_is_judged_the_same_twice_and_within_bounds(text: str) -> None:
    first = judge_comment(text)
    judge_comment.cache_clear()
    assert judge_comment(text) == first
    assert judge_comments([text, None, text]) == [first, NOT_JUDGED, first]
    if first.score is not None:
        assert first.language in sentiment.JUDGED_LANGUAGES
        assert -1 <= Decimal(first.score) <= 1


_WORDS = st.sampled_from(
    (
        *("the", "song", "not", "good", "bad", "no", "kind", "of", "love", "but", "least", "at"),
        *(
            "never",
            "so",
            "GREAT",
            "don't",
            ":(",
            ":)",
            "meh",
            "worst,",
            "(good)",
            "'bad'",
            "fun!",
            "!!bad",
            "sad?!?",
        ),
        *("...", "fun-ny", "no!", "video", "ok", "!", "I", "\u0130YI"),
    )
)


@given(st.lists(_WORDS, max_size=9).map(" ".join))
def test_the_score_is_the_analyzers_own(words: str) -> None:
    models = sentiment._load_models()
    score = sentiment._score(words, models)
    models.analyzer.constants.PUNC_LIST = list(models.marks)
    assert score == models.analyzer.polarity_scores(words)["compound"]


def test_nothing_is_fetched_to_judge() -> None:
    program = (
        "import socket\n"
        "def refuse(*_): raise OSError('a network was asked for')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from tiktok_warehouse.sentiment import judge_comment\n"
        "print(judge_comment('I love this so much').score)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(PROJECT_ROOT / "src"), "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "0.6369\n"


def test_words_that_were_installed_as_hard_links_are_read(tmp_path: Path) -> None:
    # As uv installs them: every file has a second name, in uv's cache.
    cache, installed = tmp_path / "cache", tmp_path / "installed"
    shutil.copytree(str(resources.files("vaderSentiment")), cache)
    shutil.copytree(cache, installed / "vaderSentiment", copy_function=os.link)
    program = (
        "import vaderSentiment\n"
        "from tiktok_warehouse.sentiment import judge_comment\n"
        "print(vaderSentiment.__file__, judge_comment('I love this so much').score)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": os.pathsep.join(map(str, (installed, PROJECT_ROOT / "src")))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"{installed / 'vaderSentiment' / '__init__.py'} 0.6369\n", done.stderr


# ---------------------------------------------------------------- at the ingest door


def test_a_comment_lands_with_its_judgement(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    body = (
        "1,2026-05-01,v, Comment ,I love this so much\n"
        "2,2026-05-01,v,comment,me encanta este video\n"
        "3,2026-05-01,v,comment,😍😍\n4,2026-05-01,v,comment,\n"
        "5,2026-05-01,v,comment,I hate this trend\n"
        "6,2026-05-01,v,comment,I love this so much\n7,2026-05-01,v,like,\n"
    )
    land(home, tmp_path / "in", "interactions.csv", f"{HEADER}\n{body}")
    assert landed(home) == [
        ("I love this so much", "en", "0.6369"),
        ("me encanta este video", "es", None),
        ("😍😍", None, None),
        (None, None, None),
        ("I hate this trend", "en", "-0.5719"),
        ("I love this so much", "en", "0.6369"),
        (None, None, None),
    ]


def test_only_the_text_of_comments_is_ever_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []

    def judge(texts: list[str | None]) -> list[Judgement]:
        seen.extend(texts)
        return [NOT_JUDGED] * len(texts)

    monkeypatch.setattr("tiktok_warehouse.conform.judge_comments", judge)
    kinds = ["direct_message", "comment", "COMMENT", "share", None]
    batch = pa.record_batch(
        {
            "interaction_type": pa.array(kinds, pa.string()),
            "comment_text": pa.array(["secret", "open", "open too", "aside", "lost"], pa.string()),
        }
    )
    conform_batch(batch, ENTITIES["interactions"], hash_values=lambda values: values)
    assert seen == ["open", "open too"]


def test_a_file_cannot_bring_its_own_judgement(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    header = f"{HEADER},Comment_Language,comment_sentiment_score"
    result = land(
        home, tmp_path / "in", "interactions.csv", f"{header}\n1,2026-05-01,v,comment,ok ok,xx,99\n"
    )
    (row,) = landed(home)
    assert "xx" not in row
    assert "99" not in row
    unknown = result.landed[0].unknown_columns
    assert unknown == ("Comment_Language", "comment_sentiment_score")
    mapping = tmp_path / "own.yml"
    mapping.write_text(
        "name: own\nfiles: ['*.csv']\nentities:\n  - entity: interactions\n    columns:\n"
        "      interaction_id: interaction_id\n      interacted_at: interacted_at\n"
        "      video_id: video_id\n      interaction_type: interaction_type\n"
        "      comment_sentiment_score: comment_sentiment_score\n"
    )
    outcome = cli.run(
        ["ingest", str(tmp_path / "in"), "--mapping", str(mapping), "--home", str(home.root)]
    )
    assert outcome == 2


def test_a_comment_of_an_archive_is_judged_though_its_text_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made, "COMMENT_TEXT", "I love this so much")
    home = open_home(tmp_path / "home")
    archive = made.make_json()
    path = made.write_json(tmp_path, archive).path
    ingest_paths(home, [path])
    rows = landed(home, "archive_comments")
    assert rows
    assert all(row[0] is None for row in rows)
    assert (None, "en", "0.6369") in rows


# ---------------------------------------------------------------- lakes from before


def drop_judgements(home: Home) -> int:
    """Take the two columns out of every landed file, as an older version has left them."""
    changed = 0
    for path in home.raw.glob("2*/interactions.*.parquet"):
        table = pq.ParquetFile(path).read()
        pq.write_table(table.drop_columns(list(SENTIMENT_COLUMNS)), path)
        changed += 1
    return changed


def sentiment_by_day(home: Home) -> tuple[Any, ...]:
    with duckdb.connect(str(home.published / "tiktok.duckdb"), read_only=True) as connection:
        (row,) = connection.execute(
            "select sum(comments), sum(comments_judged), sum(comments_not_judged)"
            " from marts.comment_sentiment_daily where comments_judged is not null"
        ).fetchall()
    return tuple(row)


def test_comments_of_an_older_lake_are_counted_and_not_judged_until_they_land_again(
    lake_home: Home, tmp_path: Path
) -> None:
    comments, judged, not_judged = sentiment_by_day(lake_home)
    assert judged > 0
    assert comments == judged + not_judged
    assert drop_judgements(lake_home) > 0
    assert cli.run(["refresh", "--yes-rebuild-everything", "--home", str(lake_home.root)]) == 0
    assert sentiment_by_day(lake_home) == (comments, 0, comments)

    # The log of that home once more: its texts were dropped when they were judged.
    log = generate.generate_log(
        tmp_path / "log", events=3000, days=12, file_format="parquet", seed=3
    )
    again = [str(path) for path in log.files["interactions"]]
    assert cli.run(["ingest", *again, "--again", "--home", str(lake_home.root)]) == 0
    assert cli.run(["refresh", "--home", str(lake_home.root)]) == 0
    assert sentiment_by_day(lake_home)[1] == judged


def test_the_empty_files_of_an_older_home_are_renewed(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    lake.ensure_lake(home)
    path = home.raw / "_empty" / "interactions.0.parquet"
    pq.write_table(pq.read_table(path).drop_columns(list(SENTIMENT_COLUMNS)), path)
    lake.ensure_lake(home)
    assert set(SENTIMENT_COLUMNS) <= set(pq.read_schema(path).names)


# ---------------------------------------------------------------- in the marts


def test_the_text_of_no_comment_reaches_what_is_published(sample_home: Home) -> None:
    seed = PROJECT_ROOT / "seeds" / "raw" / "raw_interactions.csv"
    with seed.open(encoding="utf-8", newline="") as file:
        texts = {row["comment_text"].strip() for row in csv.DictReader(file)}
    # Short words stand in other columns too, and hostile texts in captions.
    with seed.with_name("raw_videos.csv").open(encoding="utf-8", newline="") as file:
        texts -= {row["caption"].strip() for row in csv.DictReader(file)}
    texts = {text for text in texts if len(text) > 12 and " " in text}
    assert len(texts) > 50
    searched = 0
    with duckdb.connect(str(sample_home.published / "tiktok.duckdb"), read_only=True) as published:
        columns = published.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns()"
            " where not internal and data_type = 'VARCHAR' and schema_name = 'marts'"
        ).fetchall()
        assert "comment_text" not in {column for _, column in columns}
        for table, column in columns:
            values = published.execute(
                f'select distinct "{column}" from {table} where "{column}" is not null'
            ).fetchall()
            searched += len(values)
            assert not texts & {value for (value,) in values}, (table, column)
    assert searched > 100


def test_both_marts_add_up(sample_build: duckdb.DuckDBPyConnection) -> None:
    broken = sample_build.execute(
        """
        select * from (
            select *, comments_judged + comments_not_judged <> comments
                or positive_comments + neutral_comments + negative_comments <> comments_judged
                or comments_in_other_languages > comments_not_judged
                or abs(comment_sentiment_score) > 1
                or least(comments_judged, comments_not_judged, positive_comments,
                    neutral_comments, negative_comments, comments_in_other_languages) < 0
                as is_broken
            from marts.comment_sentiment_daily
            union all by name
            select *, comments_judged + comments_not_judged <> comments
                or positive_comments + neutral_comments + negative_comments <> comments_judged
                or comments_in_other_languages > comments_not_judged
                or abs(comment_sentiment_score) > 1
                or least(comments_judged, comments_not_judged, positive_comments,
                    neutral_comments, negative_comments, comments_in_other_languages) < 0
            from marts.video_comment_sentiment_daily
        ) where is_broken
        """
    ).fetchall()
    assert broken == []
    totals = [
        sample_build.execute(
            f"select sum(comments), sum(comments_judged), sum(comment_sentiment_sum)"
            f" from marts.{mart} where comments_judged is not null"
        ).fetchall()
        for mart in ("comment_sentiment_daily", "video_comment_sentiment_daily")
    ]
    assert totals[0] == totals[1]
    assert totals[0][0][1] > 0


def refuse(*_: object) -> NoReturn:
    raise OSError("a network was asked for")


def test_an_ingest_of_comments_asks_for_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    home = open_home(tmp_path / "home")
    land(
        home, tmp_path / "in", "interactions.csv", f"{HEADER}\n1,2026-05-01,v,comment,love it all\n"
    )
    assert len(landed(home)) == 1
