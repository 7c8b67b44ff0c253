"""What tests of sign-up and login share."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import pytest

from aglais_hub.errors import AglaisError


async def refusal(awaitable: Awaitable[Any]) -> tuple[int, str]:
    """Return status and code of a refusal."""
    with pytest.raises(AglaisError) as refused:
        await awaitable
    return refused.value.status, refused.value.code
