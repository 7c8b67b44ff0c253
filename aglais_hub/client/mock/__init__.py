"""The platform in memory, for programs that use our clients and for their tests.

::

    mock = MockPlatform()
    space = await mock.clients.storage.ensure(request)
    mock.fail("storage", status=503, retry_after=7, times=1)

The clients are the real ones; only the network below them is replaced. A test compares what
the mock and the real services answer to every method of the clients.
"""

from aglais_hub.client.mock.platform import MockPlatform

__all__ = ["MockPlatform"]
