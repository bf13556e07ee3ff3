"""Events and states as people read them, and as JSON for machines."""

import datetime
import json

from google.protobuf import json_format

from warden.v1 import board_pb2, event_pb2, lift_pb2, link_pb2


def as_json(message):
    """One line of JSON with the schema's field names, defaults included."""
    return json.dumps(as_dict(message), sort_keys=True)


def as_dict(message):
    options = {"preserving_proto_field_name": True}
    try:
        return json_format.MessageToDict(message, always_print_fields_with_no_presence=True, **options)
    except TypeError:
        return json_format.MessageToDict(message, including_default_value_fields=True, **options)


def name(enum, number, prefix):
    """The words of an enum's value; its number where this client does not know it."""
    if number not in enum.values():
        return f"#{number}"
    return enum.Name(number).removeprefix(prefix).lower().replace("_", " ")


def moment(event):
    """When an event happened: local time where the board's clock meant something, else since the board's start."""
    if event.clock_trust == event_pb2.CLOCK_TRUST_UNSET:
        return f"+{event.monotonic_ns / 1e9:.3f} s"
    when = datetime.datetime.fromtimestamp(event.unix_ms / 1000)
    mark = "" if event.clock_trust == event_pb2.CLOCK_TRUST_SYNCHRONISED else "~"
    return mark + when.strftime("%Y-%m-%d %H:%M:%S.") + f"{event.unix_ms % 1000:03d}"


class Names:
    """Names of a board's places, asked for when first needed."""

    def __init__(self, link):
        self._link = link
        self._tables = {}

    def of(self, table, index):
        if table not in self._tables:
            self._tables[table] = {entry.index: entry.name for entry in self._link.table(table)}
        return self._tables[table].get(index, f"{table[:-1]} {index}")

    def find(self, table, text):
        """The place of a name, or of a number."""
        self.of(table, 0)
        for index, known in self._tables[table].items():
            if known == text:
                return index
        if text.isdigit() and int(text) in self._tables[table]:
            return int(text)
        known = ", ".join(f'"{entry}"' for entry in self._tables[table].values()) or "none"
        raise LookupError(f'there is no {table[:-1]} "{text}"; there are: {known}')


def actor(event_actor):
    kind = name(event_pb2.ActorKind, event_actor.kind, "ACTOR_KIND_")
    if event_actor.kind == event_pb2.ACTOR_KIND_LINK and event_actor.index == 0xFFFFFFFF:
        return f"local user {event_actor.user}"
    return f"{kind} {event_actor.index}"


def event(value, names):
    """One line about an event, without its time."""
    kind = value.WhichOneof("body")
    if kind is None:
        return "something that this client does not know"
    body = getattr(value, kind)
    text = _TEXTS.get(kind, _plain)(body, names)
    if body.DESCRIPTOR.fields_by_name.get("actor") and body.HasField("actor"):
        text += f" by {actor(body.actor)}"
    return text


def _access(body, names):
    verdict = "granted" if body.granted else "denied"
    card = f" card {body.credential_tag:016x}" if body.credential_tag else ""
    return f"access {verdict} at {names.of('doors', body.door)} (reason {body.reason}){card}"


def _door(body, names):
    return f"{names.of('doors', body.door)}: {name(event_pb2.DoorEventKind, body.kind, 'DOOR_EVENT_KIND_')}"


def _alarm(body, names):
    before = name(event_pb2.AlarmState, getattr(body, "from"), "ALARM_STATE_")
    after = name(event_pb2.AlarmState, body.to, "ALARM_STATE_")
    return f"{names.of('detectors', body.detector)}: {before} → {after} (value {body.value})"


def _trouble(body, names):
    source = name(event_pb2.TroubleSource, body.source, "TROUBLE_SOURCE_")
    return f"trouble of {source} {body.index} {'began' if body.active else 'ended'} (code {body.code})"


def _output(body, names):
    return f"{names.of('lines', body.line)} {'on' if body.active else 'off'}"


def _lift(body, names):
    return f"lift {body.lift}: {name(lift_pb2.LiftOrder, body.order, 'LIFT_ORDER_')}"


def _announcement(body, names):
    return f"message of effect {body.effect} {'on' if body.active else 'off'}: {body.text}"


def _command(body, names):
    kind = name(link_pb2.CommandKind, body.command, "COMMAND_KIND_")
    result = name(event_pb2.CommandResult, body.result, "COMMAND_RESULT_")
    return f"command {kind} on {body.target}: {result}"


def _system(body, names):
    return f"board {name(event_pb2.SystemKind, body.kind, 'SYSTEM_KIND_')}"


def _gap(body, names):
    count = f"{body.count} " if body.count else ""
    return f"gap: {count}events up to {body.last_sequence} are no longer kept"


def _plain(body, names):
    return str(body).replace("\n", " ").strip()


_TEXTS = {
    "access": _access, "door": _door, "alarm": _alarm, "trouble": _trouble, "output": _output, "command": _command,
    "system": _system, "gap": _gap, "lift": _lift, "announcement": _announcement,
}

UNITS = {
    board_pb2.POINT_UNIT_STATE: (1, ""), board_pb2.POINT_UNIT_MICROVOLT: (1e-6, "V"),
    board_pb2.POINT_UNIT_MILLIDEGREE_CELSIUS: (1e-3, "°C"),
    board_pb2.POINT_UNIT_MILLIPERCENT_RELATIVE_HUMIDITY: (1e-3, "%"), board_pb2.POINT_UNIT_PASCAL: (1, "Pa"),
    board_pb2.POINT_UNIT_PARTS_PER_MILLION: (1, "ppm"), board_pb2.POINT_UNIT_MILLIDECIBEL_PER_METRE: (1e-3, "dB/m"),
    board_pb2.POINT_UNIT_CENTIPERCENT_LOWER_EXPLOSIVE_LIMIT: (1e-2, "% LEL"), board_pb2.POINT_UNIT_MILLILUX: (1e-3, "lx"),
    board_pb2.POINT_UNIT_MICROGRAM_PER_CUBIC_METRE: (1, "µg/m³"), board_pb2.POINT_UNIT_INDEX: (1, ""),
    board_pb2.POINT_UNIT_MILLIGRAVITY: (1e-3, "g"), board_pb2.POINT_UNIT_COUNT: (1, ""),
    board_pb2.POINT_UNIT_OHM: (1, "Ω"), board_pb2.POINT_UNIT_MILLIWATT: (1e-3, "W"),
    board_pb2.POINT_UNIT_MILLIDEGREE_PER_SECOND: (1e-3, "°/s"),
}
QUALITIES = ["good", "starting", "stale", "out of range", "faulty", "missing", "forced"]


def value(number, unit):
    scale, symbol = UNITS.get(unit, (1, f"(unit {unit})"))
    return f"{number * scale:g} {symbol}".strip()


def quality(number):
    return QUALITIES[number] if number < len(QUALITIES) else f"quality {number}"


def table(rows, headings):
    """Rows of text as columns."""
    rows = [headings] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(headings))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
