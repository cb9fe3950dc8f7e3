"""What `register` is given: everything that a spoke can ask of the daemon."""

import base64
import functools
import heapq
import itertools
import time

from axium._failure import AxiumFailure

# Bytes of a file that are asked for at a time: no more than a part of what the daemon holds for one spoke.
CHUNK = 4_194_304


class Axium:
    """
    Each call returns what was asked for or raises AxiumFailure. `request` alone returns the answer as it is.
    """

    def __init__(self, channel, spoke, version, timers, commands):
        self.spoke = spoke
        self.version = version
        self._channel = channel
        self._watches = {}
        self.storage = Storage(self._call)
        self._timers = timers
        self._commands = commands
        self._environment = None

    def notify(self, title, body="", level="info"):
        """Queues a notification. Needs `notify: true`."""
        self._call({"cmd": "notify", "title": title, "body": body, "level": level})

    def request(self, request):
        """Sends one request as it goes over the wire, and returns the answer as a dict with `ok`."""
        return self._channel.request(request)

    def exec(self, command, wait=False, output=None):
        """
        Has the daemon run a command: words, or a text that is split as POSIX does. Returns the id of the job, with
        `wait` a dict of `code`, `signal`, `stdout`, `stderr`, `timed_out`, `truncated`. With `output`
        it waits as well, and calls that function with `"stdout"` or `"stderr"` and a text as the command writes; the two
        are then empty in what it returns. Needs `exec`.
        """
        if output is not None:
            asked = {"cmd": "daemon_exec", "command": command, "mode": "stream"}
            return self._call(asked, on_event=lambda event: output(event["stream"], event["text"]))
        answer = self._call({"cmd": "daemon_exec", "command": command, "mode": "wait" if wait else "background"})
        return answer if wait else answer["job"]

    def read(self, path):
        """The text of a file. Needs an entry of `fs_read` that covers it."""
        return self.read_bytes(path).decode()

    def read_bytes(self, path):
        """The bytes of a file. Needs an entry of `fs_read` that covers it."""
        parts, offset, more = [], 0, True
        while more:
            asked = {"cmd": "fs_read", "path": path, "encoding": "bytes", "offset": offset, "length": CHUNK}
            answer = self._call(asked)
            part = answer["data"]
            parts.append(part)
            offset += len(part)
            more = not answer["eof"] and len(part) > 0
        return b"".join(parts)

    def write(self, path, data, append=False):
        """Replaces a file by text or bytes, or adds to it; returns how many bytes. Needs an entry of `fs_write`."""
        if isinstance(data, str):
            content = {"data": data, "encoding": "utf8"}
        else:
            content = {"data": base64.b64encode(data).decode(), "encoding": "base64"}
        return self._call({"cmd": "fs_write", "path": path, "append": append, **content})["bytes"]

    def list(self, path):
        """What is in a directory and may be read: dicts with `name` and `type`. Needs an entry of `fs_read`."""
        return self._call({"cmd": "fs_list", "path": path})["entries"]

    def stat(self, path):
        """What lies under a name: a dict with `type`, `size`, `mode` and when it was modified. Needs `fs_read`."""
        return self._call({"cmd": "fs_stat", "path": path})

    def watch(self, path, handler):
        """
        Calls the handler with a list of names after something changed under a path, or with None where there are too many.
        Returns a function that ends that. Needs an entry of `fs_read` that covers it.
        """
        if not callable(handler):
            raise TypeError("watch: expected a function")
        number = self._channel.number()
        self._watches[number] = handler
        try:
            self._call({"cmd": "fs_watch", "path": path}, number=number)
        except AxiumFailure:
            del self._watches[number]
            raise

        def stop():
            if self._watches.pop(number, None) is not None:
                self.request({"cmd": "fs_unwatch", "watch": number})

        return stop

    def privileged(self, action, params=None):
        """
        Has an action of the root executor done, once a person has agreed. Returns a dict with `success`, and `needs_auth`
        and a `suggestion` where this host has no way to do it. Needs an entry of `privileged`.
        """
        return self._call({"cmd": "privileged", "action": action, "params": params or {}})

    def hud(self, value):
        """Sets the spoke's segment of the HUD, up to 64 characters; the empty text takes it away."""
        self._call({"cmd": "hud_segment_value", "value": value})

    def config(self, key=None):
        """The spoke's configuration, or the value under a dotted key. Needs `fs_read` of that file."""
        return self._call({"cmd": "get_config"} if key is None else {"cmd": "get_config", "key": key})["value"]

    def environment(self):
        """The name of the active environment or None, as it is when the handlers of `env_change` are called."""
        return self._environment

    def facts(self):
        """Load, memory, pressure, disks and failed units. Needs `facts: true`."""
        return self._call({"cmd": "facts"})

    def permissions(self):
        """The rights that the spoke has now. A hint: what counts is the answer to each request."""
        return self._call({"cmd": "get_permissions"})["permissions"]

    def command(self, name, handler, about=""):
        """
        Has `axium <spoke> <name> [words]` call the handler with a list of words. What it returns is printed; the command
        fails with the text of what it raises.
        """
        if not callable(handler):
            raise TypeError("command: expected a function")
        self._commands[name] = handler
        self._call({"cmd": "command_register", "command": name, "about": about})

    def every(self, seconds, handler):
        """Calls the handler again and again, first after so many seconds. Returns a function that ends that."""
        return self._timers.add(seconds, handler)

    def _call(self, request, **how):
        answer = self._channel.request(request, **how)
        if not answer["ok"]:
            raise AxiumFailure(answer["code"], answer["error"], answer.get("entry"))
        return {key: value for key, value in answer.items() if key != "ok"}


class Storage:
    """A private place for text under names, kept across restarts."""

    def __init__(self, call):
        self._call = call

    def get(self, key):
        """The text under a key, or None."""
        return self._call({"cmd": "storage_get", "key": key})["value"]

    def put(self, key, value):
        self._call({"cmd": "storage_put", "key": key, "value": value})

    def list(self):
        return self._call({"cmd": "storage_list"})["keys"]

    def delete(self, key):
        self._call({"cmd": "storage_delete", "key": key})


class Events:
    """What the daemon tells a spoke unasked."""

    # Each with the fields that its handler is called with.
    FIELDS = {
        "permissions_changed": (),
        "config_changed": (),
        "env_change": ("new", "old"),
        "spoke_loaded": ("spoke",),
        "due": ("timer",),
        "shutdown": (),
    }

    def __init__(self):
        self._handlers = {name: [] for name in self.FIELDS}

    def on(self, name, handler):
        """Calls the handler whenever the event happens. Returns a function that ends that."""
        if name not in self._handlers:
            raise ValueError(f"expected one of {', '.join(self.FIELDS)}, found '{name}'")
        handlers = self._handlers[name]
        handlers.append(handler)
        return lambda: handlers.remove(handler) if handler in handlers else None

    def calls(self, event):
        """What is to be called for an event, each as a function without arguments."""
        name = event["event"]
        values = [event.get(field) for field in self.FIELDS.get(name, ())]
        return [functools.partial(handler, *values) for handler in self._handlers.get(name, ())]


class Timers:
    """What is to be called when, in the thread that takes the events."""

    MINIMUM = 0.1

    def __init__(self):
        self._due = []
        self._numbers = itertools.count()
        self._ended = set()

    def add(self, seconds, handler):
        if seconds < self.MINIMUM:
            raise ValueError(f"every: expected at least {self.MINIMUM} seconds, found {seconds}")
        number = next(self._numbers)
        heapq.heappush(self._due, (time.monotonic() + seconds, number, seconds, handler))
        return lambda: self._ended.add(number)

    def wait(self):
        """Seconds until the next one is due, None where there is none."""
        return max(0, self._due[0][0] - time.monotonic()) if self._due else None

    def take_due(self):
        """The handler that is due, or None. What was late is not made up for."""
        if not self._due or self._due[0][0] > time.monotonic():
            return None
        _, number, seconds, handler = heapq.heappop(self._due)
        if number in self._ended:
            self._ended.discard(number)
            return None
        heapq.heappush(self._due, (time.monotonic() + seconds, number, seconds, handler))
        return handler
