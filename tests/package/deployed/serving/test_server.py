"""A server listens on loopback, says where, and ends what is under way when it is told to stop."""

import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from served_models import SmallModel
from serving import served

from s2s_lesson import deployed
from s2s_lesson.__main__ import main
from s2s_lesson.commands.command_line import command_line
from s2s_lesson.commands.serve import LIMIT_OPTIONS
from s2s_lesson.deployed.serving.limits import Limits
from s2s_lesson.deployed.serving.server import LOOPBACK, address, listen

HELPERS = Path(__file__).parents[3] / "helpers"
# A process that serves the small model as the command does.
SERVE = """
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background begins without one
sys.path.append(sys.argv[1])
from served_models import SmallModel
from s2s_lesson import deployed
from s2s_lesson.__main__ import main
class Telling(SmallModel):
    def predict(self, *arguments, **options):
        print("predicting", flush=True)
        return super().predict(*arguments, **options)
deployed.load = lambda folder, threads: Telling(seconds=1.5)
sys.exit(main(["serve", "folder", "--port", "0", "--wait", "0", *sys.argv[2:]]))
"""


@pytest.fixture
def client_of_a_quick_model():
    with served(SmallModel(), Limits(wait=0)) as client:
        client.application.model.max_output_length = 2
        yield client


def test_the_command_listens_on_loopback_with_the_usual_limits():
    options = command_line().parse_args(["serve", "folder"])
    assert (options.host, options.port, options.threads) == (LOOPBACK, 8000, 1)
    assert Limits(**{name: getattr(options, name) for name in LIMIT_OPTIONS}) == Limits()
    assert set(LIMIT_OPTIONS) == set(Limits.__dataclass_fields__)


def test_an_answer_is_not_held_back(client_of_a_quick_model):
    """By Nagle's algorithm it would be, for 40 ms each: one in four was sooner, however slow the machine."""
    post, spent = client_of_a_quick_model.post, []
    for _ in range(21):
        start = time.perf_counter()
        assert post("/predict", json={"texts": ["a"], "beam_size": 1}).status_code == 200
        spent.append(time.perf_counter() - start)
    assert sorted(spent)[len(spent) // 4] < 0.04


def test_only_this_machine_reaches_loopback():
    with listen(LOOPBACK, 0) as listening:
        host, port = listening.getsockname()
        assert host == "127.0.0.1" and address(listening) == f"http://127.0.0.1:{port}"
        with pytest.raises(OSError, match="Choose another by --host or --port"):
            listen(LOOPBACK, port)
    with pytest.raises(
        OSError, match=r"Expected a host of this machine and a free port; received 192\.0\.2\.1"
    ):
        listen("192.0.2.1", 0)


def test_a_wrong_option_is_named(capsys):
    for wrong in (["--port", "65536"], ["--max-beam-size", "0"], ["--wait", "-1"], ["--stop-within", "no"]):
        with pytest.raises(SystemExit):
            main(["serve", "folder", *wrong])
        assert f"argument {wrong[0]}: Expected " in capsys.readouterr().err
    assert main(["serve", "folder", "--max-texts", "9", "--queue", "8"]) == 1
    assert "Expected queue of at least texts=9; received 8." in capsys.readouterr().err


def test_an_export_that_reads_arrays_is_refused(monkeypatch, capsys):
    signals = deployed.ExportedSequenceToText.__new__(deployed.ExportedSequenceToText)
    monkeypatch.setattr(deployed, "load", lambda folder, threads: signals)
    assert main(["serve", "folder", "--port", "0"]) == 1
    assert "Expected an export that reads texts; the one in folder reads arrays." in capsys.readouterr().err


def test_what_is_under_way_is_finished_and_nothing_new_begun():
    body = {"texts": ["abc"]}
    with served(model := SmallModel(), Limits(wait=0)) as client, ThreadPoolExecutor(2) as pool:
        model.go_on.clear()
        asked = [pool.submit(client.post, "/predict", json=body)]
        while not model.calls:
            time.sleep(0.002)
        asked.append(pool.submit(client.post, "/predict", json=body))
        while not client.application.batcher.texts_waiting:
            time.sleep(0.002)
        client.server.handle_exit(signal.SIGTERM, None)
        assert not client.application.health().ready
        with pytest.raises(httpx.TransportError):
            for _ in range(1000):
                assert httpx.post(f"{client.base_url}/predict", json=body, trust_env=False).status_code == 503
        model.go_on.set()
        assert [response.result().status_code for response in asked] == [200, 200]


@pytest.mark.slow(
    guard="tests/package/deployed/serving/test_server.py::test_what_is_under_way_is_finished_and_nothing_new_begun"
)
@pytest.mark.parametrize(("sign", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_server_that_is_told_to_stop_answers_first(sign, code):
    command = [sys.executable, "-c", SERVE, str(HELPERS)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process, ThreadPoolExecutor(3) as pool:
        told = process.stdout.readline()
        assert told.startswith("Serving small <model> on http://127.0.0.1:")
        url = told.split()[4]
        bodies = [{"texts": ["abc gfd"], "beam_size": size} for size in (1, 2, 3)]  # none with another
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
            asked = [pool.submit(client.post, "/predict", json=bodies[0])]
            assert process.stdout.readline() == "predicting\n"
            asked += [pool.submit(client.post, "/predict", json=body) for body in bodies[1:]]
            waiting, until = "", time.monotonic() + 20
            while "waiting_texts 2" not in waiting and time.monotonic() < until:
                waiting = client.get("/metrics").text
            process.send_signal(sign)
            assert [response.result().status_code for response in asked] == [200, 200, 200]
        assert "waiting_texts 2" in waiting
        assert process.wait(20) == code
        log = process.stderr.read()
    assert log.count("POST /predict 200") == 3 and "abc" not in log and "Traceback" not in log
    with pytest.raises(OSError):
        socket.create_connection((LOOPBACK, int(url.rpartition(":")[2])), timeout=5).close()
