"""Credentials that were sent outlive a restart of `wardend` as a process, and a power cut at any step."""

import hashlib
import json
import subprocess

import pytest
from test_images import Site, damaged, power_cut  # noqa: F401
from test_wardend import bench, kernel  # noqa: F401

from warden.v1 import board_pb2, link_pb2
from warden_link import LinkError


def keyed_hash(number):
    return hashlib.sha256(str(number).encode()).digest()[:16]


def changes(count, first=0):
    return [link_pb2.CredentialChange(put=board_pb2.Credential(hash=keyed_hash(first + n), groups=1))
            for n in range(count)]


@pytest.fixture
def site(kernel):  # noqa: F811
    made = Site()
    yield made
    made.close()


def state_of(site):
    with site.link() as link:
        return link.credentials()


def kept(site, version):
    def look():
        state = state_of(site)
        return state if state.kept_version == version else None
    return bench.wait_until(look, f"version {version} is on the disk")


def test_a_list_and_what_was_changed_of_it_hold_after_a_power_cut(site):
    state = state_of(site)
    assert (state.version, state.count, state.keeps) == (0, 1, True)
    with site.link() as link:
        link.change_credentials(changes(10), version=5)
    kept(site, 5)
    with site.link() as link:
        link.change_credentials(changes(3, first=100) + [link_pb2.CredentialChange(remove=keyed_hash(0))],
                                version=6, base_version=5)
    kept(site, 6)
    site.kill()
    site.start()
    state = state_of(site)
    assert (state.version, state.count, state.kept_version) == (6, 12, 6)
    # And again, with the list after it in the other file.
    with site.link() as link:
        link.change_credentials(changes(4), version=7)
    kept(site, 7)
    site.kill()
    site.start()
    assert (state_of(site).version, state_of(site).count) == (7, 4)


def test_nothing_of_a_card_but_its_keyed_hash_is_on_the_disk_for_nobody_else_to_read(site):
    table = bench.work / "cards.csv"
    table.write_text("tag,groups,note\n0500207B32,residents,\"flat 12, spare\"\n01020F7A5C,residents,\n")
    first = bench.work / "first.yaml"
    done = subprocess.run(
        [bench.WARDENCTL, "credentials", "load", table, "--board", first, "--hash-key", bench.KEY, "--socket",
         site.unix_path, "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    state = json.loads(done.stdout)
    assert (state["version"], state["count"], state["kept_version"]) == (1, 2, 1)
    for path in site.state.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path
        data = path.read_bytes()
        for number in ("0500207B32", "01020F7A5C"):
            assert bytes.fromhex(number) not in data and number.encode() not in data
    # The card opens after a restart: it is the list that was sent, not the image's.
    site.kill()
    site.start()
    bench.wait_until(lambda: site.board.level(bench.LOCK) == 1, "the lock holds")
    site.reader.write(bench.KNOWN_CARD)
    bench.wait_until(lambda: site.board.level(bench.LOCK) == 0, "the card opens")


def test_wardenctl_adds_removes_and_names_the_line_of_a_mistake_without_showing_the_card(site):
    def run(*arguments, given=None):
        return subprocess.run(
            [bench.WARDENCTL, "credentials", *map(str, arguments), "--socket", str(site.unix_path)], input=given,
            capture_output=True, text=True)

    of_board = ["--board", bench.work / "first.yaml", "--hash-key", bench.KEY]
    refused = run("add", "-", *of_board, given='[{tag: "01020F7A5C", groups: [residents]}]')
    assert refused.returncode == 1 and "Send a whole list first" in refused.stderr
    assert run("load", "-", *of_board, given='- {tag: "01020F7A5C", groups: [residents]}\n').returncode == 0
    added = run("add", "-", *of_board, given="tag,groups\n0500207B32,residents\n")
    assert (added.returncode, added.stdout) == (0, "2 of 16 credentials, version 2\n"), added.stderr
    removed = run("remove", "-", *of_board, "--version", 9, given="tag\n0500207B32\n")
    assert (removed.returncode, removed.stdout) == (0, "1 of 16 credentials, version 9\n"), removed.stderr
    wrong = run("load", "-", *of_board, given="tag,groups\n0500207B32,residents\n01020F7A5C,strangers\n")
    assert wrong.returncode == 65 and "3:" in wrong.stderr and "strangers" in wrong.stderr
    assert "01020F7A5C" not in wrong.stderr
    same = run("load", "-", *of_board, given="tag\n0500207B32\n0500207B32\n")
    assert same.returncode == 65 and "the same card" in same.stderr
    assert run("status").stdout == "1 of 16 credentials, version 9\n"


@pytest.mark.parametrize("name", ["credentials.record", "credentials.1"])
def test_damage_on_the_disk_is_a_trouble_and_the_images_own_cards_hold(site, name):
    with site.link() as link:
        link.change_credentials(changes(10), version=5)
    kept(site, 5)
    site.kill()
    path = site.state / name
    path.write_bytes(damaged(path.read_bytes()))
    site.start()
    state = state_of(site)
    assert (state.version, state.count, state.kept_version) == (0, 1, 0)
    assert "damaged" in site.board.log
    bench.wait_until(lambda: "kept-credentials-damaged" in site.board.log, "it is a trouble")
    # The next list is kept again.
    with site.link() as link:
        link.change_credentials(changes(2), version=6)
    kept(site, 6)
    site.kill()
    site.start()
    assert (state_of(site).version, state_of(site).count) == (6, 2)


def test_a_power_cut_at_any_step_of_a_transfer_leaves_the_list_before_or_the_one_after(kernel, power_cut):  # noqa: F811
    site = Site()
    step, found = 0, []
    try:
        while True:
            step += 1
            site.close()
            bench.shutil.rmtree(site.state)
            site.reader = bench.Terminal(bench.work / "reader")
            site.preload = (power_cut,)
            site.environment = {"POWER_CUT_FOLDER": str(site.state), "POWER_CUT_AT": str(step)}
            site.start()
            promised = 0
            try:
                with site.link() as link:
                    link.change_credentials(changes(14), version=5)
                promised = kept(site, 5).kept_version
                with site.link() as link:
                    link.change_credentials(changes(2, first=100), version=6, base_version=5)
                promised = kept(site, 6).kept_version
            except (OSError, LinkError):
                site.board.process.wait(timeout=bench.PATIENCE)
            is_cut = site.board.process.poll() is not None
            if is_cut:
                site.board.world.close()
                site.preload, site.environment = (), None
                site.start()
            state = state_of(site)
            assert (state.version, state.count) in [(0, 1), (5, 14), (6, 16)], f"step {step}"
            assert state.version >= promised, f"step {step}: what was said to be kept is"
            assert "damaged" not in site.board.log
            found.append(state.version)
            if not is_cut:
                break
        assert set(found) == {0, 5, 6} and found == sorted(found)
    finally:
        site.close()


def test_a_board_without_a_folder_for_its_state_says_that_it_keeps_nothing(kernel):  # noqa: F811
    site = Site()
    try:
        site.kill()
        place = site.options.index("--state")
        del site.options[place:place + 2]
        site.start()
        assert not state_of(site).keeps
        with site.link() as link:
            assert link.request(image=link_pb2.ImageTransfer(action=0)).result == 1
    finally:
        site.close()
