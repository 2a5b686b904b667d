"""What every invented log holds on purpose, for an analysis to find.

- A spike: for four days one video goes viral, and those who see it engage more than usual.
- A campaign: for two weeks one account advertises a product; more people visit its profile page,
  and more of them click and buy, mostly that product.
- A best hour: what is posted in one hour of the day gets more engagements a view.
- A save-worthy topic: what each account posts on one of its topics is saved more often.

The seed chooses the hour and the topics. ``Plants`` names what one log holds, so that a test can
hold an answer against it. The sizes below are those of the whole effect, not of a share of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

# Positions of the video and, in a log of several accounts, of the account.
VIRAL_VIDEO = 0
# Of no other video, so that what goes viral does not make an hour the best.
VIRAL_HOUR = 15
CAMPAIGN_ACCOUNT = 1

SPIKE_SHAPE = (0.45, 1.0, 0.7, 0.3)
# Of all views of the log, so that the spike stands out at any size.
SPIKE_SHARE = 0.16
SPIKE_ENGAGEMENT = 2.2

CAMPAIGN_DAYS = 14
CAMPAIGN_VISITS = 2.0
CAMPAIGN_CONVERSIONS = 3.2
# Of its purchases, the product's; so many that the other products sell about as before.
CAMPAIGN_PRODUCT_SHARE = 0.92
# The product that each of the three kinds of account advertises.
CAMPAIGN_PRODUCTS = ("focaccia-pan", "chain-oil-100", "indigo-scarf")

# UTC. Accounts post by habit, so that each hour has videos enough to compare.
POSTING_HOURS = (11, 13, 16, 18, 20)
BEST_HOUR_ENGAGEMENT = 1.7

TOPIC_SAVES = 2.2
# Topics of seeds/reference/topics.csv that some, not all captions of each kind of account name,
# by the hashtags that name them.
TOPICS: tuple[dict[str, tuple[str, ...]], ...] = (
    {"recipe": ("#recipe", "#receta"), "how-to": ("#learn",)},
    {"how-to": ("#tipps", "#werkstatt"), "craft": ("#diy",)},
    {"craft": ("#craft",), "art": ("#art",)},
)


@dataclass(frozen=True)
class Plants:
    """What one log holds.

    Attributes:
        viral_account_id, viral_video_id: whose video goes viral.
        spike_first_date, spike_peak_date, spike_last_date: its days, and the one with most views
            (UTC). A log of fewer days than a spike has none.
        campaign_account_id, campaign_product_id: who advertises what.
        campaign_first_date, campaign_last_date: when; a short log ends before its campaign.
        best_hour: 0 to 23 (UTC).
        topics: the save-worthy topic of each account id.
    """

    viral_account_id: str
    viral_video_id: str
    spike_first_date: date
    spike_peak_date: date
    spike_last_date: date
    campaign_account_id: str
    campaign_product_id: str
    campaign_first_date: date
    campaign_last_date: date
    best_hour: int
    topics: dict[str, str]


def first_spike_day(days: int) -> int:
    """Day of the window, from 0, on which the video goes viral."""
    return days * 6 // 10


def first_campaign_day(days: int) -> int:
    """Day of the window, from 0, on which the campaign begins: so late that it is still news."""
    return days * 70 // 90


def find_campaign_account(accounts: int) -> int:
    """Position of the account that advertises."""
    return min(CAMPAIGN_ACCOUNT, accounts - 1)


def choose_topic(account: int, share: float) -> str:
    """The save-worthy topic of an account by its position and a random share of 1."""
    names = list(TOPICS[account % len(TOPICS)])
    return names[int(share * len(names))]


def is_on_topic(account: int, topic: str, caption: str) -> bool:
    """Whether a caption of the account is on that topic."""
    return any(tag in caption.split() for tag in TOPICS[account % len(TOPICS)][topic])
