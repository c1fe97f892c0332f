"""What the environment says of a Kafka."""

from pathlib import Path

import pytest

from labkit import LabError
from labkit.kafka import properties


@pytest.mark.parametrize("namespace", ["", "anna-", "a.b.", "x_"])
def test_a_namespace_ends_with_a_separator(namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_NAMESPACE", namespace)
    assert properties.namespace() == namespace


@pytest.mark.parametrize(
    ("namespace", "words"),
    {
        "anna": "the topic sensor would be called annasensor: end it with a separator, as in anna-.",
        "anna ": "use only letters",
        "Übung-": "use only letters",
        "a/": "use only letters",
    }.items(),
)
def test_any_other_namespace_is_refused_in_one_line(
    namespace: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_NAMESPACE", namespace)
    with pytest.raises(LabError, match=words) as refused:
        properties.namespace()
    assert "\n" not in str(refused.value)


def test_a_file_of_properties_may_begin_with_a_bom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "client.properties"
    file.write_bytes(b"\xef\xbb\xbfbootstrap.servers=kafka:9092\r\nsecurity.protocol=SASL_SSL\r\n")
    monkeypatch.setenv("LAB_KAFKA_CONFIG", str(file))
    monkeypatch.delenv("LAB_BROKER", raising=False)
    assert properties.read() == {"bootstrap.servers": "kafka:9092", "security.protocol": "SASL_SSL"}
    assert properties.address() == "kafka:9092"
