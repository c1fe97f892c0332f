import pytest

from labkit.flink.installation import Installation


@pytest.fixture(scope="session", autouse=True)
def _trained(flink: Installation | None) -> None:
    """No training disturbs the tests."""
