"""Reports what this instance decided alone, until the service has acknowledged it."""

from __future__ import annotations

import threading
from collections import deque
from typing import Callable

import grpc

from holdfast.v1 import risk_service_pb2 as risk

# While so many wait nothing is let go.
MAX_WAITING = 10_000

# Bounds of one call: the contract's are 100 and 512 KiB.
BATCH_COUNT = 100
BATCH_BYTES = 256 * 1024

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
CALL_TIMEOUT_S = 5.0


class OwnReports:
    """A queue with a thread of its own. The same report twice counts once."""

    def __init__(self, send: Callable[..., bytes], tell: Callable[[str, int], None]) -> None:
        self._send = send
        self._tell = tell
        self._waiting: deque[bytes] = deque()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._some = threading.Event()
        self._thread = threading.Thread(target=self._run, name="holdfast-reports", daemon=True)
        self._thread.start()

    @property
    def count(self) -> int:
        """Reports that the service has not acknowledged."""
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= MAX_WAITING

    def add(self, report: bytes) -> bool:
        """False if there is no room for it."""
        with self._lock:
            if self.is_full:
                self._tell("report_dropped", 1)
                return False
            self._waiting.append(report)
        self._some.set()
        return True

    def close(self) -> None:
        self._stop.set()
        self._some.set()
        self._thread.join(CALL_TIMEOUT_S + 1)

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stop.is_set():
            self._some.wait()
            if self._stop.wait(pause_s):
                return
            batch = self._batch()
            if not batch:
                self._some.clear()
                # One may have come between.
                if self._waiting:
                    self._some.set()
                continue
            request = risk.ReportClientDecisionsRequest(
                decisions=[risk.ClientDecision.FromString(report) for report in batch]
            )
            try:
                answer = self._send(request.SerializeToString(), timeout=CALL_TIMEOUT_S)
            except (grpc.RpcError, ValueError):
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
                continue
            pause_s = FIRST_PAUSE_S
            with self._lock:
                for _ in batch:
                    self._waiting.popleft()
            response = risk.ReportClientDecisionsResponse.FromString(answer)
            self._tell("reported", response.accepted_count)
            if response.rejected:
                self._tell("report_refused", len(response.rejected))

    def _batch(self) -> list[bytes]:
        batch: list[bytes] = []
        size = 0
        with self._lock:
            for report in self._waiting:
                size += len(report)
                if len(batch) == BATCH_COUNT or (batch and size > BATCH_BYTES):
                    break
                batch.append(report)
        return batch
