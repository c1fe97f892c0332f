import shutil
from pathlib import Path

import pytest

from labkit.broker import cache
from tests.broker.lives import link_or_copy


@pytest.fixture
def place(installation: cache.Installation, tmp_path: Path) -> cache.Installation:
    """A whole cache of the test's own, but for the ahead-of-time cache.

    Its jars are hard links to the developer's: replace them, never write into them.
    """
    place = cache.installation(tmp_path / "labkit")
    shutil.copytree(installation.directory / "jars", place.directory / "jars", copy_function=link_or_copy)
    shutil.copytree(installation.data, place.data)
    shutil.copy(f"{installation.data}.sha256", place.directory)
    assert place.is_whole()
    return place
