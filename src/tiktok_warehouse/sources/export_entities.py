"""All entities of the platform's own exports, of whichever source."""

from __future__ import annotations

from tiktok_warehouse.entities import Entity
from tiktok_warehouse.sources.accounts_api import ENTITIES_OF_API
from tiktok_warehouse.sources.personal_archive_sections import ENTITIES_OF_ARCHIVE
from tiktok_warehouse.sources.studio import STUDIO_ENTITIES

EXPORT_ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        *STUDIO_ENTITIES,
        *ENTITIES_OF_API.values(),
        *ENTITIES_OF_ARCHIVE.values(),
    )
}
