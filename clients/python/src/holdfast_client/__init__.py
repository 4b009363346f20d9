"""Asks Holdfast before each withdrawal, and knows what to do without an answer."""

from .client import HoldfastClient
from .outcome import Outcome, RefusedError

__all__ = ["HoldfastClient", "Outcome", "RefusedError"]
