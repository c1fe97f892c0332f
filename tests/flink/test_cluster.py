"""The job on a real standalone Flink cluster: the same files, also when its task manager is killed, or its client."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit import Lab, LabError
from labkit.flink.cluster import Cluster as Foreign
from tests.flink import oracle, results
from tests.flink.cluster import Cluster, cluster, slots
from tests.pipelines.oracle import Reading
from tests.waiting import eventually

START = 240.0  # seconds that a job may take until it runs: on a third of a CPU it takes more than 90


@pytest.fixture(scope="module")
def flinks() -> Iterator[Cluster]:
    with cluster() as found:
        yield found


@pytest.mark.slow
def test_a_killed_task_manager_a_stop_and_a_resume_lose_nothing_and_double_nothing(
    lab: Lab, flinks: Cluster, tmp_path: Path
) -> None:
    sensors = lab.produce(writes="sensor-data", per_second=30)
    lab.wait_for("sensor-data")
    job = lab.flink(into=tmp_path, cluster=flinks.address)
    eventually(lambda: job.progress.checkpoints.done >= 2 and job.total() > 200, START)
    assert job.web == f"http://{flinks.address}"
    busy = flinks.busy()
    busy.kill()
    try:
        before = job.progress.readings
        eventually(lambda: job.progress.readings > before + 300, START)
        assert flinks.busy() is not busy
        assert (job.status, job.error) == ("running", None)
    finally:
        flinks.start_manager()
    job.stop()
    assert (job.status, job.error, job.note) == ("stopped", None, "")
    assert flinks.rest.unfinished(job._full_name) == []

    again = lab.flink(into=tmp_path, cluster=flinks.address, resume=True)
    eventually(lambda: again.total() > job.total() + 100, START)
    sensors.stop()
    again.wait_until_caught_up(START)
    again.stop()
    assert (again.status, again.error) == ("stopped", None)
    assert results.written(tmp_path) == results.sent(lab)
    eventually(lambda: slots(flinks.rest) == 2, START)


@pytest.mark.slow
def test_a_bounded_job_ends_by_itself_with_the_files_that_it_would_write_at_home(
    lab: Lab, flinks: Cluster, tmp_path: Path
) -> None:
    lab.produce("nyc-weather", writes="sensor-data", factor=1e6, records=300).wait(20)
    job = lab.flink(into=tmp_path, bounded=True, cluster=flinks.address)
    assert job.wait(START)
    assert (job.status, job.error) == ("finished", None)
    assert results.written(tmp_path) == results.sent(lab)
    wanted, _ = oracle.results(Reading(*each) for each in results.sent(lab).elements())
    assert wanted
    results.assert_equal(results.windows(tmp_path), wanted)


KERNEL = """
import sys
from labkit import Lab
lab = Lab()
lab.flink(into=sys.argv[1], cluster=sys.argv[2], resume=len(sys.argv) > 3).wait(1000)
"""


@pytest.mark.slow
def test_what_a_killed_kernel_leaves_on_the_cluster_ends_before_another_resumes_it(
    lab: Lab, flinks: Cluster, tmp_path: Path
) -> None:
    sensors = lab.produce(writes="sensor-data", per_second=30)
    lab.wait_for("sensor-data")
    with subprocess.Popen([sys.executable, "-c", KERNEL, tmp_path, flinks.address]) as kernel:
        eventually(lambda: len(results.lines(tmp_path, "readings")) > 100, START)
        (left,) = flinks.rest._get("/jobs/overview")["jobs"][:1]
        kernel.kill()
    job = lab.flink(into=tmp_path, cluster=flinks.address, resume=True)
    assert left["jid"] not in flinks.rest.unfinished(left["name"])
    eventually(lambda: job.total() > 300, START)
    sensors.stop()
    job.wait_until_caught_up(START)
    job.stop()
    assert results.written(tmp_path) == results.sent(lab)


@pytest.mark.slow
def test_a_job_is_cancelled_on_the_cluster_when_its_kernel_has_been_killed(
    lab: Lab, flinks: Cluster, tmp_path: Path
) -> None:
    lab.produce(writes="sensor-data", per_second=30)
    lab.wait_for("sensor-data")
    script = KERNEL.replace("import sys", "import sys\nfrom labkit.flink import cluster\ncluster.HEARTBEAT = 15.0")
    with subprocess.Popen([sys.executable, "-c", script, tmp_path, flinks.address]) as kernel:
        eventually(lambda: len(results.lines(tmp_path, "readings")) > 100, START)
        assert slots(flinks.rest) == 1
        kernel.kill()
    eventually(lambda: slots(flinks.rest) == 2, START)


@pytest.mark.slow
def test_a_cluster_that_cannot_be_used_is_one_line_and_nothing_is_submitted(
    lab: Lab, flinks: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.create_topic("sensor-data")
    with pytest.raises(LabError, match="'here' is not the address of a Flink cluster: give HOST:PORT"):
        lab.flink(cluster="here")
    with pytest.raises(LabError, match=r"No Flink cluster answers at 127.0.0.1:1 \(.*\): is that its REST port\?"):
        lab.flink(cluster="127.0.0.1:1")
    with pytest.raises(LabError, match=r"runs Flink 2\.3\.0: the lab's job needs 9\.9\."):
        Foreign(flinks.address).check("9.9")
    monkeypatch.setattr("labkit.flink.rest.Rest.free_slots", lambda _: 0)
    with pytest.raises(LabError, match="has no free slot: stop a job, or start a task manager"):
        lab.flink(cluster=flinks.address)
    assert not lab.workers
