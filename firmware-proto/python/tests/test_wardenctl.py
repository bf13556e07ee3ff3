"""`wardenctl` does everything with a running board that the protocol can, over every transport that it has."""

import json
import pathlib
import re
import subprocess
import tempfile

import pytest
import test_images
import test_wardend
from conftest import CLIENTS
from test_images import PHASE, image, outputs_of
from test_wardend import bench, kernel  # noqa: F401

PROGRAMS = bench.ROOT / ".build/debug"


def run(*arguments, given=None, timeout=60):
    return subprocess.run([bench.WARDENCTL, *map(str, arguments)], input=given, capture_output=True, text=True,
                          timeout=timeout)


def key_file(role):
    path = bench.work / f"{role}.key"
    if not path.exists():
        CLIENTS[role].save(str(path))
    return path


@pytest.fixture(scope="module")
def site(kernel):  # noqa: F811
    made = test_wardend.Site()
    yield made
    made.close()


@pytest.fixture
def elsewhere(kernel, monkeypatch):  # noqa: F811
    """A folder of its own for a second board beside the one that the other tests share."""
    with tempfile.TemporaryDirectory(prefix="wardenctl-test-") as folder:
        monkeypatch.setattr(bench, "work", pathlib.Path(folder))
        yield


def transports(site, name, role):
    keys = ["--key", key_file(role), "--board-key", site.key.hex()]
    return {
        "UNIX": ["--socket", site.unix_path],
        "TCP": ["--tcp", f"127.0.0.1:{site.ports['127.0.0.1']}", *keys],
        "serial line": ["--serial", site.cables["line"].client_end, "--baud", 115200, *keys],
        "RS-485 in turns": ["--serial", site.cables["pair"].client_end, "--rs485", *keys],
    }[name]


@pytest.mark.parametrize("name", ["UNIX", "TCP", "serial line", "RS-485 in turns"])
def test_every_transport_shows_the_board_and_opens_its_door(site, name):
    shown = run("status", "--json", *transports(site, name, "operator"))
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["board"] == "gate"
    bench.wait_until(lambda: site.level() == 1, "the lock holds")
    before = site.board.line(bench.LOCK)[4]
    opened = run("door", "gate", "unlock", *transports(site, name, "operator"))
    assert (opened.returncode, opened.stdout) == (0, "door gate unlock: done\n"), opened.stderr
    bench.wait_until(lambda: site.board.line(bench.LOCK)[4] >= before + 2, "the lock was released, and holds again")


@pytest.mark.parametrize("options, status, words", [
    (["--serial", "/dev/nowhere"], 69, "ls /dev/serial/by-id"),
    (["--serial", "/dev/null"], 64, "this is no serial port"),
], ids=["no port", "no terminal"])
def test_a_port_that_is_none_is_named_with_a_remedy(site, options, status, words):
    done = run("status", *options, "--key", key_file("operator"), "--board-key", site.key.hex())
    assert done.returncode == status and words in done.stderr, done.stderr


def test_the_clock_is_shown_with_its_offset_and_uncertainty_and_is_set(site):
    shown = json.loads(run("time", "--json", *transports(site, "TCP", "operator")).stdout)
    assert shown["trust"] in ("free-running", "synchronised") and shown["uncertainty_us"] < 1_000_000
    refused = run("time", "--set", *transports(site, "TCP", "operator"))
    assert refused.returncode == 77 and "technician" in refused.stderr
    done = run("time", "--set", "--json", *transports(site, "TCP", "administrator"))
    assert done.returncode == 0, done.stderr
    after = json.loads(done.stdout)
    assert abs(after["ahead_ms"]) <= 100 + after["uncertainty_us"] // 1000
    assert "give or take" in run("time", *transports(site, "UNIX", "operator")).stdout


def test_log_level_and_counters(site):
    done = run("log-level", "notice", "--json", *transports(site, "TCP", "administrator"))
    assert (done.returncode, json.loads(done.stdout)) == (0, {"level": "notice"}), done.stderr
    assert run("log-level", "notice", *transports(site, "TCP", "observer")).returncode == 77
    counters = {entry["name"]: entry for entry in json.loads(
        run("counters", "--json", *transports(site, "UNIX", "operator")).stdout)}
    assert int(counters["handshakes"]["value"]) > 0
    assert {"connections refused", "reads held back", "frames corrupt", "credentials"} <= set(counters)


def test_a_recorder_in_memory_alone_is_downloaded_and_said_to_be_that(site):
    output = bench.work / "minutes"
    done = run("recorder", "download", "--image", bench.work / "site.board", "-o", output,
               *transports(site, "UNIX", "operator"))
    assert done.returncode == 0, done.stderr
    assert "do not replay" in done.stderr and output.stat().st_size > 0


def test_a_recording_is_downloaded_in_two_goes_and_replays(elsewhere):
    journal = bench.work / "download.journal"
    journal.unlink(missing_ok=True)
    made = test_wardend.Site("--journal", journal, "--journal-size", "16M")
    try:
        bench.wait_until(lambda: made.level() == 1, "the lock holds")
        made.reader.write(bench.KNOWN_CARD)
        bench.wait_until(lambda: made.level() == 0, "the lock is released")
        bench.wait_until(lambda: made.level() == 1, "the lock holds again")
        output, part = bench.work / "board.recording", bench.work / "board.recording.part"
        options = ["recorder", "download", "--image", bench.work / "site.board", "-o", output]
        # What an interrupted download left: it had come to the second page.
        with made.link("UNIX") as link:
            chunks = list(link.recorder(0, 6000))
        page_bytes = chunks[0].page_bytes
        assert page_bytes in (512, 1024, 2048, 4096)
        data = b"".join(chunk.data for chunk in chunks)
        part.write_bytes(chunks[0].offset.to_bytes(8, "little") + page_bytes.to_bytes(4, "little") + bytes(4) + data)

        def replays():
            done = run(*options, *transports(made, "TCP", "administrator"))
            assert done.returncode == 0, done.stderr
            assert not part.exists()
            result = subprocess.run([bench.WARDENSIM, "replay", output], capture_output=True, text=True)
            return result if "access gate granted" in result.stdout else None

        result = bench.wait_until(replays, "the decision is in the recording")
        assert result.returncode == 0 and "every one as it was recorded" in result.stdout, result.stdout
    finally:
        made.close()


def test_an_image_is_sent_applied_confirmed_and_rolled_back(elsewhere):
    made = test_images.Site()
    try:
        second = image(2)
        path = bench.work / "generation2.board"
        board = ["--socket", made.unix_path]
        done = run("image", "send", path, "--apply", "--confirm", "--json", *board)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["phase"] == "none" and made.outputs() == outputs_of(2)
        shown = run("image", "status", *board)
        assert "nothing is on its way" in shown.stdout and "an image to go back to" in shown.stdout
        done = run("image", "rollback", "--json", *board)
        assert done.returncode == 0, done.stderr
        assert made.outputs() == outputs_of(1)
        other = bench.build_board("elsewhere", test_images.description(2).replace("board: gate", "board: cellar"))
        refused = run("image", "send", other, *board)
        assert refused.returncode == 1
        assert "made for another board: it is made for the board 'cellar'" in refused.stderr
        assert "Send it to the board that it is made for" in refused.stderr
        assert made.image_state().phase == PHASE.IMAGE_PHASE_NONE and second
    finally:
        made.close()


def test_every_command_for_a_running_board_has_json_and_help_with_examples():
    for name in ("status", "doors", "door", "sensors", "alarms", "alarm", "lines", "readers", "reader", "events",
                 "fire-reset", "watch", "time", "log-level", "counters", "image send", "image status", "image apply",
                 "image confirm", "image rollback", "image drop", "credentials status", "credentials load",
                 "credentials add", "credentials remove", "recorder download"):
        shown = run(*name.split(), "--help")
        assert shown.returncode == 0 and "--json" in shown.stdout, name
        assert re.search("EXAMPLES", shown.stdout + run(name.split()[0], "--help").stdout), name
