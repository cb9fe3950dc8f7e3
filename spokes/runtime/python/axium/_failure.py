"""What a typed call raises when the daemon says no."""


class AxiumFailure(Exception):
    """`code` is for programs, the message the daemon's own sentence, `entry` what would allow it, or None."""

    def __init__(self, code, message, entry=None):
        super().__init__(message)
        self.code = code
        self.entry = entry
