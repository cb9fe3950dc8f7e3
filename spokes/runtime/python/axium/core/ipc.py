"""Requests as they go over the wire."""

_request = None


def connect(request):
    """Tells this module where requests go. The bootstrap does it once, before any code of the spoke."""
    global _request
    _request = request


def send_request_sync(request):
    """
    Sends one request and returns its answer, a dict with `ok` and, where that is false, `code` and `error`. A denial is
    an answer; it raises TypeError or ValueError for what cannot be sent at all.
    """
    if _request is None:
        raise RuntimeError("there is no daemon: a spoke is started by axiumd")
    return _request(request)
