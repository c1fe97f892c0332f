"""deploy/ agrees with the lab, and with what docs/ promise. There is no Kubernetes here. When these files were written,
they fitted the schemas of the chart and the operators that they name, which are not in this repository.
"""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from labkit.broker.installation import KAFKA_LOCK
from labkit.flink.installation import FLINK_LOCK
from labkit.jvm import jars

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
CLUSTER, CLASS = ((ROOT / f"docs/{page}.md").read_text() for page in ("cluster", "class"))


def documents(name: str) -> dict[str, Any]:
    return {each["kind"]: each for each in yaml.safe_load_all((KUBERNETES / name).read_text())}


def accounts(file: Path) -> list[Any]:
    """What the script writes for a file of students."""
    done = subprocess.run([KUBERNETES / "students", file], capture_output=True, text=True, check=True)
    return [*yaml.safe_load_all(done.stdout)]


def test_they_have_the_versions_of_the_lab() -> None:
    kafka, flink = documents("kafka.yaml")["Kafka"]["spec"]["kafka"], documents("flink.yaml")["FlinkDeployment"]["spec"]
    assert kafka["version"] == jars.Lock.read(KAFKA_LOCK).version
    assert kafka["metadataVersion"].startswith(kafka["version"].rpartition(".")[0])
    version = jars.Lock.read(FLINK_LOCK).version
    assert flink["image"] == f"flink:{version}-java21"
    assert flink["flinkVersion"] == "v" + "_".join(version.split(".")[:2])


def test_a_student_may_do_on_kubernetes_what_the_docs_say(tmp_path: Path) -> None:
    file = tmp_path / "students.csv"
    file.write_text("name,password\r\nanna,\r\nben.akesson,unused\r\n")
    anna, ben = accounts(file)
    assert ben["metadata"]["name"] == "student-ben.akesson"
    commands = re.search(r"--operation All --resource-pattern-type prefixed(.*?)\ndone", CLUSTER, flags=re.DOTALL)[1]
    promised = re.findall(r'--(topic|group|transactional-id) "(\S+)"', commands)
    acls = anna["spec"]["authorization"]["acls"]
    found = [(each["resource"]["type"], each["resource"]["name"]) for each in acls]
    names = {"transactional-id": "transactionalId"}
    assert found == [(names.get(kind, kind), name.replace("$name", "anna")) for kind, name in promised]
    assert all(each["resource"]["patternType"] == "prefix" and each["operations"] == ["All"] for each in acls)
    quotas = dict(re.findall(r"(\w+_\w+)=(\d+)", re.search(r"--entity-default.*?'(.*?)'", CLUSTER, flags=re.DOTALL)[1]))
    assert {re.sub(r"[A-Z]", lambda each: f"_{each[0].lower()}", name): str(value)
            for name, value in anna["spec"]["quotas"].items()} == quotas  # fmt: skip


@pytest.mark.parametrize("name", ["an-na", "Anna", "anna ek", ".anna"])
def test_a_name_that_would_run_into_another_namespace_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "students.csv").write_text(f"{name}\n")
    done = subprocess.run([KUBERNETES / "students", tmp_path / "students.csv"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert name in done.stderr


def test_the_limits_are_those_of_the_docs() -> None:
    values = yaml.safe_load((KUBERNETES / "values.yaml").read_text())["singleuser"]
    config = (DEPLOY / "tljh/lab.py").read_text()
    memory, cpu = values["memory"]["limit"], values["cpu"]["limit"]
    assert f'c.Spawner.mem_limit = "{memory}"\nc.Spawner.cpu_limit = {cpu}\n' in config
    assert f"{memory.removesuffix('G')} GB of memory and {cpu} CPUs" in CLASS


def test_a_pod_gets_the_secret_that_the_operator_makes_for_its_user() -> None:
    values = yaml.safe_load((KUBERNETES / "values.yaml").read_text())["singleuser"]
    secret, authority = (each["secret"] for each in values["storage"]["extraVolumes"]["kafka"]["projected"]["sources"])
    template = documents("student.yaml")["KafkaUser"]["metadata"]
    cluster = documents("kafka.yaml")["Kafka"]["metadata"]["name"]
    assert secret["name"] == template["name"].replace("NAME", "{unescaped_username}")
    assert secret["optional"] is True
    assert (
        authority["name"]
        == f"{template['labels']['strimzi.io/cluster']}-cluster-ca-cert"
        == f"{cluster}-cluster-ca-cert"
    )
