"""Axium's module for spokes in Python. It needs nothing but Python 3.8 or later."""

from axium._failure import AxiumFailure

__all__ = ["AxiumFailure"]
