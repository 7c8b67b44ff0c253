"""The notebooks that are shipped, the data and the Python modules they use."""

from .building import Content, build_content
from .sources import ContentError

__all__ = ["Content", "ContentError", "build_content"]
