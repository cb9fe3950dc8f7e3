"""The line to the daemon: newline-delimited JSON, and bytes that follow a line, on the descriptor it was started with."""

import itertools
import json
import queue
import socket
import threading

CHANNEL = 3

# The daemon ends a spoke that sends a longer line, or one with more values in it.
MAX_REQUEST_LINE = 1_048_576
MAX_VALUES = 4096


class Channel:
    """Sends requests from any thread, and keeps what comes unasked until somebody takes it."""

    def __init__(self, line):
        self._line = line
        self._ids = itertools.count()
        self._waiting = {}
        self._followed = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._open = True
        self._events = queue.SimpleQueue()

    def start(self):
        threading.Thread(target=self._read, name="axium-channel", daemon=True).start()

    def number(self):
        """An id that no other request has, for one that events follow."""
        return next(self._ids)

    def request(self, request, number=None, on_event=None):
        """
        Sends one request and returns its answer. A closed channel and a request too large are answers too. `on_event` is
        called, by this thread, with each event that comes for the request before its answer.
        """
        if not isinstance(request, dict):
            raise TypeError(f"expected a dict with the key 'cmd', found {type(request).__name__}")
        answer = queue.SimpleQueue()
        number = self.number() if number is None else number
        line = json.dumps({**request, "id": number}, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        if len(line) > MAX_REQUEST_LINE:
            return refusal("too_large", f"a request has at most {MAX_REQUEST_LINE} bytes; send less at a time")
        if len(line) > 2 * MAX_VALUES and has_more_values(request, MAX_VALUES - 1):
            return refusal("too_large", f"a request has at most {MAX_VALUES} values; send less at a time")
        with self._lock:
            if not self._open:
                return refusal("unavailable", "the channel is closed")
            self._waiting[number] = answer
            if on_event is not None:
                self._followed[number] = answer
        try:
            # With a lock of its own: a daemon that takes no more until its answers are read must not hold who reads.
            with self._writing:
                self._line.sendall(line)
        except OSError:
            # Whoever reads sees the end as well, and answers everybody who waits.
            pass
        try:
            while "event" in (message := answer.get()):
                on_event(message)
            return message
        finally:
            with self._lock:
                self._followed.pop(number, None)

    def next_event(self, timeout=None):
        """The next event as a dict, None once the channel is closed. Raises queue.Empty after so many seconds."""
        return self._events.get(timeout=timeout)

    def _read(self):
        with self._line.makefile("rb") as lines:
            try:
                for line in lines:
                    message = json.loads(line)
                    if "follows" in message:
                        count = message.pop("follows")
                        message["data"] = lines.read(count)
                        if len(message["data"]) < count:
                            break
                    self._take(message)
            except OSError:
                pass
        with self._lock:
            self._open = False
            waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer.put(refusal("unavailable", "the channel is closed"))
        self._events.put(None)

    def _take(self, message):
        if message.get("event") == "heartbeat":
            # From a thread of its own: the answer has to come while this one reads it.
            threading.Thread(target=self.request, args=({"cmd": "alive"},), daemon=True).start()
        elif "event" in message:
            with self._lock:
                followed = self._followed.get(message.get("request"))
            (followed or self._events).put(message)
        else:
            with self._lock:
                answer = self._waiting.pop(message.get("id"), None)
            if answer is not None:
                answer.put({key: value for key, value in message.items() if key != "id"})


def open_channel():
    """Raises OSError where this process has no daemon."""
    return Channel(socket.socket(fileno=CHANNEL))


def has_more_values(whole, most):
    """Whether a value has more than so many in it, itself counted, as the daemon counts: an empty list or dict as two."""
    left = [whole]
    counted = 0
    while left:
        value = left.pop()
        counted += 1
        if isinstance(value, (dict, list, tuple)):
            left.extend(value.values() if isinstance(value, dict) else value)
            counted += not value
        if counted + len(left) > most:
            return True
    return False


def refusal(code, error):
    return {"ok": False, "code": code, "error": error}
