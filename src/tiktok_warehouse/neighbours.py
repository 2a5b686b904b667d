"""Files that people take for ones that are read: what they are, and what to do instead.

One table, by the names of columns or of JSON fields; upper and lower case, spaces and underscores
do not matter. None of it decides what is read: it is asked once everything else has refused a file.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tiktok_warehouse import archives, readers
from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.sources.export_file import ExportFile
from tiktok_warehouse.text_files import open_text


@dataclass(frozen=True)
class Neighbour:
    """A shape that is recognised and not read.

    Attributes:
        name: what it is, behind "is".
        marks: names that it has.
        least: how many of them a file has at least, to be it.
        instead: one sentence of what to do.
    """

    name: str
    marks: frozenset[str]
    least: int
    instead: str


def _list(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(","))


# The first that fits counts, so what has more names of its own stands before what has fewer.
NEIGHBOURS = (
    Neighbour(
        "a payload of the Research API",
        _list("region code, hashtag names, view count, voice to text, music id, effect ids"),
        4,
        "It tells of other people's videos: map its counters into video_snapshots with a mapping"
        " file.",
    ),
    Neighbour(
        "TikTok Studio's own list of posts (item_list), as its page fetches it",
        _list("item list, item id, play count, post time, favorite count, status code, has more"),
        4,
        "Choose Content in TikTok Studio's download, and offer that.",
    ),
    Neighbour(
        "what a scraper took from the web page or the app",
        _list(
            "digg count, play count, collect count, diggcount, playcount, collectcount,"
            " sharecount, commentcount, webvideourl, authormeta, aweme id, aweme list"
        ),
        2,
        "Offer TikTok Studio's download or the Accounts API's /business/video/list/, or map its"
        " counters into video_snapshots with a mapping file.",
    ),
    Neighbour(
        "a list of videos of the Display API",
        _list(
            "view count, like count, comment count, share count, video description, embed link,"
            " embed html, cover image url"
        ),
        4,
        "Fetch /business/video/list/ of the Accounts API, which has watch time and saves too, or"
        " map its counters into video_snapshots with a mapping file.",
    ),
    Neighbour(
        "a profile of the Display API",
        _list("follower count, likes count, video count, following count, open id, union id"),
        3,
        "Fetch /business/get/ of the Accounts API, or map it into account_snapshots with a mapping"
        " file.",
    ),
    Neighbour(
        "a report of TikTok Shop's analytics",
        _list("gmv, gpm, sku orders, units sold, click through rate, product impressions"),
        2,
        "Map its orders into conversions of the type purchase with a mapping file.",
    ),
    Neighbour(
        "TikTok Shop's list of orders",
        _list(
            "order status, order substatus, sku id, seller sku, buyer username, tracking id,"
            " shipping provider name, order amount, sku quantity, recipient, product name,"
            " order id, warehouse name, created time, paid time"
        ),
        3,
        "Map them into conversions of the type purchase with a mapping file, an id, a time and an"
        " amount each; leave the buyers out.",
    ),
    Neighbour(
        "a report of Ads Manager, or of a connector to it",
        _list(
            "campaign name, ad group name, ad name, campaign id, adgroup id, ad id, advertiser id,"
            " stat time day, stat time hour, by day, cpc (destination), cpm, cpc, ctr,"
            " clicks (destination), clicks (all), ctr (destination), spend, cost per conversion,"
            " cost per 1,000 people reached, 2-second video views, 6-second video views,"
            " video watched 2s, video watched 2 s, video views p25, video views p 25,"
            " primary status, real time conversion"
        ),
        3,
        "Paid reach is none of the marts' measures; map conversions that ads brought into"
        " conversions with a mapping file.",
    ),
    Neighbour(
        "a report of LIVE Backstage or the LIVE Center",
        _list(
            "diamonds, live duration, live time, live count, valid go live days, valid days,"
            " go live days, gift givers, peak concurrent viewers, average concurrent viewers,"
            " live streams, creator's username, creator id, peak viewers, live rewards"
        ),
        2,
        "LIVE is not part of the marts: leave it out.",
    ),
    Neighbour(
        "a statement of Creator Rewards",
        _list(
            "estimated rewards, rpm, qualified views, qualified video views, standard reward,"
            " additional reward, standard rewards, additional rewards, total rewards"
        ),
        2,
        "Money from the platform is none of the marts' measures: leave it out, and offer TikTok"
        " Studio's download of the same days.",
    ),
)

# Parts of the words that the text files of an archive are made of; letters alone, no accents.
_WORDS = {
    "German": "verlauf aktivitat suchbegriff nutzername einstellungen suchen",
    "French": "historique activite utilisateur recherche abonnes",
    "Spanish": "historial actividad usuario busqueda fecha",
    "Portuguese": "historico atividade usuario utilizador pesquisa",
    "Italian": "cronologia attivita utente ricerca",
}
_RECORD = re.compile(r"([^:]{1,60}):\s*\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?: UTC)?\s*", re.ASCII)
_JSON_NAME = re.compile(r'"([^"\\]{1,60})"\s*:')


def find_neighbour(path: Path, name: str) -> str | None:
    """What a file is that nothing reads, and what to do instead, to follow its name.

    Args:
        path: its bytes; the first megabyte is looked at.
        name: its name, with the folders around it.

    Returns:
        None where nothing is known of it. Nothing of the file is quoted.
    """
    try:
        if archives.is_zip(path):
            from tiktok_warehouse.sources.studio_tables import read_headers

            names: Iterable[str] = [
                cell for row in read_headers(ExportFile(name, path, None, None)) for cell in row
            ]
        else:
            text = readers.read_head(path).decode("utf-8-sig", "ignore")
            if has_foreign_records(text) and (language := _guess_language([name, text[:4096]])):
                return explain_language(language)
            names = list_names(text)
    except (RefusedFile, OSError):
        return None
    found = {_fold(each) for each in names}
    for neighbour in NEIGHBOURS:
        if len(neighbour.marks & found) >= neighbour.least:
            return f"is {neighbour.name}, which is not read. {neighbour.instead}"
    return None


def list_names(text: str) -> list[str]:
    """The names in the start of a text: of JSON all its fields, else of its first line."""
    if text.lstrip()[:1] in ("{", "["):
        return _JSON_NAME.findall(text)
    lines = (line for line in text.splitlines() if line.strip())
    first = next((line for line in lines if not readers.is_separator_line(line)), "")
    names = []
    for mark in (",", "\t", ";"):
        try:
            names += next(csv.reader([first], delimiter=mark), [])
        except csv.Error:
            continue
    return names


def _fold(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())


# --- text files of a personal archive ----------------------------------------------------------


def has_foreign_records(text: str) -> bool:
    """Whether a text begins as a section of a personal archive does, in whatever language."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return _RECORD.fullmatch(first) is not None


def explain_language(language: str | None) -> str:
    """What to do with an archive of text files in a language, to follow its name."""
    which = f"in {language}" if language else "in a language that is not known"
    return (
        f"is of a personal archive whose text files are {which}; of text files only English and"
        " Dutch ones are read. Ask TikTok for the archive as JSON, whose names are English in every"
        " language."
    )


def guess_language(files: Iterable[ExportFile]) -> str | None:
    """The language of an archive's text files, by the words in their names and first lines."""
    texts = []
    for file in files:
        texts.append(str(PurePosixPath(file.name).with_suffix("")))
        with open_text(file.path) as opened:
            texts.append(opened.read(4096).decode("utf-8-sig", "ignore"))
    return _guess_language(texts)


def _guess_language(texts: Iterable[str]) -> str | None:
    words = [_letters(text) for text in texts]
    hits = Counter(
        {
            language: sum(part in word for part in parts.split() for word in words)
            for language, parts in _WORDS.items()
        }
    )
    language, count = hits.most_common(1)[0]
    return language if count else None


def _letters(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalpha())
