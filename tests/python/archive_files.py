"""Invented personal archives in the true shapes of every vintage, one knob a trap.

Every field that must never land holds a canary: a word that a test can search for in whatever the
reader gives back. Nobody in here exists.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tiktok_warehouse.sources.export_file import ExportFile

OWNER = "invented_owner"
COMMENT_TEXT = "what a kind comment"
FOLLOWED, FOLLOWER = "followed_fellow", "following_fellow"

_SECRETS = (
    *("ip", "device", "system", "network", "carrier", "idfa", "gaid", "android", "uid", "did"),
    *("birth", "email", "phone", "bio", "display", "location", "search", "message", "sender"),
    *("group", "tako", "autofill", "blocked", "setting", "gift", "coin", "livecomment"),
    *("livequestion", "shop", "review", "photo", "offtiktok", "adtitle", "deleted", "story"),
    *("hashtag", "livetitle", "posttitle", "gender", "region", "favcollection", "place"),
)
# Eight letters that stand nowhere else, so that finding one is finding the value.
CANARIES = {name: f"zqxcanary{name}" for name in _SECRETS}
C = CANARIES

VINTAGES = ("J1", "J2", "J3")


def video_id(posted: datetime, low: int = 7) -> str:
    """An id whose upper 32 bits are the upload time."""
    return str((int(posted.timestamp()) << 32) | low)


POSTED = datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC)
VIDEO = video_id(POSTED)


def link(video: str = VIDEO) -> str:
    return f"https://www.tiktokv.com/share/video/{video}/"


def dated(day: int, suffix: str = "") -> str:
    return f"2025-01-{day:02d} 10:20:30{suffix}"


def _watches(count: int, titles: bool) -> list[dict[str, Any]]:
    extra = {"Title": ""} if titles else {}
    return [{"Date": dated(28 - n % 28), "Link": link(), **extra} for n in range(count)]


def _logins() -> list[dict[str, Any]]:
    return [
        {
            "Date": dated(3, " UTC"),
            "IP": C["ip"],
            "DeviceModel": C["device"],
            "DeviceSystem": C["system"],
            "NetworkType": C["network"],
            "Carrier": C["carrier"],
        }
    ] * 3


def _status() -> list[dict[str, Any]]:
    return [
        {
            "Resolution": "1*1",
            "IDFA": C["idfa"],
            "GAID": C["gaid"],
            "Android ID": C["android"],
            "UID": C["uid"],
            "DID": C["did"],
        }
    ]


def _profile() -> dict[str, Any]:
    return {
        "PlatformInfo": [{"Name": C["display"], "Description": C["bio"]}],
        "bioDescription": C["bio"],
        "birthDate": C["birth"],
        "displayName": C["display"],
        "emailAddress": C["email"],
        "telephoneNumber": C["phone"],
        "inferredGender": C["gender"],
        "accountRegion": C["region"],
        "profilePhoto": C["photo"],
        "followerCount": 42,
        "followingCount": 7,
        "likesReceived": "None",
        "userName": OWNER,
    }


def _chats() -> dict[str, Any]:
    message = {"Date": dated(4, " UTC"), "From": C["sender"], "Content": C["message"]}
    return {f"Chat History with {C['sender']}:": [message] * 5}


def _summary() -> dict[str, Any]:
    return {
        "note": "counted since registration",
        "videosWatchedToTheEndSinceAccountRegistration": 1234,
        "videosSharedSinceAccountRegistration": 12,
        "videosCommentedOnSinceAccountRegistration": 5,
    }


def _post(**more: Any) -> dict[str, Any]:
    return {
        "Date": dated(9),
        "Link": link(),
        "Likes": "17",
        "WhoCanView": "Public",
        "AIGeneratedContent": "No",
        "Sound": "a song",
        "Location": C["location"],
        "Title": C["posttitle"],
        "CoverImage": C["photo"],
        **more,
    }


def _lives() -> dict[str, Any]:
    comment = {"CommentTime": dated(2), "CommentContent": C["livecomment"], "RawTime": 1}
    question = {"QuestionTime": dated(2), "QuestionContent": C["livequestion"]}
    return {
        "-1": {"WatchTime": "", "Link": "", "Comments": [comment], "Questions": None},
        "7300000000000000001": {
            "WatchTime": dated(2),
            "Link": "",
            "Comments": [comment, comment],
            "Questions": [question],
        },
        "7300000000000000002": {
            "WatchTime": dated(3),
            "Link": "",
            "Comments": None,
            "Questions": None,
        },
    }


def make_json(vintage: str = "J3", *, watches: int = 3) -> dict[str, Any]:
    """A whole archive as its JSON holds it: J1, J2 or J3."""
    if vintage == "J1":
        return _make_j1(watches)
    return _make_j3(watches) if vintage == "J3" else _make_j2(watches)


def _people(name: str) -> list[dict[str, Any]]:
    return [{"Date": dated(5), "UserName": name}]


def _make_j1(watches: int) -> dict[str, Any]:
    return {
        "Activity": {
            "Favorite Effects": {"FavoriteEffectsList": [{"Date": dated(1), "Link": "x"}]},
            "Favorite Hashtags": {"FavoriteHashtagList": [{"Date": dated(1), "Link": "x"}]},
            "Favorite Sounds": {"FavoriteSoundList": [{"Date": dated(1), "Link": "x"}]},
            "Favorite Videos": {"FavoriteVideoList": [{"Date": dated(1), "Link": link()}]},
            "Follower List": {"FansList": _people(FOLLOWER)},
            "Following List": {"Following": _people(FOLLOWED)},
            "Hashtag": {"HashtagList": [{"HashtagName": C["hashtag"], "HashtagLink": "x"}]},
            "Like List": {"ItemFavoriteList": [{"Date": dated(6), "Link": link()}]},
            "Login History": {"LoginHistoryList": _logins()},
            "Most Recent Location Data": {"LocationData": {"Where": C["location"]}},
            "Purchase History": {"SendGifts": {"SendGifts": [{"UserName": C["gift"]}]}},
            "Search History": {"SearchList": [{"Date": dated(7), "SearchTerm": C["search"]}] * 2},
            "Share History": {
                "ShareHistoryList": [
                    {
                        "Date": dated(8),
                        "SharedContent": "video",
                        "Link": link(),
                        "Method": "copy_link",
                    }
                ]
            },
            "Status": {"Status List": _status()},
            "Video Browsing History": {"VideoList": _watches(watches, titles=False)},
        },
        "Ads and data": {
            "Ad Interests": {"AdInterestCategories": C["adtitle"]},
            "Usage Data From Third-Party Apps And Websites": {
                "UsageDataList": [{"TimeStamp": "1", "Source": C["offtiktok"], "Event": "e"}]
            },
        },
        "App Settings": {
            "Block": {"BlockList": _people(C["blocked"])},
            "Settings": {"SettingsMap": {"Who can see your following list::": C["setting"]}},
        },
        "Comment": {"Comments": {"CommentsList": [{"Date": dated(9), "Comment": COMMENT_TEXT}]}},
        "Direct Messages": {"Chat History": {"ChatHistory": _chats()}},
        "Profile": {
            "Auto Fill": {"PhoneNumber": C["autofill"]},
            "Profile Information": {"ProfileMap": _profile()},
        },
        "Video": {"Videos": {"VideoList": [_post()]}},
    }


def _comments() -> list[dict[str, Any]]:
    common = {"comment": COMMENT_TEXT, "photo": C["photo"]}
    return [
        {"date": dated(9, " UTC"), **common, "url": link()},
        {"date": dated(8, " UTC"), **common, "original post link": link(), "video": ""},
        {"date": dated(7, " UTC"), **common, "originalPostUrl": "", "sticker": "N/A"},
    ]


def _make_j2(watches: int) -> dict[str, Any]:
    favorites = {
        "Favorite Effects": {"FavoriteEffectsList": [{"Date": dated(1), "EffectLink": "x"}]},
        "Favorite Hashtags": {"FavoriteHashtagList": [{"Date": dated(1), "link": "x"}]},
        "Favorite Sounds": {"FavoriteSoundList": [{"Date": dated(1), "Link": "x"}]},
        "Favorite Videos": {"FavoriteVideoList": [{"Date": dated(1), "link": link()}]},
        "Like List": {
            "ItemFavoriteList": [{"date": dated(6), "link": link()}],
            "App": 1,
            "IsFastLane": False,
        },
    }
    return {
        "App Settings": {
            "Block List": {"BlockList": _people(C["blocked"])},
            "Settings": {"SettingsMap": {"Private": C["setting"]}},
        },
        "Comment": {"Comments": {"CommentsList": _comments(), "App": 1}},
        "Direct Message": {"Direct Messages": {"ChatHistory": _chats()}},
        "Income Plus Wallet Transactions": {"TransactionsList": [{"Type": C["coin"]}]},
        "Post": {"Posts": {"VideoList": [_post()]}},
        "Profile": {
            "Autofill": {"Email": C["autofill"]},
            "Profile Info": {"ProfileMap": _profile()},
        },
        "Tiktok Live": {
            "Watch Live History": {"WatchLiveMap": _lives()},
            "Go Live History": {"GoLiveList": [{"RoomTitle": C["livetitle"]}]},
        },
        "Tiktok Shopping": {"Order History": {"OrderHistories": {"1": C["shop"]}}},
        "Your Activity": {
            **favorites,
            "Activity Summary": {"ActivitySummaryMap": _summary()},
            "Follower": {"FansList": _people(FOLLOWER)},
            "Following": {"Following": _people(FOLLOWED)},
            "Login History": {"LoginHistoryList": _logins()},
            "Off TikTok Activity": {"OffTikTokActivityDataList": [{"Source": C["offtiktok"]}]},
            "Reposts": {"RepostList": [{"Date": dated(4), "Link": link()}]},
            "Searches": {"SearchList": [{"Date": dated(7), "SearchTerm": C["search"]}] * 2},
            "Share History": {
                "ShareHistoryList": [
                    {"Date": dated(8), "SharedContent": "N/A", "Link": link(), "Method": "sms"}
                ]
            },
            "Status": {"Status List": _status()},
            "Watch History": {"VideoList": _watches(watches, titles=False)},
        },
    }


def _make_j3(watches: int) -> dict[str, Any]:
    j2 = _make_j2(watches)
    activity = j2["Your Activity"]
    liking = ("Favorite Effects", "Favorite Hashtags", "Favorite Sounds", "Favorite Videos")
    off_tiktok = {"OffTikTokActivityDataList": [{"Source": C["offtiktok"]}] * 2}
    return {
        "Comment": j2["Comment"],
        "Direct Message": {
            "Direct Messages": {"ChatHistory": _chats()},
            "Group Chat": {"GroupChat": {"g": [{"From": C["group"]}] * 2}},
            "Tako Chat History": {
                "TakoChatHistoryList": [
                    {"Chat Title": C["tako"], "Messages": [{"Content": {"t": C["tako"]}}]}
                ]
            },
        },
        "Income+ Wallet": {
            "Coin Purchase History": {"CoinPurchaseHistoryList": [{"Type": C["coin"]}]}
        },
        "Likes and Favorites": {
            **{name: activity[name] for name in (*liking, "Like List")},
            "Favorite Collection": {
                "FavoriteCollectionList": [
                    {"Date": dated(1), "FavoriteCollection": C["favcollection"]}
                ]
            },
            "Favorite Comment": {"FavoriteCommentList": None},
            "Favorite Location": {"FavoriteLocationList": [{"Date": dated(2), "P": C["place"]}]},
            "Favorite Movies and TV": {},
            "Favorite Playlists": {"FavoritePlaylistList": []},
            "Collection": None,
        },
        "Location Review": {"ReviewsList": [{"PlaceName": C["review"]}]},
        "Post": {
            "Posts": {"VideoList": [_post()]},
            "Recently Deleted Posts": {"PostList": [{"Title": C["deleted"]}]},
            "Story": {"StoryList": [{"Title": C["story"]}]},
        },
        "Profile And Settings": {
            "Autofill": {"PhoneNumber": C["autofill"]},
            "Block List": {"BlockList": _people(C["blocked"])},
            "Follower": {"FansList": _people(FOLLOWER)},
            "Following": {"Following": _people(FOLLOWED)},
            "Off TikTok Activity": off_tiktok,
            "Profile Info": {"ProfileMap": _profile()},
            "Settings": {"SettingsMap": {"Private": C["setting"]}},
        },
        "TikTok Live": j2["Tiktok Live"],
        "TikTok Shop": {"Product Browsing History": {"ProductBrowsingHistories": [C["shop"]]}},
        "Your Activity": {
            "Activity Summary": activity["Activity Summary"],
            "Ads Visit History": {"AdsVisitHistoryList": [{"AdTitle": C["adtitle"]}]},
            "Login History": activity["Login History"],
            "Off TikTok Activity": off_tiktok,
            "Reposts": activity["Reposts"],
            "Searches": activity["Searches"],
            "Share History": activity["Share History"],
            "Watch History": {"VideoList": _watches(watches, titles=True)},
        },
    }


def write_json(
    folder: Path,
    content: Any,
    name: str = "user_data_tiktok.json",
    *,
    zip_name: str | None = "TikTok_Data_1760000000.zip",
) -> ExportFile:
    """Content as a file of an archive; text is written as it is."""
    path = folder / name.replace("/", "__")
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return ExportFile(name, path, datetime(2025, 2, 1, tzinfo=UTC), zip_name)


# --- text files ----------------------------------------------------------------------------

NO_DATA = "You have no data in this section\n"


def blocks(*records: dict[str, str]) -> str:
    return "\n\n".join("\n".join(f"{k}: {v}" for k, v in r.items()) for r in records) + "\n"


def make_txt(vintage: str = "T3", *, british: bool = False) -> dict[str, str]:
    """Name and text of each file: T1, T2, T3, or ``dutch``."""
    if vintage == "dutch":
        return _make_dutch()
    watch_key = "Video Link" if vintage == "T1" else "Link"
    watches = blocks(*[{"Date": dated(28 - n, " UTC"), watch_key: link()} for n in range(3)])
    likes = blocks({"Date": dated(6, " UTC"), watch_key: link()})
    people = blocks({"Date": dated(5, " UTC"), "Username": FOLLOWED})
    fans = blocks({"Date": dated(5, " UTC"), "User Name": FOLLOWER})
    searches = blocks(*[{"Date": dated(7, " UTC"), "Search Term": C["search"]}] * 2)
    shares = blocks(
        {
            "Date": dated(8, " UTC"),
            "Shared Content": "video",
            "Link": link(),
            "Method": "copy_link",
        }
    )
    comments = blocks({"Date": dated(9, " UTC"), "Comment": COMMENT_TEXT, "Photo": C["photo"]})
    logins = blocks({"Date": dated(3), "IP": C["ip"], "Device Model": C["device"]})
    profile = blocks({"Username": OWNER, "Display Name": C["display"], "Birth Date": C["birth"]})
    hashtags = f"Date: {dated(1)}\nHashTag Link:: https://x\n"
    chat = f"Chat History with {C['sender']}:\n{dated(4)} {C['sender']}: {C['message']}\n"
    posts = blocks({"Date": dated(9, " UTC"), watch_key: link(), "Like(s)": "17"})
    favorite = "Favourite" if british else "Favorite"
    if vintage == "T1":
        names = {"Activity": "Activity", "Likes": "Activity", "Self": "Activity", "Me": "Profile"}
        watch, follower, following, posted, me = (
            *("Video Browsing History", "Follower List", "Following List"),
            *("Videos/Videos", "Profile Information"),
        )
        search, comment, root = "Search History", "Comment", ""
    elif vintage == "T2":
        names = {"Activity": "Activity", "Likes": "Activity", "Self": "Activity", "Me": "Profile"}
        watch, follower, following, posted, me = (
            *("Browsing History", "Follower", "Following", "Post/Posts", "Profile Info"),
        )
        search, comment, root = "Searches", "Comments", "TikTok_Data_1733000000/Tiktok/"
    else:
        likes_folder = f"Likes and {favorite}s"
        and_settings = "Profile and Settings" if british else "Profile And Settings"
        names = {
            "Activity": "Your Activity",
            "Likes": likes_folder,
            "Self": and_settings,
            "Me": and_settings,
        }
        watch, follower, following, posted, me = (
            *("Watch History", "Follower", "Following", "Post/Posts", "Profile Info"),
        )
        search, comment, root = "Searches", "Comments", "TikTok_Data_1772000000/TikTok/"
    files = {
        f"{names['Activity']}/{watch}.txt": watches,
        f"{names['Likes']}/Like List.txt": likes,
        f"{names['Likes']}/{favorite} Hashtags.txt": hashtags,
        f"{names['Likes']}/{favorite} Videos.txt": NO_DATA.upper(),
        f"{names['Self']}/{follower}.txt": fans,
        f"{names['Self']}/{following}.txt": people,
        f"{names['Activity']}/{search}.txt": searches,
        f"{names['Activity']}/Share History.txt": shares,
        f"{names['Activity']}/Login History.txt": logins,
        f"{names['Activity']}/Reposts.txt": blocks({"Creation Time": dated(4), "Link": link()}),
        f"Comment/{comment}.txt": comments,
        "Direct Messages/Direct Messages.txt": chat,
        f"{posted}.txt": posts,
        f"{names['Me']}/{me}.txt": profile,
    }
    return {f"{root}{name}": text for name, text in files.items()}


def _make_dutch() -> dict[str, str]:
    comment = {"Datum": dated(9, " UTC"), "Reactie": COMMENT_TEXT, "Foto": "n.v.t."}
    share = {
        "Datum": dated(8, " UTC"),
        "Gedeelde inhoud": "n.v.t.",
        "Link": link(),
        "Methode": "sms",
    }
    files = {
        "Activiteit/Kijkgeschiedenis.txt": blocks({"Datum": dated(28), "Link": link()}),
        "Activiteit/Likelijst.txt": blocks({"Datum": dated(6), "Link": link()}),
        "Activiteit/Favoriete video's.txt": blocks({"Datum": dated(6), "Link": link()}),
        "Activiteit/Zoekopdrachten.txt": blocks({"Datum": dated(7), "Zoekterm": C["search"]}),
        "Activiteit/Geschiedenis delen.txt": blocks(share),
        "Activiteit/Volger.txt": blocks({"Datum": dated(5), "Gebruikersnaam": FOLLOWER}),
        "Activiteit/Volgend.txt": blocks({"Datum": dated(5), "Gebruikersnaam": FOLLOWED}),
        "Reactie/Reacties.txt": blocks(comment),
        "Activiteit/Inloggeschiedenis.txt": blocks({"Datum": dated(3), "IP": C["ip"]}),
    }
    return {f"TikTok_Data_1733000001/Tiktok/{name}": text for name, text in files.items()}


def write_txt(
    folder: Path, files: dict[str, str], *, zip_name: str | None = "TikTok_Data_1.zip"
) -> list[ExportFile]:
    """Text files in the order of their names; on disk under numbers."""
    written = []
    for number, (name, text) in enumerate(sorted(files.items())):
        path = folder / f"{number}.txt"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        written.append(ExportFile(name, path, datetime(2025, 2, 1, tzinfo=UTC), zip_name))
    return written


def shuffle_sections(content: dict[str, Any], seed: int) -> dict[str, Any]:
    """The same archive with the keys of its upper two levels in another order."""
    chance = random.Random(seed)
    keys = list(content)
    chance.shuffle(keys)
    return {
        key: shuffle_sections(content[key], seed + 1)
        if isinstance(content[key], dict) and seed % 2 == 0
        else content[key]
        for key in keys
    }
