"""What viewers do beyond a video: visit the profile, follow, leave again, buy.

Draws from views, in the manner of ``generate_world`` and under its rules for random numbers.
Event columns as there; ``account`` is the account of the page, ``video`` the one that led to it
or NULL, ``value`` counts hundredths of the currency.
"""

from __future__ import annotations

import numpy as np

from tiktok_warehouse.generate_plants import (
    CAMPAIGN_CONVERSIONS,
    CAMPAIGN_DAYS,
    CAMPAIGN_PRODUCT_SHARE,
    CAMPAIGN_VISITS,
    VIRAL_VIDEO,
    find_campaign_account,
    first_campaign_day,
)
from tiktok_warehouse.generate_world import (
    DAY_US,
    NULL,
    PRODUCTS,
    SECOND_US,
    Columns,
    Floats,
    Ints,
    World,
)

ACTIONS = ("follow", "unfollow")
FOLLOW, UNFOLLOW = range(2)

CONVERSION_TYPES = ("purchase", "link_click", "download", "sign_up", "lead")
PURCHASE = CONVERSION_TYPES.index("purchase")
CONVERSION_SHARES = (0.22, 0.46, 0.08, 0.14, 0.10)
CAMPAIGN_CONVERSION_SHARES = (0.46, 0.34, 0.05, 0.10, 0.05)

CURRENCIES = ("USD", "EUR", "INR", "CHF")
# For each account of the invented three: its shops' currencies and how often each one is paid in.
CURRENCY_SHARES = (
    (1.0, 0.0, 0.0, 0.0),
    (0.18, 0.52, 0.0, 0.30),
    (0.0, 0.0, 1.0, 0.0),
)
# Hundredths of the currency, by product of generate_world.PRODUCTS; rupees cost 80 times as much.
PRICES = (3900, 1250, 2400, 2850)
PRICE_FACTORS = (1, 1, 80, 1)

VISITS_PER_ENGAGED_VIEW = 0.17
DIRECT_VISITS_PER_VIEW = 0.05
FOLLOWS_PER_ENGAGED_VIEW = 0.10
# Of the follows; the others come days later, from no video in particular.
FOLLOWS_AT_ONCE = 0.55
UNFOLLOW_SHARE = 0.13
OLD_UNFOLLOWS_PER_VIEW = 0.009
CONVERSIONS_PER_VISIT = 0.20
REFUND_SHARE = 0.07

# Followers at the start, for each viewer of the world and each unit of an account's size.
OPENING_PER_VIEWER = 3.1


def draw_visits(
    world: World, rng: np.random.Generator, views: Columns, first_id: int, keenness: float
) -> Columns:
    """Draw who opened a profile page: seconds after a view, or by themselves.

    Args:
        keenness: 1 where viewers visit as often as the constants above say, less where rarer.

    Returns:
        Columns id (from ``first_id`` on), at, person, account, video; in order of time.
    """
    count = len(views["at"])
    account = world.account_of[views["video"]]
    chance = keenness * VISITS_PER_ENGAGED_VIEW * _weigh_engagement(world, views, 0.4, 1.0)
    chance = chance * np.where(_in_campaign(world, views["at"], account), CAMPAIGN_VISITS, 1.0)
    view = np.flatnonzero(rng.random(count) < chance)
    direct = np.flatnonzero(rng.random(count) < keenness * DIRECT_VISITS_PER_VIEW)
    delay = views["watch"][view] * 1000 + _draw_delay(rng, len(view), 15 * SECOND_US)
    columns = {
        "at": np.concatenate(
            (views["at"][view] + delay, views["at"][direct] + _draw_delay(rng, len(direct), DAY_US))
        ),
        "person": np.concatenate((views["person"][view], views["person"][direct])),
        "account": np.concatenate((account[view], account[direct])),
        "video": np.concatenate((views["video"][view], np.full(len(direct), NULL))),
    }
    return _finish(world, columns, first_id)


def draw_follows(
    world: World, rng: np.random.Generator, views: Columns, first_id: int, keenness: float
) -> Columns:
    """Draw who followed after good videos, at once or days later, and who left again.

    Within one call a person follows an account once; between the chunks of a log nobody knows.

    Args:
        keenness: 1 where viewers follow as often as the constants above say, less where rarer.

    Returns:
        Columns id (from ``first_id`` on), at, person, account, action, video; in order of time.
    """
    count = len(views["at"])
    account = world.account_of[views["video"]]
    chance = keenness * FOLLOWS_PER_ENGAGED_VIEW * _weigh_engagement(world, views, 0.15, 1.6)
    view = np.flatnonzero(rng.random(count) < chance)
    at_once = rng.random(len(view)) < FOLLOWS_AT_ONCE
    soon = views["watch"][view] * 1000 + _draw_delay(rng, len(view), 30 * SECOND_US)
    later = _draw_delay(rng, len(view), DAY_US * 6 // 5)
    follows = {
        "at": views["at"][view] + np.where(at_once, soon, later),
        "person": views["person"][view],
        "account": account[view],
        "action": np.full(len(view), FOLLOW),
        "video": np.where(at_once, views["video"][view], NULL),
    }
    follows = _keep_first_follow(world, follows)

    left = np.flatnonzero(rng.random(len(follows["at"])) < UNFOLLOW_SHARE)
    unfollows = {name: values[left] for name, values in follows.items()}
    unfollows["at"] = unfollows["at"] + 3600 * SECOND_US + _draw_delay(rng, len(left), 9 * DAY_US)
    # Those who had followed before the window opened.
    old = np.flatnonzero(rng.random(count) < keenness * OLD_UNFOLLOWS_PER_VIEW)
    stranger = np.floor(rng.random(len(old)) * world.people).astype(np.int64)
    stranger = np.where(views["person"][old] == NULL, NULL, stranger)
    known = np.isin(
        _name_ties(world, stranger, account[old]),
        _name_ties(world, follows["person"], follows["account"]),
    )
    old, stranger = old[~known], stranger[~known]
    columns = {
        "at": np.concatenate((follows["at"], unfollows["at"], views["at"][old])),
        "person": np.concatenate((follows["person"], unfollows["person"], stranger)),
        "account": np.concatenate((follows["account"], unfollows["account"], account[old])),
        "action": np.concatenate(
            (follows["action"], np.full(len(left) + len(old), UNFOLLOW, np.int64))
        ),
        "video": np.concatenate((follows["video"], np.full(len(left) + len(old), NULL))),
    }
    return _finish(world, columns, first_id)


def draw_conversions(
    world: World, rng: np.random.Generator, visits: Columns, first_id: int
) -> Columns:
    """Draw what visitors of a profile page bought, clicked or signed, and what they sent back.

    Returns:
        Columns id (from ``first_id`` on), at, person, account, video, conversion, value (of
        purchases only, negative for a refund), currency, product, quantity; in order of time.
    """
    count = len(visits["at"])
    campaign = _in_campaign(world, visits["at"], visits["account"])
    chance = CONVERSIONS_PER_VISIT * np.where(campaign, CAMPAIGN_CONVERSIONS, 1.0)
    visit = np.flatnonzero(rng.random(count) < chance)
    campaign, account = campaign[visit], visits["account"][visit]
    dice = rng.random((len(visit), 5))
    kind = np.where(
        campaign,
        _choose(dice[:, 0], np.array(CAMPAIGN_CONVERSION_SHARES)),
        _choose(dice[:, 0], np.array(CONVERSION_SHARES)),
    )
    bought = kind == PURCHASE
    currency = np.zeros(len(visit), np.int64)
    for number, shares in enumerate(CURRENCY_SHARES):
        mine = account % len(CURRENCY_SHARES) == number
        currency[mine] = _choose(dice[mine, 1], np.array(shares))
    product = (dice[:, 2] * len(PRICES)).astype(np.int64)
    advertised = PRODUCTS.index(world.plants.campaign_product_id)
    product = np.where(campaign & (dice[:, 3] < CAMPAIGN_PRODUCT_SHARE), advertised, product)
    quantity = 1 + (dice[:, 4] ** 3 * 4).astype(np.int64)
    value = np.array(PRICES)[product] * np.array(PRICE_FACTORS)[currency] * quantity
    sales = {
        "at": visits["at"][visit] + 40 * SECOND_US + _draw_delay(rng, len(visit), DAY_US // 4),
        "person": visits["person"][visit],
        "account": account,
        "video": visits["video"][visit],
        "conversion": kind,
        "value": np.where(bought, value, NULL),
        "currency": np.where(bought, currency, NULL),
        "product": np.where(bought, product, NULL),
        "quantity": np.where(bought, quantity, NULL),
    }
    returned = np.flatnonzero(bought & (rng.random(len(visit)) < REFUND_SHARE))
    refunds = {name: values[returned] for name, values in sales.items()}
    refunds["at"] = refunds["at"] + 2 * DAY_US + _draw_delay(rng, len(returned), 3 * DAY_US)
    refunds["value"] = -refunds["value"]
    refunds["quantity"] = np.full(len(returned), NULL)
    columns = {name: np.concatenate((sales[name], refunds[name])) for name in sales}
    return _finish(world, columns, first_id)


def count_opening_followers(world: World) -> Ints:
    """Followers of each account when the window opens, by the share of views that it gets."""
    first_cells = np.diff(np.concatenate(([0.0], world.cell_cdf)))
    share = np.zeros(len(world.accounts))
    per_video = first_cells.reshape(world.days, -1).sum(axis=0)
    np.add.at(share, world.account_of, per_video)
    return np.floor(40 + OPENING_PER_VIEWER * world.people * np.sqrt(share)).astype(np.int64)


def _weigh_engagement(world: World, views: Columns, base: float, pull: float) -> Floats:
    """0 for what was not played; more for what was watched, and for videos with appeal."""
    watched = np.minimum(views["watch"] / world.duration_ms[views["video"]], 1.0)
    appeal = world.appeal.copy()
    # What goes viral brings followers, whatever the dice say.
    appeal[VIRAL_VIDEO] = max(appeal[VIRAL_VIDEO], 0.8)
    weight = (base + watched) * (0.2 + pull * appeal[views["video"]])
    return np.where(views["watch"] > 0, weight, 0.0)


def _in_campaign(
    world: World, at: Ints, account: Ints
) -> np.ndarray[tuple[int], np.dtype[np.bool]]:
    start = world.start_us + first_campaign_day(world.days) * DAY_US
    inside = (at >= start) & (at < start + CAMPAIGN_DAYS * DAY_US)
    return np.asarray(inside & (account == find_campaign_account(len(world.accounts))))


def _name_ties(world: World, person: Ints, account: Ints) -> Ints:
    """One number for each person and account; NULL where nobody is known."""
    return np.where(person == NULL, NULL, account * world.people + person)


def _keep_first_follow(world: World, follows: Columns) -> Columns:
    order = np.argsort(follows["at"], kind="stable")
    follows = {name: values[order] for name, values in follows.items()}
    tie = _name_ties(world, follows["person"], follows["account"])
    _, first = np.unique(tie, return_index=True)
    keep = tie == NULL
    keep[first] = True
    return {name: values[keep] for name, values in follows.items()}


def _draw_delay(rng: np.random.Generator, count: int, mean_us: int) -> Ints:
    """Exponential, whole milliseconds."""
    return np.asarray((-np.log1p(-rng.random(count)) * (mean_us // 1000)).astype(np.int64) * 1000)


def _choose(dice: Floats, shares: Floats) -> Ints:
    cdf = np.cumsum(shares) / shares.sum()
    return np.minimum(np.searchsorted(cdf, dice, side="right"), len(shares) - 1)


def _finish(world: World, columns: Columns, first_id: int) -> Columns:
    order = np.argsort(columns["at"], kind="stable")
    order = order[columns["at"][order] < world.end_us]
    columns = {name: values[order] for name, values in columns.items()}
    return {"id": np.arange(first_id, first_id + len(order), dtype=np.int64), **columns}
