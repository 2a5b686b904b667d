"""The sections of a personal archive: where each may stand, and which of its fields land.

A section is found by alternatives, never by a version: exports mix the names of several years.
Names are compared without case, spaces and punctuation, so ``TikTok Live`` is ``Tiktok Live``, and
``original post link`` is ``originalPostLink``. Of a record only the fields that a section names
are ever copied: what is sensitive has no name here, so it cannot land.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product

from tiktok_warehouse.entities import SENTIMENT_COLUMNS, Entity
from tiktok_warehouse.sentiment import NOT_JUDGED, judge_comment
from tiktok_warehouse.sources.spool import Row
from tiktok_warehouse.sources.text_values import find_posting_time, find_video_id, read_moment

OWNER = "archive_owner"

# Columns that name another person: the caller hashes them before anything is stored.
PERSON_COLUMNS_OF_ARCHIVE = (OWNER, "followed_person", "follower_person")

# A record's values by their plain field names. A missing key is missing here; NULL is None.
Record = dict[str, str | None]

_EMPTY_SCALARS = frozenset({"", "n/a", "none", "n.v.t."})
# "None" may be somebody's name, or a whole comment.
_EMPTY_NAMES = frozenset({"", "n/a", "n.v.t."})

# What the app fills in is short; anything else in such a field may be something a person wrote.
_WORD = re.compile(r"(?!.*\d{5})[\w /-]{1,40}")
_SOUND = re.compile(r"(?!.*\d{5})[^\n\r@]{1,150}")
_DIGITS = re.compile(r"\d{1,20}", re.ASCII)
_FLAG = re.compile(r"true|false|yes|no", re.IGNORECASE)


def _entity(
    name: str, *columns: str, timestamps: tuple[str, ...], derived: tuple[str, ...] = ()
) -> Entity:
    required = (OWNER, *timestamps[:1])
    rest = tuple(column for column in columns if column not in required)
    return Entity(name, required, rest, timestamps, derived)


ENTITIES_OF_ARCHIVE: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        _entity(
            "archive_watches",
            "video_id",
            "video_posted_at",
            timestamps=("watched_at", "video_posted_at"),
        ),
        _entity("archive_likes", "video_id", timestamps=("liked_at",)),
        _entity("archive_favorites", "kind", "video_id", timestamps=("favorited_at",)),
        _entity(
            "archive_shares", "video_id", "method", "shared_content", timestamps=("shared_at",)
        ),
        _entity(
            "archive_comments",
            "comment_length",
            "comment_text",
            "video_id",
            timestamps=("commented_at",),
            derived=SENTIMENT_COLUMNS,
        ),
        _entity("archive_follows", "followed_person", timestamps=("followed_at",)),
        _entity("archive_followers", "follower_person", timestamps=("followed_at",)),
        _entity("archive_searches", timestamps=("searched_at",)),
        _entity("archive_reposts", "video_id", timestamps=("reposted_at",)),
        _entity(
            "archive_posts",
            "video_id",
            "likes",
            "title_length",
            "sound",
            "is_ai_generated",
            "who_can_view",
            timestamps=("posted_at",),
        ),
        _entity(
            "archive_lives_watched", "live_id", "comments", "questions", timestamps=("watched_at",)
        ),
        Entity("archive_summary", (OWNER, "measure", "value"), (), ()),
    )
}


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A name without case, spaces and punctuation; for comparing only."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def is_empty(value: str | None) -> bool:
    """Whether a scalar is one of the archive's ways to say "nothing"."""
    return value is None or value.strip().casefold() in _EMPTY_SCALARS


# --- fields --------------------------------------------------------------------------------

# Plain names of fields, English and Dutch, and the one name that the rows below are made from.
_FIELDS = {
    "date": "date",
    "datum": "date",
    "creationtime": "date",
    "link": "link",
    "videolink": "link",
    "effectlink": "link",
    "username": "username",
    "gebruikersnaam": "username",
    "sharedcontent": "sharedcontent",
    "gedeeldeinhoud": "sharedcontent",
    "method": "method",
    "methode": "method",
    "comment": "comment",
    "reactie": "comment",
    "url": "link",
    "originalposturl": "link",
    "originalpostlink": "link",
    "likes": "likes",
    "title": "title",
    "sound": "sound",
    "aigeneratedcontent": "aigeneratedcontent",
    "whocanview": "whocanview",
    "watchtime": "date",
}

# Fields that are known, so that a text file's lines are told apart, and that never land.
_KNOWN_AND_DROPPED = (
    *("photo", "foto", "video", "sticker", "searchterm", "zoekterm", "title", "hashtagname"),
    *("hashtaglink", "favoritecollection", "allowcomments", "allowstitches", "allowduets"),
    *("allowstickers", "allowsharingtostory", "contentdisclosure", "location", "addyourstext"),
    *("coverimage", "alternatetext", "numberofcollections", "content", "from", "ip"),
    *("devicemodel", "devicesystem", "networktype", "carrier", "birthdate", "emailaddress"),
    *("telephonenumber", "displayname", "biodescription", "profilephoto", "profilevideo"),
    *("accountregion", "inferredgender", "platforminfo", "note", "resolution", "appversion"),
    *("commentcontent", "commenttime", "questioncontent", "questiontime"),
)


# --- rows ----------------------------------------------------------------------------------

MakeRow = Callable[[Record, bool], tuple[Row, str | None]]


def _moment(record: Record, column: str) -> tuple[str | None, str | None]:
    """The record's date as text of the contract, and what is wrong with it. Never its value."""
    text = record.get("date")
    if text is None or is_empty(text):
        return None, None
    moment = read_moment(text.strip())
    if moment is None:
        return None, f"{column} is no timestamp like YYYY-MM-DD hh:mm:ss"
    return moment, None


def _value(record: Record, name: str) -> str | None:
    value = record.get(name)
    return None if value is None or is_empty(value) else value.strip()


def _checked(record: Record, name: str, pattern: re.Pattern[str]) -> str | None:
    """A value that looks like the app's own; NULL for any other text."""
    value = _value(record, name)
    return value if value is not None and pattern.fullmatch(value) else None


def _name(record: Record) -> str | None:
    value = (record.get("username") or "").strip()
    return None if value.casefold() in _EMPTY_NAMES else value


def _watch(record: Record, _keep_text: bool) -> tuple[Row, str | None]:
    watched_at, problem = _moment(record, "watched_at")
    video_id = find_video_id(record.get("link"))
    return (watched_at, video_id, find_posting_time(video_id)), problem


def _video_event(column: str) -> MakeRow:
    def make(record: Record, _keep_text: bool) -> tuple[Row, str | None]:
        happened_at, problem = _moment(record, column)
        return (happened_at, find_video_id(record.get("link"))), problem

    return make


def _favorite(kind: str) -> MakeRow:
    def make(record: Record, _keep_text: bool) -> tuple[Row, str | None]:
        favorited_at, problem = _moment(record, "favorited_at")
        video_id = find_video_id(record.get("link")) if kind == "video" else None
        return (favorited_at, kind, video_id), problem

    return make


def _share(record: Record, _keep_text: bool) -> tuple[Row, str | None]:
    shared_at, problem = _moment(record, "shared_at")
    video_id = find_video_id(record.get("link"))
    method, shared_content = (_checked(record, name, _WORD) for name in ("method", "sharedcontent"))
    return (shared_at, video_id, method, shared_content), problem


def _comment(record: Record, keep_text: bool) -> tuple[Row, str | None]:
    commented_at, problem = _moment(record, "commented_at")
    comment = record.get("comment")
    length = None if comment is None else str(len(comment.strip()))
    text = (comment or "").strip() or None
    judged = NOT_JUDGED if text is None else judge_comment(text)
    video_id = find_video_id(record.get("link"))
    return (commented_at, length, text if keep_text else None, video_id, *judged), problem


def _person_event(record: Record, _keep_text: bool) -> tuple[Row, str | None]:
    followed_at, problem = _moment(record, "followed_at")
    return (followed_at, _name(record)), problem


def _search(record: Record, _keep_text: bool) -> tuple[Row, str | None]:
    searched_at, problem = _moment(record, "searched_at")
    return (searched_at,), problem


def _post(record: Record, _keep_text: bool) -> tuple[Row, str | None]:
    posted_at, problem = _moment(record, "posted_at")
    title = _value(record, "title")
    is_ai = _checked(record, "aigeneratedcontent", _FLAG)
    row = (
        posted_at,
        find_video_id(record.get("link")),
        _checked(record, "likes", _DIGITS),
        None if title is None else str(len(title)),
        _checked(record, "sound", _SOUND),
        None if is_ai is None else is_ai.lower(),
        _checked(record, "whocanview", _WORD),
    )
    return row, problem


def make_live_row(live_id: str, record: Record) -> tuple[Row, str | None]:
    """The row of one live that was watched; ``comments`` and ``questions`` are counts."""
    watched_at, problem = _moment(record, "watched_at")
    known_id = live_id if _DIGITS.fullmatch(live_id) else None
    return (watched_at, known_id, record.get("comments"), record.get("questions")), problem


def _live(record: Record, _keep_text: bool) -> tuple[Row, str | None]:
    # Text files do not say which live, and how they list its comments has not been seen.
    watched_at, problem = _moment(record, "watched_at")
    return (watched_at, None, None, None), problem


# Totals over the life of the account: plain names in the export, and ours.
SUMMARY_MEASURES = {
    "videoswatchedtotheendsinceaccountregistration": "videos_watched_to_the_end",
    "videocount": "videos_watched_to_the_end",
    "videoswatchedtotheend": "videos_watched_to_the_end",
    "videossharedsinceaccountregistration": "videos_shared",
    "sharedvideocount": "videos_shared",
    "videoscommentedonsinceaccountregistration": "videos_commented_on",
    "commentvideocount": "videos_commented_on",
}
PROFILE_MEASURES = {
    "followercount": "followers",
    "followingcount": "following",
    "likesreceived": "likes_received",
}


# --- sections ------------------------------------------------------------------------------

LIST, SUMMARY, PROFILE, LIVES, LEFT_OUT = "list", "summary", "profile", "lives", "left out"


# Compared as itself: two sections are never equal by accident.
@dataclass(frozen=True, eq=False)
class Section:
    """One section of the archive.

    Attributes:
        name: its name in results and messages.
        layout: how its records lie: LIST, or a map of one of the other kinds; LEFT_OUT lands
            nothing.
        entity: what its records become.
        make_row: a record of plain fields to a row without the owner, and what is wrong with it.
        fields: field names, plain, and what ``make_row`` calls them: all that is ever copied.
        paths: plain keys from the root of the JSON to the value that holds the records.
        files: plain stems of its text files.
    """

    name: str
    layout: str
    entity: Entity | None
    make_row: MakeRow | None
    fields: dict[str, str]
    paths: tuple[tuple[str, ...], ...]
    files: tuple[str, ...]


def _paths(*places: str) -> tuple[tuple[str, ...], ...]:
    """``A,B > C > D`` is two paths; each name plain."""
    found: list[tuple[str, ...]] = []
    for place in places:
        steps = [[plain(name) for name in step.split(",")] for step in place.split(">")]
        found.extend(product(*steps))
    return tuple(dict.fromkeys(found))


def _pick(*names: str) -> dict[str, str]:
    return {name: ours for name, ours in _FIELDS.items() if ours in names}


def _landed(
    name: str,
    entity: str,
    make_row: MakeRow,
    fields: dict[str, str],
    places: tuple[str, ...],
    files: tuple[str, ...],
) -> Section:
    stems = tuple(plain(file) for file in files)
    target = ENTITIES_OF_ARCHIVE[entity]
    return Section(name, LIST, target, make_row, fields, _paths(*places), stems)


def _left_out(name: str, places: tuple[str, ...], files: tuple[str, ...]) -> Section:
    stems = tuple(plain(file) for file in files)
    return Section(name, LEFT_OUT, None, None, {}, _paths(*places), stems)


_ACTIVITY = "Your Activity,Activity"
_LIKING = "Likes and Favorites,Likes and Favourites,Your Activity,Activity"
_SELF = "Profile And Settings,Profile,App Settings"
_FOLLOWING = "Profile And Settings,Your Activity,Activity,Profile"


def _favorites(
    kind: str, name: str, lists: str, files: tuple[str, ...], fields: tuple[str, ...]
) -> Section:
    keys = ",".join(f"Favorite {part},Favourite {part}" for part in name.split(","))
    return _landed(
        f"favorite {name.split(',')[0].lower()}",
        "archive_favorites",
        _favorite(kind),
        _pick(*fields),
        (f"{_LIKING} > {keys} > {lists}",),
        (*files, *keys.split(",")),
    )


_DATED = ("date", "link")

SECTIONS: tuple[Section, ...] = (
    _landed(
        "watch history",
        "archive_watches",
        _watch,
        _pick(*_DATED),
        (f"{_ACTIVITY} > Watch History,Video Browsing History,Browsing History > VideoList",),
        ("Watch History", "Video Browsing History", "Browsing History", "Kijkgeschiedenis"),
    ),
    _landed(
        "likes",
        "archive_likes",
        _video_event("liked_at"),
        _pick(*_DATED),
        (f"{_LIKING} > Like List > ItemFavoriteList",),
        ("Like List", "Likelijst"),
    ),
    _favorites("video", "Videos", "FavoriteVideoList", ("Favoriete video's",), _DATED),
    _favorites("effect", "Effects", "FavoriteEffectsList", (), ("date",)),
    _favorites("sound", "Sounds", "FavoriteSoundList", (), ("date",)),
    _favorites("hashtag", "Hashtags", "FavoriteHashtagList", (), ("date",)),
    _favorites("collection", "Collection,Collections", "FavoriteCollectionList", (), ("date",)),
    _favorites("other", "Comment,Comments", "FavoriteCommentList", (), ("date",)),
    _favorites("other", "Location,Locations", "FavoriteLocationList", (), ("date",)),
    _favorites("other", "Movies and TV", "FavoriteMoviesAndTVList", (), ("date",)),
    _favorites("other", "Playlists,Playlist", "FavoritePlaylistList", (), ("date",)),
    _landed(
        "followers",
        "archive_followers",
        _person_event,
        _pick("date", "username"),
        (f"{_FOLLOWING} > Follower,Follower List > FansList",),
        ("Follower", "Follower List", "Followers", "Volger"),
    ),
    _landed(
        "following",
        "archive_follows",
        _person_event,
        _pick("date", "username"),
        (f"{_FOLLOWING} > Following,Following List > Following",),
        ("Following", "Following List", "Volgend"),
    ),
    _landed(
        "searches",
        "archive_searches",
        _search,
        _pick("date"),
        (f"{_ACTIVITY} > Searches,Search History > SearchList",),
        ("Searches", "Search History", "Zoekopdrachten"),
    ),
    _landed(
        "shares",
        "archive_shares",
        _share,
        _pick(*_DATED, "method", "sharedcontent"),
        (f"{_ACTIVITY} > Share History > ShareHistoryList",),
        ("Share History", "Geschiedenis delen"),
    ),
    _landed(
        "reposts",
        "archive_reposts",
        _video_event("reposted_at"),
        _pick(*_DATED),
        (f"{_ACTIVITY} > Reposts,Repost > RepostList",),
        ("Reposts", "Repost"),
    ),
    _landed(
        "comments",
        "archive_comments",
        _comment,
        _pick("date", "comment", "link"),
        ("Comment,Comments > Comments > CommentsList", "Comment,Comments > CommentsList"),
        ("Comments", "Comment", "Reacties"),
    ),
    _landed(
        "posts",
        "archive_posts",
        _post,
        _pick("date", "link", "likes", "title", "sound", "aigeneratedcontent", "whocanview"),
        ("Post > Posts > VideoList", "Video,Videos > Videos > VideoList"),
        ("Posts", "Post", "Videos"),
    ),
    Section(
        "lives watched",
        LIVES,
        ENTITIES_OF_ARCHIVE["archive_lives_watched"],
        _live,
        _pick("date"),
        _paths("TikTok Live > Watch Live History > WatchLiveMap"),
        ("watchlivehistory",),
    ),
    Section(
        "activity summary",
        SUMMARY,
        ENTITIES_OF_ARCHIVE["archive_summary"],
        None,
        SUMMARY_MEASURES,
        _paths(f"{_ACTIVITY} > Activity Summary > ActivitySummaryMap"),
        ("activitysummary",),
    ),
    Section(
        "profile",
        PROFILE,
        ENTITIES_OF_ARCHIVE["archive_summary"],
        None,
        {"username": "username", "gebruikersnaam": "username", **PROFILE_MEASURES},
        _paths("Profile And Settings,Profile > Profile Info,Profile Information > ProfileMap"),
        ("profileinfo", "profileinformation"),
    ),
    _left_out(
        "direct messages",
        (
            "Direct Message,Direct Messages > Direct Messages,Chat History,Direct Message",
            "Direct Message,Direct Messages > Group Chat,Group Chats",
        ),
        ("Direct Messages", "Direct Message", "Chat History", "Group Chat", "Directe berichten"),
    ),
    _left_out(
        "Tako chats",
        ("Direct Message,Direct Messages > Tako Chat History",),
        ("Tako Chat History",),
    ),
    _left_out(
        "logins",
        (f"{_ACTIVITY} > Login History",),
        ("Login History", "Inloggeschiedenis"),
    ),
    _left_out("device status", (f"{_ACTIVITY} > Status",), ("Status",)),
    _left_out(
        "last location",
        (f"{_ACTIVITY} > Most Recent Location Data",),
        ("Most Recent Location Data", "Location Data"),
    ),
    _left_out("autofill", (f"{_SELF} > Autofill,Auto Fill",), ("Autofill", "Auto Fill")),
    _left_out("blocked people", (f"{_SELF} > Block List,Block",), ("Block List", "Block")),
    _left_out("settings", (f"{_SELF} > Settings",), ("Settings",)),
    _left_out(
        "activity outside TikTok",
        (
            "Your Activity,Profile And Settings,Ads and data,Activity,Profile"
            " > Off TikTok Activity,Usage Data From Third-Party Apps And Websites",
        ),
        ("Off TikTok Activity", "Usage Data From Third-Party Apps And Websites"),
    ),
    _left_out(
        "ad interests",
        (f"{_ACTIVITY},Ads and data > Ad Interests",),
        ("Ad Interests",),
    ),
    _left_out("ad visits", (f"{_ACTIVITY} > Ads Visit History",), ("Ads Visit History",)),
    _left_out(
        "other data of advertisers",
        (
            "Ads and data > Ads Based On Data Received From Partners,"
            "Instant Form Ads Responses,Instant Forms",
        ),
        (),
    ),
    _left_out("hashtags used", (f"{_ACTIVITY} > Hashtag,Hashtags",), ("Hashtag", "Hashtags")),
    _left_out(
        "gifts and purchases",
        (f"{_ACTIVITY} > Purchases,Purchase History,Gifts",),
        ("Purchases", "Purchase History", "Send Gifts", "Buy Gifts"),
    ),
    _left_out(
        "income and wallet",
        ("Income+ Wallet", "Income Plus Wallet", "Income Plus Wallet Transactions"),
        ("Coin Purchase History", "Transaction History"),
    ),
    _left_out(
        "lives given",
        ("TikTok Live > Go Live History",),
        ("Go Live History",),
    ),
    _left_out(
        "live settings",
        ("TikTok Live > Go Live Settings,Watch Live Settings",),
        ("Go Live Settings", "Watch Live Settings"),
    ),
    _left_out(
        "shop",
        ("TikTok Shop", "TikTok Shopping"),
        (
            *("Order History", "Product Browsing History", "Shopping Cart List", "Vouchers"),
            *("Communication With Shops", "Customer Support History", "Payment Information"),
        ),
    ),
    _left_out("location reviews", ("Location Review", "Location Reviews"), ("Location Review",)),
    _left_out("deleted posts", ("Post > Recently Deleted Posts",), ("Recently Deleted Posts",)),
    _left_out("stories", ("Post > Story,Stories",), ("Story", "Stories")),
    _left_out(
        "other favorites",
        (f"{_LIKING} > Collection,Favorite Drama",),
        ("Collection", "Favorite Drama"),
    ),
)

SECTIONS_BY_PATH = {path: section for section in SECTIONS for path in section.paths}
PREFIXES = frozenset(path[:end] for path in SECTIONS_BY_PATH for end in range(1, len(path)))
SECTIONS_BY_FILE = {stem: section for section in SECTIONS for stem in section.files}
ROOTS = frozenset(path[0] for path in SECTIONS_BY_PATH)
LANDED_SECTIONS = tuple(section for section in SECTIONS if section.layout != LEFT_OUT)

# Every field name that a text file's line may begin with.
KNOWN_FIELDS = frozenset(
    [*_FIELDS, *_KNOWN_AND_DROPPED, *SUMMARY_MEASURES, *PROFILE_MEASURES, "username"]
)


@cache
def sections_under(path: tuple[str, ...]) -> tuple[Section, ...]:
    """The sections that have a place below these keys; asked for known keys only."""
    found = (section for place, section in SECTIONS_BY_PATH.items() if place[: len(path)] == path)
    return tuple(dict.fromkeys(found))
