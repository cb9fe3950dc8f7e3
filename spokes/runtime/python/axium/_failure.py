"""What a typed call raises when the daemon says no."""


class AxiumFailure(Exception):
    """`code` is for programs, the message is the daemon's own sentence."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
