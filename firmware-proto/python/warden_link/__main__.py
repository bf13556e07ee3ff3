"""The command line: python -m warden_link --help."""

import argparse
import json
import os
import sys

from tqdm import tqdm

from warden.v1 import board_pb2, event_pb2, link_pb2

from . import show, transport
from .errors import LinkError
from .keys import KeyPair, parse_public
from .link import Link

DOOR_COMMANDS = {
    "unlock": ("DOOR_UNLOCK", "release a door for its unlock time"), "lock": ("DOOR_LOCK", "lock a door"),
    "free": ("DOOR_FREE", "keep a door released"), "lockdown": ("DOOR_LOCKDOWN", "keep everybody out"),
    "restore": ("DOOR_RESTORE", "put a door back into its normal mode"),
}
ALARM_COMMANDS = {
    "acknowledge": ("ALARM_ACKNOWLEDGE", "say that an alarm has been seen"),
    "silence": ("ALARM_SILENCE", "silence the sounders of an alarm"),
    "reset": ("ALARM_RESET", "end an alarm whose cause is gone"),
    "cancel-fall": ("FALL_CANCEL", "say that the wearer of a fall sensor is well"),
}
EXAMPLES = """examples:
  python -m warden_link keygen laptop
  python -m warden_link --unix /run/warden/link status
  python -m warden_link --tcp board.local --key laptop.key --board-key board.pub watch
  python -m warden_link --unix /run/warden/link unlock "front door"
  python -m warden_link --unix /run/warden/link events --newest 20 --json
"""


def make_parser():
    parser = argparse.ArgumentParser(
        prog="warden_link", description="Watch and command a Warden board.", epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--unix", metavar="PATH", help="the board's own socket")
    where.add_argument("--tcp", metavar="HOST[:PORT]", help=f"over a network; port {transport.DEFAULT_PORT} by default")
    where.add_argument("--serial", metavar="DEVICE", help="over a serial line")
    parser.add_argument("--baud", type=int, default=115200, help="speed of the serial line (115200)")
    parser.add_argument("--rs485", action="store_true", help="the serial line is half duplex")
    parser.add_argument("--key", metavar="FILE", help="this client's key file; see keygen")
    parser.add_argument("--board-key", metavar="KEY", help="the board's public key: 64 digits, or a file that holds them")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="for each answer (10)")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each thing")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name, run, text, **arguments):
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        command.set_defaults(run=run)
        return command

    keygen = add("keygen", run_keygen, "make a key: NAME.key for this client, and the public key for the board file")
    keygen.add_argument("name")
    add("status", run_status, "the board on one screen")
    for name, headings in TABLES.items():
        add(name, run_table, f"every entry of the board's table of {name}").set_defaults(table=name)
    add("watch", run_watch, "events as they happen, until interrupted")
    events = add("events", run_events, "events that the board keeps")
    events.add_argument("--from", dest="start", type=int, default=0, metavar="NUMBER", help="the first one (the oldest kept)")
    events.add_argument("--limit", type=int, default=0, metavar="COUNT", help="at most so many")
    events.add_argument("--newest", type=int, default=0, metavar="COUNT", help="the newest so many")
    follow = add("follow", run_follow, "events from a place that the board keeps, acknowledged as they are printed")
    follow.add_argument("reader", help="name of the place, up to 12 bytes")
    follow.add_argument("--count", type=int, default=0, help="end after so many (0: never)")
    for name, (kind, text) in DOOR_COMMANDS.items():
        command = add(name, run_command, text)
        command.add_argument("target", metavar="DOOR", help="name or place of the door")
        command.set_defaults(kind=kind, table="doors")
        command.add_argument("--within", type=float, default=10.0, metavar="SECONDS", help="later, nothing is done (10)")
    for name, (kind, text) in ALARM_COMMANDS.items():
        command = add(name, run_command, text)
        command.add_argument("target", metavar="DETECTOR", help="name or place of the detector")
        command.set_defaults(kind=kind, table="detectors", within=10.0)
    add("reset-fire", run_command, "end the fire release of the doors").set_defaults(
        kind="FIRE_RESET", table=None, target=None, within=10.0)
    telemetry = add("telemetry", run_telemetry, "measured values as they change, until interrupted")
    telemetry.add_argument("points", nargs="+", metavar="POINT", help="names or places")
    telemetry.add_argument("--interval", type=int, default=1000, metavar="MS")
    telemetry.add_argument("--threshold", type=int, default=0, metavar="DIFFERENCE", help="in the point's unit")
    telemetry.add_argument("--batch", type=int, default=1, metavar="COUNT", help="samples that come together (1)")
    telemetry.add_argument("--count", type=int, default=0, help="end after so many (0: never)")
    clock = add("time", run_time, "the board's clocks, how far they are from this machine's, and how sure that is")
    clock.add_argument("--set", action="store_true", help="set the board's clock from this machine's")
    level = add("log-level", run_log_level, "how much the board writes into its log")
    level.add_argument("level", choices=["error", "warning", "notice", "debug"])
    credentials = add("credentials", run_credentials, "version and number of credentials, or a new set of them")
    credentials.add_argument("--upload", metavar="FILE", help="JSON lines, each a Credential or {\"remove\": HASH}")
    credentials.add_argument("--version", type=int, help="the version that results; needed with --upload")
    credentials.add_argument("--base", type=int, default=0, help="the version that is changed (0: replace all)")
    image = add("image", run_image, "the board image: its state, or a step of an update")
    image.add_argument("step", choices=["state", "upload", "apply", "confirm", "roll-back", "drop"])
    image.add_argument("file", nargs="?", help="the image, for upload")
    recorder = add("recorder", run_recorder, "download the flight recorder, going on where FILE ends")
    recorder.add_argument("file")
    return parser


def connect(options):
    if options.unix:
        return Link(transport.unix(options.unix), timeout=options.timeout)
    if options.tcp:
        opened = transport.tcp(options.tcp)
    elif options.serial:
        opened = transport.serial(options.serial, options.baud, options.rs485)
    else:
        raise LinkError("which board? --unix PATH, --tcp HOST or --serial DEVICE")
    if not options.key or not options.board_key:
        raise LinkError("over a network or a line: --key FILE (see keygen) and --board-key KEY (see wardenctl keys)")
    return Link(opened, KeyPair.load(options.key), parse_public(options.board_key), options.timeout)


def run_keygen(options):
    keys = KeyPair.generate()
    path = options.name + ".key"
    keys.save(path)
    if options.json:
        print(json.dumps({"file": path, "public_key": keys.public.hex()}))
        return
    print(f"private key: {path} (keep it; it never leaves this machine)")
    print(f"public key:  {keys.public.hex()} (goes into the board file, under clients)")


def run_status(options):
    with connect(options) as link:
        status = link.status()
        if options.json:
            print(show.as_json(status))
            return
        print(f"{status.name}, version {status.version}, generation {status.generation}")
        print(f"up {status.uptime_ns / 1e9:.0f} s, {status.turns} turns, {status.inputs_lost} inputs lost")
        print(f"{status.doors} doors, {status.alarms} alarms, {status.troubles} troubles")
        print(f"events: {status.events_kept} of {status.event_capacity} kept, the last is {status.last_sequence}")
        print(f"credentials: {status.credentials} of {status.credential_capacity}")
        if link.welcome is not None:
            print(f"this client: {show.name(show_role(), link.welcome.role, 'ACCESS_ROLE_')}")


def show_role():
    from warden.v1 import role_pb2

    return role_pb2.AccessRole


TABLES = {
    "doors": (["door", "state", "released", "open"], lambda e: [
        e.name, show.name(event_pb2.DoorState, e.state, "DOOR_STATE_"), "yes" if e.released else "no",
        ("yes" if e.open else "no") if e.HasField("open") else "?"]),
    "points": (["point", "value", "quality", "age"], lambda e: [
        e.name, show.value(e.value, e.unit), show.quality(e.quality), f"{e.age_ns / 1e9:.1f} s"]),
    "detectors": (["detector", "state", "value", "trouble"], lambda e: [
        e.name, show.name(event_pb2.AlarmState, e.state, "ALARM_STATE_"), e.value, e.trouble or ""]),
    "lines": (["line", "kind", "level", "available"], lambda e: [
        e.name, "output" if e.output else "input", "active" if e.active else "inactive", "yes" if e.available else "no"]),
    "readers": (["reader", "online", "frames", "rejected"], lambda e: [
        e.name, "yes" if e.online else "no", e.frames, e.rejected]),
    "counters": (["counter", "value", "of", "at most", "lost"], lambda e: [
        e.name, e.value, e.capacity or "", e.high_water or "", e.dropped or ""]),
}


def run_table(options):
    headings, row = TABLES[options.table]
    with connect(options) as link:
        entries = link.table(options.table)
    if options.json:
        for entry in entries:
            print(show.as_json(entry))
    else:
        show.table([row(entry) for entry in entries], headings)


def print_event(event, names, options):
    if options.json:
        print(show.as_json(event), flush=True)
    else:
        print(f"{event.sequence:>8}  {show.moment(event)}  {show.event(event, names)}", flush=True)


def run_watch(options):
    with connect(options) as link:
        names = show.Names(link)
        load_names(names, options)
        for event in link.subscribe():
            print_event(event, names, options)


def load_names(names, options):
    """Asks for every name before events come, as one list runs at a time."""
    if not options.json:
        for table in ["doors", "detectors", "lines"]:
            names.of(table, 0)


def run_events(options):
    with connect(options) as link:
        names = show.Names(link)
        load_names(names, options)
        limit, newest = (options.newest, True) if options.newest else (options.limit, False)
        for event in link.events(options.start, limit, newest):
            print_event(event, names, options)


def run_follow(options):
    with connect(options) as link:
        names = show.Names(link)
        load_names(names, options)
        count = 0
        for event in link.subscribe(reader=options.reader, from_oldest=True):
            print_event(event, names, options)
            if event.sequence:
                link.acknowledge(event.sequence)
            count += 1
            if count == options.count:
                link.board_time()
                return


def run_command(options):
    with connect(options) as link:
        target = show.Names(link).find(options.table, options.target) if options.table else 0
        answer = link.command(options.kind, target, options.within)
    print(show.as_json(answer) if options.json else "done")


def run_telemetry(options):
    with connect(options) as link:
        entries = {entry.index: entry for entry in link.table("points")}
        names = show.Names(link)
        places = [names.find("points", text) for text in options.points]
        count = 0
        for sample in link.telemetry(places, options.interval, options.threshold, options.batch):
            entry = entries[sample.point]
            if options.json:
                print(json.dumps({**sample._asdict(), "name": entry.name}), flush=True)
            else:
                text = show.value(sample.value, entry.unit) if sample.quality in (0, 6) else show.quality(sample.quality)
                print(f"{sample.at_ms / 1000:12.3f} s  {entry.name}  {text}", flush=True)
            count += 1
            if count == options.count:
                return


def run_time(options):
    with connect(options) as link:
        answer = link.board_time()
        _, uncertainty = link.clock_offset()
        if options.set:
            uncertainty = link.set_clock()
            answer = link.board_time()
    import time

    trust = show.name(event_pb2.ClockTrust, answer.clock_trust, "CLOCK_TRUST_")
    ahead = answer.unix_ms - time.time_ns() // 1_000_000
    if options.json:
        print(json.dumps({
            "monotonic_ns": answer.monotonic_ns, "unix_ms": answer.unix_ms, "clock_trust": trust,
            "ahead_ms": ahead, "uncertainty_ns": uncertainty}))
        return
    print(f"up {answer.monotonic_ns / 1e9:.3f} s; the clock is {trust}")
    if answer.clock_trust != event_pb2.CLOCK_TRUST_UNSET:
        print(f"{ahead} ms ahead of this machine, give or take {uncertainty / 1e6:.3f} ms")


def run_log_level(options):
    with connect(options) as link:
        link.set_log_level(options.level)
    print("{}" if options.json else "done")


def progress_bar(total, unit, options):
    """A bar on a terminal, nothing elsewhere."""
    return tqdm(total=total, unit=unit, unit_scale=unit == "B", disable=None if not options.json else True)


def read_changes(path):
    changes = []
    with open(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
                if set(value) == {"remove"}:
                    changes.append(link_pb2.CredentialChange(remove=bytes.fromhex(value["remove"])))
                    continue
                value["hash"] = bytes.fromhex(value["hash"])
                changes.append(link_pb2.CredentialChange(put=board_pb2.Credential(**value)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise LinkError(f"{path}:{number}: no credential: {error}") from error
    return changes


def run_credentials(options):
    with connect(options) as link:
        if options.upload:
            if options.version is None:
                raise LinkError("--upload needs --version, the number that this set of credentials gets")
            changes = read_changes(options.upload)
            with progress_bar(len(changes), "credential", options) as bar:
                state = link.change_credentials(
                    changes, options.version, options.base, lambda done, _: bar.update(done - bar.n))
        else:
            state = link.credentials()
    if options.json:
        print(show.as_json(state))
    else:
        print(f"{state.count} of {state.capacity} credentials, version {state.version}")


def run_image(options):
    with connect(options) as link:
        if options.step == "upload":
            if not options.file:
                raise LinkError("image upload needs the file")
            with open(options.file, "rb") as file:
                data = file.read()
            with progress_bar(len(data), "B", options) as bar:
                state = link.upload_image(data, lambda done, _: bar.update(done - bar.n))
        else:
            state = link.image({"state": "QUERY", "roll-back": "ROLL_BACK"}.get(options.step, options.step.upper()))
    if options.json:
        print(show.as_json(state))
        return
    print(f"generation {state.generation}: {show.name(link_pb2.ImagePhase, state.phase, 'IMAGE_PHASE_')}")
    if state.size:
        print(f"{state.received} of {state.size} bytes received")
    if state.trial_ms:
        print(f"on trial for another {state.trial_ms / 1000:.0f} s; image confirm keeps it")


def run_recorder(options):
    """The file's name carries on: a sidecar says at which byte of the recorder the file begins."""
    begin_file = options.file + ".offset"
    size = os.path.getsize(options.file) if os.path.exists(options.file) else 0
    begin = 0
    if size and os.path.exists(begin_file):
        with open(begin_file) as file:
            begin = int(file.read())
    with connect(options) as link, open(options.file, "ab") as file, progress_bar(None, "B", options) as bar:
        position = begin + size
        for chunk in link.recorder(position):
            if size == 0:
                begin = chunk.offset
                with open(begin_file, "w") as note:
                    note.write(str(begin))
            elif chunk.offset != position:
                raise LinkError(
                    f"bytes {position} to {chunk.offset} of the recorder are no longer kept; "
                    f"download into a new file to have what follows")
            file.write(chunk.data)
            size += len(chunk.data)
            position = chunk.offset + len(chunk.data)
            bar.update(len(chunk.data))
    print(json.dumps({"from": begin, "to": position}) if options.json else f"bytes {begin} to {position}")


def main(arguments=None):
    options = make_parser().parse_args(arguments)
    try:
        options.run(options)
        return 0
    except (LinkError, LookupError, OSError) as error:
        print(f"warden_link: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
