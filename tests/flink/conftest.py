import pytest

from labkit.flink.installation import FlinkInstallation


@pytest.fixture(scope="session", autouse=True)
def _trained(flink: FlinkInstallation | None) -> None:
    """No training disturbs the tests."""
