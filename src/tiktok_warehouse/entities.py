"""The raw contract's entities: the columns that a raw file of each one may have.

Readers, mappings, the lake and the generator all take the columns from here. Every column is
text until staging; a column outside this list is reported and left out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Entity:
    """One kind of raw file.

    Attributes:
        name: plural name, which is also the stem of its files (``video_views*.csv``).
        required: columns without which a file is refused whole.
        optional: columns that may be absent; then they are NULL.
        timestamps: columns to which a mapping's zone applies when their text names none.
        derived: columns that ingest works out of the others. A file's own column of that name is
            unknown like any other, and no mapping can fill it.
    """

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    timestamps: tuple[str, ...]
    derived: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """What a file or a mapping may give."""
        return self.required + self.optional

    @property
    def landed_columns(self) -> tuple[str, ...]:
        """What the lake holds of it, lineage aside."""
        return self.columns + self.derived


# Columns that name a viewer: only their keyed hash ever leaves the reader.
PERSON_COLUMNS = ("person_id",)

# Written by a viewer. Kept for comments alone: the text of a direct message is never stored.
FREE_TEXT_COLUMNS = ("comment_text",)

# What is kept of a comment's text, beside it.
SENTIMENT_COLUMNS = ("comment_language", "comment_sentiment_score")

# When a connector read a row, as it writes it itself, in any case: Airbyte, Fivetran, then Singer's
# taps (Stitch and Meltano), of which the extraction says more than the batch.
SYNC_COLUMNS = (
    "_airbyte_extracted_at",
    "_airbyte_emitted_at",
    "_fivetran_synced",
    "_sdc_extracted_at",
    "_sdc_batched_at",
    "_sdc_received_at",
)
# That moment, in the rows of an event log.
SYNCED = "_synced_at"

LINEAGE_COLUMNS = ("_ingest_seq", "_ingest_id", "_source_file", "_source_row", "_ingested_at")

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        Entity(
            name="accounts",
            required=("account_id", "handle", "account_role"),
            optional=("display_name", "country", "created_at"),
            timestamps=("created_at",),
        ),
        Entity(
            name="videos",
            required=("video_id", "account_id", "posted_at"),
            optional=(
                "caption",
                "duration_seconds",
                "content_format",
                "sound_id",
                "sound_title",
                "is_ai_generated",
                "is_ad",
                "language",
                "product_id",
            ),
            timestamps=("posted_at",),
        ),
        Entity(
            name="video_views",
            required=("view_id", "viewed_at", "video_id", "watch_seconds"),
            optional=("person_id", "traffic_source"),
            timestamps=("viewed_at",),
        ),
        Entity(
            name="interactions",
            required=("interaction_id", "interacted_at", "video_id", "interaction_type"),
            optional=("person_id", "is_undo", "comment_text", "traffic_source"),
            timestamps=("interacted_at",),
            derived=SENTIMENT_COLUMNS,
        ),
        Entity(
            name="follower_events",
            required=("event_id", "occurred_at", "account_id", "action"),
            optional=("person_id", "source_video_id"),
            timestamps=("occurred_at",),
        ),
        Entity(
            name="follower_counts",
            required=("account_id", "count_date", "followers"),
            optional=(),
            # A calendar day of the platform's: no zone moves it.
            timestamps=(),
        ),
        Entity(
            name="profile_visits",
            required=("visit_id", "visited_at", "account_id"),
            optional=("person_id", "source_video_id"),
            timestamps=("visited_at",),
        ),
        Entity(
            name="conversions",
            required=("conversion_id", "converted_at", "account_id", "conversion_type"),
            optional=(
                "person_id",
                "video_id",
                "value_amount",
                "currency",
                "product_id",
                "quantity",
            ),
            timestamps=("converted_at",),
        ),
        Entity(
            name="account_snapshots",
            required=("account_id", "captured_at"),
            optional=("followers", "total_likes", "videos"),
            timestamps=("captured_at",),
        ),
        Entity(
            name="video_snapshots",
            required=("video_id", "account_id", "captured_at"),
            optional=(
                "views",
                "likes",
                "comments",
                "shares",
                "saves",
                "reach",
                "total_watch_seconds",
            ),
            timestamps=("captured_at",),
        ),
    )
}


def list_all_entities() -> dict[str, Entity]:
    """The raw contract's entities, then those of TikTok's own exports, by name.

    The readers of exports are imported when somebody asks, not when the command line starts.
    """
    from tiktok_warehouse.sources.accounts_api import ENTITIES_OF_API
    from tiktok_warehouse.sources.personal_archive_sections import ENTITIES_OF_ARCHIVE
    from tiktok_warehouse.sources.studio import STUDIO_ENTITIES

    of_studio = {entity.name: entity for entity in STUDIO_ENTITIES}
    return {**ENTITIES, **of_studio, **ENTITIES_OF_ARCHIVE, **ENTITIES_OF_API}


KNOWN_COLUMNS = frozenset(name for entity in ENTITIES.values() for name in entity.columns)

INTERACTION_TYPES = ("like", "comment", "share", "save", "duet", "stitch", "direct_message")


def describe_columns(names: Sequence[str], known: Collection[str] = KNOWN_COLUMNS) -> str:
    """What a message may say of a header: how wide it is, and those of its names that are known.

    Never the others: a file may lack its header, and then they are values of a row, a person's too.
    """
    named = [name for name in names if name.casefold() in known]
    width = f"{len(names):,} column{'' if len(names) == 1 else 's'}"
    return f"{width}, among them {', '.join(named)}" if named else f"{width}, none of them known"
