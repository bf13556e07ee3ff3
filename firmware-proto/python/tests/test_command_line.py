"""The command line, as people and scripts use it."""

import json
import os
import subprocess
import sys

import pytest
from conftest import CLIENTS


@pytest.fixture
def run(peer, tmp_path):
    for role, keys in CLIENTS.items():
        keys.save(tmp_path / f"{role}.key")

    def run(*arguments, role="operator", code=0, environment=None):
        where = ["--tcp", f"127.0.0.1:{peer.ready['tcp']}", "--key", str(tmp_path / f"{role}.key"), "--board-key",
                 peer.ready["board_key"]]
        done = subprocess.run(
            [sys.executable, "-m", "warden_link", *where, *arguments], capture_output=True, text=True, cwd=tmp_path,
            env={**os.environ, **(environment or {})}, timeout=60)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def test_status_says_who_the_client_is(run):
    text = run("status")
    assert "peer, version peer 1" in text and "this client: operator" in text
    assert json.loads(run("--json", "status"))["doors"] == 2


def test_tables_have_headings(run):
    assert run("doors").splitlines() == [
        "door        state    released  open", "front door  secured  no        no", "cellar      secured  no        no"]
    assert "20" in run("points") and "°C" in run("points")
    assert [json.loads(line)["name"] for line in run("lines", "--json").splitlines()] == ["front lock", "cellar lock"]


def test_a_door_is_unlocked_by_name(run):
    assert run("unlock", "cellar") == "done\n"
    events = run("events")
    assert "command door unlock on 1: done by link 0" in events
    assert json.loads(run("events", "--newest", "1", "--json"))["command"]["result"] == "COMMAND_RESULT_DONE"


def test_mistakes_are_said_with_their_remedy(run):
    assert 'there is no door "attic"; there are: "front door", "cellar"' in run("unlock", "attic", code=1)
    assert "not permitted" in run("unlock", "cellar", role="observer", code=1)
    assert "is its key in the board file" in run("status", role="stranger", code=1)


def test_following_goes_on_where_it_ended(run):
    run("unlock", "cellar")
    run("unlock", "cellar")
    first = run("follow", "script", "--count", "3").splitlines()
    second = run("follow", "script", "--count", "1").splitlines()
    assert [line.split()[0] for line in first + second] == ["1", "2", "3", "4"]


def test_keys_are_made_once_and_kept_private(run, tmp_path):
    text = run("keygen", "laptop")
    assert "public key:" in text
    assert os.stat(tmp_path / "laptop.key").st_mode & 0o777 == 0o600
    assert "File exists" in run("keygen", "laptop", code=1)
    os.chmod(tmp_path / "operator.key", 0o644)
    assert "others may read this key" in run("status", code=1)


def test_services(run, tmp_path):
    assert "synchronised" in run("time", "--set", role="administrator")
    assert run("log-level", "debug", role="administrator") == "done\n"
    lines = [json.dumps({"hash": number.to_bytes(16, "big").hex(), "valid_until": 1900000000}) for number in range(30)]
    (tmp_path / "cards.jsonl").write_text("\n".join(lines) + "\n")
    text = run("credentials", "--upload", "cards.jsonl", "--version", "3", role="administrator")
    assert text == "30 of 50000 credentials, version 3\n"
    (tmp_path / "wrong.jsonl").write_text('{"hash": "00"}\n{"hsh": "00"}\n')
    assert "wrong.jsonl:2" in run("credentials", "--upload", "wrong.jsonl", "--version", "4", role="administrator", code=1)
    (tmp_path / "board.image").write_bytes(b"image" * 500)
    assert "staged" in run("image", "upload", "board.image", role="administrator")
    assert "on trial" in run("image", "apply", role="administrator")
    assert "generation 2: none" in run("image", "confirm", role="administrator")
    assert run("recorder", "flight.bin", role="administrator") == "bytes 1000 to 20000\n"
    whole = (tmp_path / "flight.bin").read_bytes()
    (tmp_path / "flight.bin").write_bytes(whole[:7000])
    run("recorder", "flight.bin", role="administrator")
    assert (tmp_path / "flight.bin").read_bytes() == whole


def test_telemetry_prints_samples_with_their_unit(run):
    lines = run("telemetry", "hall temperature", "--interval", "20", "--count", "3").splitlines()
    assert len(lines) == 3 and all("hall temperature" in line and line.endswith("°C") for line in lines)


def test_the_key_log_is_written_for_the_dissector(run, tmp_path):
    run("status", environment={"WARDEN_KEYLOG": str(tmp_path / "keys.log")})
    [line] = (tmp_path / "keys.log").read_text().splitlines()
    assert [len(word) for word in line.split()] == [14, 64, 64, 64]
    assert os.stat(tmp_path / "keys.log").st_mode & 0o777 == 0o600
