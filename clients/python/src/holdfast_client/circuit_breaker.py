"""Stops asking a service that does not answer."""

from __future__ import annotations

import threading

FAILURES_TO_OPEN = 5
OPEN_S = 1.0


class CircuitBreaker:
    """Opens after five calls in a row without an answer, then lets one call a second find out. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until_s = 0.0
        self._is_trying = False

    def may_call(self, now_s: float) -> bool:
        """Whether a call may be made. One that may must be told to `succeeded` or `failed`."""
        with self._lock:
            if self._failures < FAILURES_TO_OPEN:
                return True
            if self._is_trying or now_s < self._open_until_s:
                return False
            self._is_trying = True
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0
            self._is_trying = False

    def failed(self, now_s: float) -> None:
        with self._lock:
            self._failures += 1
            self._is_trying = False
            if self._failures >= FAILURES_TO_OPEN:
                self._open_until_s = now_s + OPEN_S
