"""What can be read: databases, files, HTTP services, behind one shape."""

from minfang.supervision.links.models import FILES, DataLink, DataSource, SourceKind
from minfang.supervision.links.readers.base import ColumnInfo, Page, Reader
from minfang.supervision.links.readers.database import DatabaseReader
from minfang.supervision.links.readers.files import FileReader
from minfang.supervision.links.readers.web import WebReader

__all__ = ["ColumnInfo", "Page", "Reader", "reader_for"]


def reader_for(link: DataLink, source: DataSource) -> Reader:
    """The reader of a link; it connects when it is entered."""
    if source.kind in FILES:
        return FileReader(link, source)
    if source.kind == SourceKind.HTTP:
        return WebReader(link, source)
    return DatabaseReader(link, source)
