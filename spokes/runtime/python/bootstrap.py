"""The first code of every spoke in Python: opens the channel, learns what it is, runs the spoke's function."""

import functools
import importlib.util
import inspect
import os
import queue
import sys
import threading
import traceback
from urllib.parse import unquote, urlparse

RUNTIME = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, RUNTIME)

from axium import AxiumFailure  # noqa: E402
from axium._api import Axium, Events, Timers  # noqa: E402
from axium._channel import CHANNEL, open_channel  # noqa: E402
from axium.core import ipc  # noqa: E402

# Seconds that a spoke has to wind up.
GRACE = 1.0
MAX_REASON = 2000
# Characters of what a command prints.
MAX_OUTPUT = 131_071


class EntryError(Exception):
    """The module is there and does not have what was promised: the message has the place already."""


def main():
    try:
        channel = open_channel()
    except OSError:
        say(f"expected a daemon's channel on descriptor {CHANNEL}, found none; spokes are started by axiumd")
        leave(1)
    channel.start()
    hello = channel.request({"cmd": "hello", "api": 1})
    if not hello["ok"]:
        say(f"the daemon refused this runtime: {hello['error']}")
        leave(1)
    start = hello["start"]
    module = unquote(urlparse(start["module"]).path)
    ipc.connect(channel.request)
    events, timers, commands = Events(), Timers(), {}
    axium = Axium(channel, start["spoke"], start["version"], timers, commands)
    axium._environment = start.get("environment")
    try:
        register(load(module), start["function"], module, axium, events)
    except BaseException as error:
        # First the log: a daemon that hears of a failure ends the process.
        traceback.print_exc()
        channel.request({"cmd": "failed", "error": explain(error, module)})
        leave(1)
    channel.request({"cmd": "ready"})
    follow(channel, axium, events, timers, commands)


def load(path):
    """Imports the entry module from its file, with the spoke's own directory as the place of its other modules."""
    sys.path.insert(1, os.path.dirname(path))
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def register(module, name, path, axium, events):
    function = getattr(module, name, None)
    wanted = f"{path}: expected a function '{name}'"
    if function is None:
        there = [each for each, value in vars(module).items() if inspect.isfunction(value)][:20]
        found = f"the functions {', '.join(there)}" if there else "no functions"
        raise EntryError(f"{wanted}, found {found}; define it, or name another after the ':' of the entrypoint")
    if not callable(function):
        raise EntryError(f"{wanted}, found one of type {type(function).__name__}; make it a function")
    if inspect.iscoroutinefunction(function):
        raise EntryError(f"{wanted} without async: a spoke in Python has threads and 'axium.every', and no event loop")
    function(*(axium, events)[: positional(function)])


def positional(function):
    """How many arguments a function takes, two at most."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 2
    if any(each.kind == each.VAR_POSITIONAL for each in parameters):
        return 2
    return min(2, sum(each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) for each in parameters))


def follow(channel, axium, events, timers, commands):
    """Calls the handlers of events and timers, one after the other, until the daemon ends it."""
    while True:
        handler = timers.take_due()
        if handler is not None:
            attempt("a timer", handler)
            continue
        try:
            event = channel.next_event(timers.wait())
        except queue.Empty:
            continue
        if event is None:
            leave(0)
        name = event["event"]
        if name == "env_change":
            axium._environment = event["new"]
        if name == "command":
            channel.request({"cmd": "command_done", "call": event["call"], **outcome(commands, event)})
        if name == "fs_change" and event["request"] in axium._watches:
            attempt("a handler of 'watch'", functools.partial(axium._watches[event["request"]], event["names"]))
        if name == "watch_ended":
            axium._watches.pop(event["request"], None)
        if name == "shutdown":
            wind_up(events.calls(event))
        for call in events.calls(event):
            attempt(f"a handler of '{name}'", call)


def outcome(commands, event):
    """What came of a command that a person has called."""
    handler = commands.get(event["command"])
    if handler is None:
        return {"code": 1, "stderr": f"there is no command '{event['command']}'\n"}
    try:
        said = handler(list(event["args"]))
        text = "" if said is None else str(said)
        return {"code": 0, "stdout": whole(text)}
    except AxiumFailure as failure:
        return {"code": 1, "stderr": whole(str(failure))}
    except Exception as error:
        say(f"the command '{event['command']}' failed: {traceback.format_exc()}")
        return {"code": 1, "stderr": whole(f"{type(error).__name__}: {error}")}


def whole(text):
    """Text that ends its last line, and is no longer than an answer may be."""
    text = text[:MAX_OUTPUT]
    return text if text == "" or text.endswith("\n") else text + "\n"


def wind_up(handlers):
    def call():
        for handler in handlers:
            attempt("a handler of 'shutdown'", handler)

    work = threading.Thread(target=call, daemon=True)
    work.start()
    work.join(GRACE)
    leave(0)


def attempt(what, handler):
    try:
        handler()
    except Exception:
        say(f"{what} failed: {traceback.format_exc()}")


def explain(error, module):
    """Why the spoke did not start, as one line for its author, with the place in their code."""
    if isinstance(error, EntryError):
        text = str(error)
    else:
        place = place_of(error, os.path.dirname(module)) or module
        text = f"{place}: {type(error).__name__}: {getattr(error, 'msg', None) or error}{what_to_do(error)}"
    return " ".join(text.split())[:MAX_REASON]


def place_of(error, directory):
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}:{error.offset}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(directory)]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None


def what_to_do(error):
    if isinstance(error, AxiumFailure):
        return f" ({error.code}); catch it to go on without"
    if isinstance(error, ModuleNotFoundError):
        return "; a spoke can import its own files and what is installed for the whole system"
    return ""


def say(text):
    sys.stderr.write(f"axium: {text}\n")


def leave(code):
    """At once: threads of the spoke do not hold it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


main()
