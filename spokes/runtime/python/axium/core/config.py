"""The configuration of the spoke."""

from axium._failure import AxiumFailure
from axium.core.ipc import send_request_sync


def load_spoke_config(spoke, filename):
    """
    The configuration of the spoke: the file of this name, which is `<spoke>.yaml`, with its user's changes over it. An
    empty dict where there is none. Raises AxiumFailure, with the code `denied` where `fs_read` does not cover the file.
    """
    if filename != f"{spoke}.yaml":
        raise AxiumFailure("invalid", f"expected the file '{spoke}.yaml', found '{filename}'; read others with fs_read")
    answer = send_request_sync({"cmd": "get_config", "spoke": spoke})
    if not answer["ok"]:
        raise AxiumFailure(answer["code"], answer["error"])
    return {} if answer["value"] is None else answer["value"]
