"""The dashboard: one self-contained page over a published version.

``payload`` reads the published database into plain values, ``page`` joins them with the page's
styles, scripts and charts library. The page needs no server and asks for nothing.
"""

from tiktok_warehouse.dashboard.page import FOLDER, PAGE, Written, unpack, write
from tiktok_warehouse.dashboard.payload import find_missing

__all__ = ["FOLDER", "PAGE", "Written", "find_missing", "unpack", "write"]
