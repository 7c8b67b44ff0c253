"""Mends, in every Python of a session, what Zeppelin's Python code expects of older versions.

Loaded by a .pth file beside it. Zeppelin brings py4j 0.10.7, which takes abstract base classes from `collections`
(they left it in Python 3.10), and reads `SparkSession._wrapped`, which left PySpark in 3.3.
"""

import collections
import collections.abc
import importlib.abc
import importlib.util
import sys

SESSION_MODULE = "pyspark.sql.session"


def _restore_collections():
    for name in collections.abc.__all__:
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))


def _restore_wrapped(module):
    def wrapped(session):
        from pyspark.sql import SQLContext

        return SQLContext(session.sparkContext, session)

    if not hasattr(module.SparkSession, "_wrapped"):
        module.SparkSession._wrapped = property(wrapped)


class _AfterImport(importlib.abc.MetaPathFinder):
    """Lets PySpark be imported as usual when, and only when, something asks for it; then mends it."""

    def find_spec(self, name, path=None, target=None):
        if name != SESSION_MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        spec.loader = _MendingLoader(spec.loader)
        return spec


class _MendingLoader(importlib.abc.Loader):
    """Stands before the real loader, which may be one for all modules of a zip file."""

    def __init__(self, loader):
        self._loader = loader

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        _restore_wrapped(module)


_restore_collections()
sys.meta_path.insert(0, _AfterImport())
