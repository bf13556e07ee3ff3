"""The specification's examples in hex, its limits, and the tests that it names."""

import pathlib
import re

import pytest
from conftest import vectors

from warden.v1 import link_pb2
from warden_link import frame
from warden_link.link import samples

PROTO = pathlib.Path(__file__).resolve().parents[2]
TEXT = (PROTO / "README.md").read_text()


def section(title):
    start = TEXT.index(f"# {title}")
    end = re.search(r"^#", TEXT[start + 2 :], re.M)
    return TEXT[start : start + 2 + end.start()] if end else TEXT[start:]


def rows(title):
    """The cells of each row of a section's first table, without its headings."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def hexadecimal(cell):
    return bytes.fromhex(re.search(r"`([0-9a-f ]+)`", cell).group(1))


@pytest.mark.parametrize("name, payload, wire", rows("2.2 Examples"), ids=lambda cell: cell[:20])
def test_example_frames_are_frames(name, payload, wire):
    payload = hexadecimal(payload) if payload else b""
    kinds = {name: kind for kind, name in frame.KINDS.items()}
    kind = kinds[re.match(r"\w+", name).group(0)]
    assert frame.encode(kind, payload) == hexadecimal(wire)


def test_the_example_session_is_the_vectors():
    handshake, session = vectors("handshake"), vectors("session")
    said = section("3.5 Example").split("```")[1].split()
    lines = [word for word in said if re.fullmatch("[0-9a-f]{8,}", word)]
    assert "".join(lines[:3]) == handshake["first_message"]
    assert "".join(lines[3:5]) == handshake["second_message"]
    assert lines[5:7] == [handshake["client_key"], handshake["board_key"]]
    assert lines[7:] == [part for step in session["steps"][:2] for part in (step["message"], step["wire"])]


def test_the_example_batch_means_what_the_page_says():
    wire = re.search(r"as Response 9:\s+([0-9a-f ]+)", TEXT).group(1)
    response = link_pb2.Response.FromString(bytes.fromhex(wire))
    assert response.identifier == 9
    assert [(sample.value, sample.at_ms // 1000) for sample in samples(response.telemetry)] == [
        (20010, 61), (20013, 62), (20011, 63), (20011, 64), (20016, 65)]


def test_the_numbers_of_reasons_and_results_are_the_schemas():
    for title, enum, prefix in [
        ("11.1 `RefusalReason`", link_pb2.RefusalReason, "REFUSAL_REASON_"),
        ("11.2 `CommandResult`", link_pb2.CommandAnswer.DESCRIPTOR.fields_by_name["result"].enum_type, "COMMAND_RESULT_"),
    ]:
        said = {int(cells[0].split()[0]): cells[0].split()[1] for cells in rows(title)}
        known = enum.DESCRIPTOR if hasattr(enum, "DESCRIPTOR") and hasattr(enum, "Name") else enum
        assert said == {value.number: value.name.removeprefix(prefix) for value in known.values}


def test_the_check_value_and_the_limits_are_this_clients():
    assert f"{frame.crc32c(b'123456789'):08X}" in TEXT
    assert f"payload of a frame | {frame.PAYLOAD_LIMIT:,} bytes" in TEXT


def test_every_bad_input_has_the_tests_that_it_names():
    sources = "".join(path.read_text() for path in (PROTO.parent / "Tests").glob("*Tests/*.swift"))
    for folder in (PROTO / "python" / "tests", PROTO.parent / "Tests" / "Wardend"):
        sources += "".join(path.read_text() for path in folder.glob("*.py"))
    counters = (PROTO.parent / "Sources/WardenLink/LinkCounters.swift").read_text()
    table = rows("12. Bad input")
    assert len(table) > 15
    for name, _, counted, shown in table:
        names = re.findall(r"`(\w+)`", shown)
        assert names, name
        for test in names:
            assert re.search(rf"(func|def) {test}\(", sources), f"{test}, which shows: {name}"
        for counter in re.findall(r"`([^`]+)`", counted):
            assert f'"{counter}"' in counters, f"the counter of: {name}"
