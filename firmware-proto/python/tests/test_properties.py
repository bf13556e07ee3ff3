"""Properties of frames and sessions, for whatever hypothesis thinks of."""

from hypothesis import given, settings
from hypothesis import strategies as st

from warden_link import frame, session

payloads = st.binary(max_size=frame.PAYLOAD_LIMIT)


@given(payloads, st.sampled_from(sorted(frame.KINDS)))
def test_a_frame_comes_back_whatever_it_holds(payload, kind):
    wire = frame.encode(kind, payload)
    assert wire.count(0) == 1 and len(wire) <= len(payload) + 11
    assert list(frame.Reader().feed(wire)) == [(kind, payload)]


@given(st.binary(max_size=3000), payloads, st.integers(1, 50))
def test_after_any_garbage_the_next_frame_behind_a_delimiter_is_found(garbage, payload, piece):
    wire = garbage + b"\0" + frame.encode(frame.PLAIN, payload)
    reader = frame.Reader()
    found = [item for start in range(0, len(wire), piece) for item in reader.feed(wire[start : start + piece])]
    assert found[-1] == (frame.PLAIN, payload)


@given(st.lists(st.tuples(st.binary(max_size=40), st.booleans()), max_size=30), st.integers(0, 70000))
@settings(deadline=None)
def test_sealed_messages_come_back_but_for_those_that_were_lost(messages, first):
    key = bytes(range(32))
    sealing, opening = session.SealingKey(key), session.OpeningKey(key)
    if first % 65536 > 65500:
        # Around the change of key, which a receiver follows once.
        sealing, opening = session.SealingKey(key, first % 65536), session.OpeningKey(key)
    for message, is_lost in messages:
        payload = sealing.seal(message)
        if not is_lost:
            assert opening.open(payload) == message
            assert opening.open(payload) is None


@given(st.binary(max_size=60), st.integers(0, 10_000))
def test_a_changed_sealed_message_is_not_taken(message, place):
    payload = bytearray(session.SealingKey(bytes(32)).seal(message))
    payload[place % len(payload)] ^= 0x10
    assert session.OpeningKey(bytes(32)).open(bytes(payload)) is None
