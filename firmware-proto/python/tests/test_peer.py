"""The client against the board's side in Swift, over every transport."""

import itertools
import os
import socket
import threading
import time

import pytest
from conftest import CLIENTS, EXPIRED

from warden.v1 import board_pb2, event_pb2, link_pb2, role_pb2
from warden_link import BoardClosed, CommandFailed, KeyPair, Link, LinkError, NotTheBoard, Refused, frame, transport


def test_over_ipv4_and_ipv6_the_client_is_welcomed_with_its_role(peer):
    for host in ["127.0.0.1", "::1"]:
        with peer.tcp(host=host) as link:
            assert link.welcome.board == "peer"
            assert link.welcome.role == role_pb2.ACCESS_ROLE_OPERATOR
            assert link.status().doors == 2


def test_over_the_unix_socket_without_a_handshake(peer):
    with peer.unix() as link:
        assert link.welcome is None
        assert [door.name for door in link.table("doors")] == ["front door", "cellar"]


def test_over_a_serial_line(start_peer):
    peer = start_peer("--serial")
    with peer.serial() as link:
        assert link.status().name == "peer"
        link.command("DOOR_UNLOCK", 1)
        assert link.table("doors")[1].state == event_pb2.DOOR_STATE_RELEASED


def test_over_a_serial_line_after_noise_and_a_client_that_went_away(start_peer):
    peer = start_peer("--serial")
    with peer.serial() as link:
        assert link.status().name == "peer"
    noise = os.open(peer.ready["serial"], os.O_WRONLY | os.O_NOCTTY)
    os.write(noise, bytes(range(256)) * 8)
    os.close(noise)
    with peer.serial("observer") as link:
        assert link.welcome.role == role_pb2.ACCESS_ROLE_OBSERVER


def test_over_a_half_duplex_line_in_turns(start_peer):
    peer = start_peer("--rs485", "--events", "40")
    with peer.serial(rs485=True) as link:
        assert link.status().name == "peer"
        assert len(list(link.events())) == 40
        assert link.command("DOOR_UNLOCK", 0).result == event_pb2.COMMAND_RESULT_DONE


def test_tables_are_complete(peer):
    with peer.tcp("observer") as link:
        assert [len(link.table(kind)) for kind in ["points", "detectors", "lines", "readers"]] == [2, 1, 2, 1]
        counters = {counter.name: counter.value for counter in link.table("counters")}
        assert counters["handshakes"] == 1 and counters["events"] == 0


def test_a_long_list_comes_whole_as_the_client_gives_credit(start_peer):
    peer = start_peer("--events", "1000")
    for link in [peer.tcp(), peer.unix()]:
        with link:
            assert [event.sequence for event in link.events()] == list(range(1, 1001))
            assert [event.sequence for event in link.events(limit=5, newest=True)] == list(range(996, 1001))


def test_what_was_not_acknowledged_comes_again(start_peer):
    peer = start_peer("--events", "300")
    with peer.tcp() as link:
        for event in link.subscribe(reader="platform", from_oldest=True):
            if event.sequence == 200:
                link.acknowledge(150)
                link.board_time()
                break
    with peer.tcp() as link:
        got = [event.sequence for event in itertools.islice(link.subscribe(reader="platform"), 150)]
    assert got == list(range(151, 301))


def test_alarms_come_before_a_backlog(start_peer):
    peer = start_peer("--events", "100")
    with peer.tcp() as link:
        link.request(identifier=1001, subscribe=link_pb2.Subscription(reader="a", classes=32, from_oldest=True))
        link.request(identifier=1002, subscribe=link_pb2.Subscription(reader="b", classes=31, from_oldest=True))
        order = []
        while len(order) < 100:
            response = link._next(time.monotonic() + 10)
            if response.WhichOneof("body") == "event":
                order.append(response.identifier)
    # What was on its way before the second subscription is the first one's too.
    assert order == [1001] * 10 + [1002] * 90


def test_events_arrive_while_commands_are_given(peer):
    with peer.tcp() as watcher, peer.tcp() as commander:
        events = watcher.subscribe()
        # A generator has to be started before what it is to tell of.
        unlocking = threading.Timer(0.3, lambda: commander.command("DOOR_UNLOCK", 0))
        unlocking.start()
        assert next(events).door.door == 0
        audit = next(events)
        unlocking.join()
        assert audit.command.actor.kind == event_pb2.ACTOR_KIND_LINK and audit.command.actor.index == 0


def test_a_repeated_command_is_carried_out_once(peer):
    with peer.tcp() as link:
        command = link_pb2.Command(kind=link_pb2.COMMAND_KIND_DOOR_UNLOCK, target=0)
        answers = [link.request(identifier=5, command=command) for _ in range(3)]
        assert [answer.result for answer in answers] == [0, 0, 0]
    with peer.tcp() as link:
        link.request(identifier=5, command=command)
        audits = [event for event in link.events() if event.WhichOneof("body") == "command"]
        assert len(audits) == 1


def test_a_command_that_arrives_late_does_nothing(peer):
    with peer.tcp() as link:
        with pytest.raises(CommandFailed) as failure:
            link.command("DOOR_UNLOCK", 0, within_s=-1, attempts=1)
        assert failure.value.result == event_pb2.COMMAND_RESULT_TOO_LATE
        assert link.table("doors")[0].state == event_pb2.DOOR_STATE_SECURED


def test_roles_bound_what_a_client_may(peer):
    with peer.tcp("observer") as link:
        for attempt in [
            lambda: link.command("DOOR_UNLOCK", 0), link.set_clock, link.credentials, link.image,
            lambda: link.set_log_level("debug"), lambda: list(link.recorder()), lambda: link.send_reader_file(0, b"file"),
        ]:
            with pytest.raises(CommandFailed) as failure:
                attempt()
            assert failure.value.result == event_pb2.COMMAND_RESULT_NOT_PERMITTED
        assert link.status().name == "peer"


def test_clients_that_are_unknown_expired_or_mean_another_board_are_turned_away(peer):
    for keys, board_key in [
        (CLIENTS["stranger"], peer.board_key), (EXPIRED, peer.board_key), (CLIENTS["operator"], KeyPair(bytes([77]) * 32).public),
    ]:
        opened = transport.tcp(f"127.0.0.1:{peer.ready['tcp']}")
        if keys is EXPIRED:
            # The peer's clock is not set: the key is worth an observer's.
            with Link(opened, keys, board_key) as link, pytest.raises(CommandFailed):
                link.command("DOOR_UNLOCK", 0)
            continue
        with pytest.raises(BoardClosed) as failure:
            Link(opened, keys, board_key)
        assert failure.value.reason == 4
    with peer.tcp("administrator") as link:
        link.set_clock()
        with pytest.raises(BoardClosed):
            Link(transport.tcp(f"127.0.0.1:{peer.ready['tcp']}"), EXPIRED, peer.board_key)


def test_plain_messages_over_a_network_end_the_session(peer):
    with socket.create_connection(("127.0.0.1", int(peer.ready["tcp"]))) as connection:
        connection.sendall(frame.encode(frame.PLAIN, link_pb2.Request(status=link_pb2.StatusQuery()).SerializeToString()))
        assert received(connection) == frame.encode(frame.NOTICE, b"\x07")


def received(connection):
    """Everything until the peer closes."""
    connection.settimeout(15)
    data = b""
    while piece := connection.recv(4096):
        data += piece
    return data


def test_a_handshake_that_never_ends_is_dropped(peer):
    with socket.create_connection(("127.0.0.1", int(peer.ready["tcp"]))) as connection:
        connection.sendall(b"\x05\x11")
        start = time.monotonic()
        assert received(connection) == frame.encode(frame.NOTICE, b"\x03")
        assert 4 < time.monotonic() - start < 10


def test_a_million_bytes_of_garbage_change_nothing(peer):
    with peer.tcp() as link, socket.create_connection(("127.0.0.1", int(peer.ready["tcp"]))) as connection:
        garbage = os.urandom(1_000_000)
        connection.settimeout(0.2)
        try:
            connection.sendall(garbage)
        except OSError:
            pass
        assert link.status().name == "peer"


def test_a_thousand_connections_in_a_row_leave_a_session_alone(peer):
    with peer.tcp() as link:
        for number in range(1000):
            with socket.create_connection(("127.0.0.1", int(peer.ready["tcp"]))):
                pass
            if number % 100 == 0:
                assert link.status().name == "peer"
        with peer.tcp("observer") as other:
            assert other.status().name == "peer"


def test_connections_that_say_nothing_make_room_for_a_client(peer):
    silent = [socket.create_connection(("127.0.0.1", int(peer.ready["tcp"]))) for _ in range(30)]
    with peer.tcp() as link:
        assert link.status().name == "peer"
    for connection in silent:
        connection.close()


def test_a_client_that_does_not_read_slows_nobody(start_peer):
    peer = start_peer("--events", "5000")
    with peer.tcp() as link:
        slow = socket.socket(socket.AF_UNIX)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        slow.connect(peer.ready["unix"])
        request = link_pb2.Request(identifier=1, credit=link_pb2.Credit(limit=1 << 40))
        slow.sendall(frame.encode(frame.PLAIN, request.SerializeToString()))
        request = link_pb2.Request(identifier=2, events=link_pb2.EventQuery())
        slow.sendall(frame.encode(frame.PLAIN, request.SerializeToString()))
        assert len(list(link.events())) == 5000
        slow.close()


def test_samples_come_in_batches_with_their_times(peer):
    with peer.tcp("observer") as link:
        samples = list(itertools.islice(link.telemetry([0], interval_ms=50, batch=4), 8))
    assert [sample.quality for sample in samples] == [0] * 8
    steps = [after.at_ms - before.at_ms for before, after in zip(samples, samples[1:])]
    assert all(step % 50 == 0 and step > 0 for step in steps)
    with peer.tcp("observer") as link, pytest.raises(CommandFailed):
        next(link.telemetry([9]))


def test_the_clock_is_set_to_this_machines(peer):
    with peer.tcp("administrator") as link:
        assert link.board_time().clock_trust == event_pb2.CLOCK_TRUST_UNSET
        uncertainty = link.set_clock()
        answer = link.board_time()
        assert answer.clock_trust == event_pb2.CLOCK_TRUST_SYNCHRONISED
        assert abs(answer.unix_ms - time.time() * 1000) < 1000
        assert uncertainty < 1e9


def test_credentials_change_all_at_once(peer):
    def credential(number):
        return link_pb2.CredentialChange(put=board_pb2.Credential(hash=number.to_bytes(16, "big")))

    with peer.tcp("administrator") as link:
        shown = []
        changes = [credential(number) for number in range(1000)]
        state = link.change_credentials(changes, version=5, progress=lambda done, total: shown.append((done, total)))
        assert (state.version, state.count) == (5, 1000)
        assert shown[-1] == (1000, 1000)
        removal = [link_pb2.CredentialChange(remove=(7).to_bytes(16, "big"))]
        with pytest.raises(CommandFailed):
            link.change_credentials(removal, version=7, base_version=4)
        assert link.credentials().count == 1000
        assert link.change_credentials(removal, version=6, base_version=5).count == 999


def test_credentials_that_are_not_committed_do_not_hold(peer):
    with peer.tcp("administrator") as link:
        begin = link_pb2.CredentialBegin(version=1, changes=2)
        link.request(credentials=link_pb2.CredentialTransfer(begin=begin))
        chunk = link_pb2.CredentialChunk(changes=[link_pb2.CredentialChange(put=board_pb2.Credential(hash=bytes(16)))])
        for _ in range(2):
            assert link.request(credentials=link_pb2.CredentialTransfer(chunk=chunk)).received == 1
        answer = link.request(credentials=link_pb2.CredentialTransfer(commit=link_pb2.CredentialCommit()))
        assert answer.result == event_pb2.COMMAND_RESULT_REFUSED and answer.count == 0


def test_an_image_is_uploaded_on_where_it_was_interrupted_tried_and_confirmed(peer):
    image = os.urandom(5000)
    with peer.tcp("administrator") as link:
        begin = link_pb2.ImageBegin(size=len(image), checksum=frame.crc32c(image))
        link.request(image=link_pb2.ImageTransfer(begin=begin))
        chunk = link_pb2.ImageChunk(offset=0, data=image[:768])
        assert link.request(image=link_pb2.ImageTransfer(chunk=chunk)).received == 768
    with peer.tcp("administrator") as link:
        shown = []
        state = link.upload_image(image, lambda done, total: shown.append(done))
        assert shown[0] == 2 * 768 and state.phase == link_pb2.IMAGE_PHASE_STAGED
        assert link.image("APPLY").trial_ms > 0
        assert link.image("CONFIRM").generation == 2
        with pytest.raises(CommandFailed):
            link.image("APPLY")


def test_a_file_goes_to_a_reader_in_the_parts_that_it_wants(peer):
    with peer.tcp("administrator") as link:
        shown = []
        assert link.send_reader_file(0, bytes(900), progress=lambda done, total: shown.append(done)) == "processed"
        assert shown == [0, 200, 400, 600, 800, 900]
        assert link.send_reader_file(0, b"\xff" * 300) == "malformed"


def test_the_recorder_is_downloaded_from_any_byte(peer):
    with peer.tcp("administrator") as link:
        chunks = list(link.recorder())
        assert chunks[0].offset == 1000
        whole = b"".join(chunk.data for chunk in chunks)
        assert len(whole) == 19000
        assert b"".join(chunk.data for chunk in link.recorder(offset=6000)) == whole[5000:]
        assert b"".join(chunk.data for chunk in link.recorder(offset=6000, limit=10)) == whole[5000:5010]


def test_a_place_that_is_open_elsewhere_is_busy(peer):
    with peer.tcp() as first, peer.tcp() as second:
        first.request(subscribe=link_pb2.Subscription(reader="one"))
        with pytest.raises(Refused):
            second.request(subscribe=link_pb2.Subscription(reader="one"))


def test_a_request_of_a_later_version_is_refused_by_name(peer):
    with peer.unix() as link:
        link._write(frame.encode(frame.PLAIN, bytes.fromhex("0809fa3e00")))
        with pytest.raises(Refused) as failure:
            link._body(link._next(time.monotonic() + 5))
        assert failure.value.reason == link_pb2.REFUSAL_REASON_UNKNOWN_REQUEST
