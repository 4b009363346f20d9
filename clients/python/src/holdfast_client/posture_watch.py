"""Keeps the posture fresh: asks again when a third of its time has passed."""

from __future__ import annotations

import threading
import time
from typing import Callable

import grpc

from holdfast.v1 import risk_service_pb2 as risk

from .fail_posture import KnownPosture

RETRY_S = 5.0
CALL_TIMEOUT_S = 5.0


class PostureWatch:
    """Asks in a thread of its own. `known` is the posture as last heard, however old."""

    def __init__(self, send: Callable[..., bytes], tell: Callable[[str, int], None]) -> None:
        self._send = send
        self._tell = tell
        self._stop = threading.Event()
        self.known: KnownPosture | None = None
        self._thread = threading.Thread(target=self._run, name="holdfast-posture", daemon=True)

    def start(self, is_reachable: bool) -> None:
        """Asks at once where that can be answered, and goes on by itself."""
        self._next_s = self._refresh() if is_reachable else 0.0
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(CALL_TIMEOUT_S + 1)

    def _run(self) -> None:
        while not self._stop.wait(self._next_s):
            self._next_s = self._refresh()

    def _refresh(self) -> float:
        # From before the call: an answer is no younger than its question.
        heard_at_s = time.monotonic()
        try:
            answer = self._send(risk.GetFailPostureRequest().SerializeToString(), timeout=CALL_TIMEOUT_S)
        except (grpc.RpcError, ValueError):
            self._tell("posture_not_heard", 1)
            return RETRY_S
        response = risk.GetFailPostureResponse.FromString(answer)
        self.known = KnownPosture(response.posture, heard_at_s)
        self._tell("posture_heard", 1)
        valid_s = response.posture.valid_for.ToTimedelta().total_seconds()
        return max(1.0, min(valid_s / 3, 24 * 3600.0))
