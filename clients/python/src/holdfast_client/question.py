"""Asks once, and once more with the same bytes if that fails soon enough."""

from __future__ import annotations

import time
from typing import Callable

import grpc

from holdfast.v1 import risk_service_pb2 as risk

from .circuit_breaker import CircuitBreaker
from .outcome import RefusedError

#: Pause before the one retry where the service names none, in seconds.
RETRY_PAUSE_S = 0.005

Asker = Callable[..., grpc.Future]


class Silence(Exception):
    """No answer came."""

    def __init__(self, cause: int) -> None:
        super().__init__(risk.NoAnswerCause.Name(cause))
        self.cause = cause


def ask(assess: Asker, breaker: CircuitBreaker, request: bytes, deadline_s: float) -> bytes:
    """Returns the answer's bytes within the deadline.

    Raises Silence if none came, RefusedError if the service refused.
    """
    started_s = time.monotonic()
    if not breaker.may_call(started_s):
        raise Silence(risk.NO_ANSWER_CAUSE_CIRCUIT_OPEN)
    try:
        answer = _ask_twice(assess, request, started_s + deadline_s)
    except Silence:
        breaker.failed(time.monotonic())
        raise
    except BaseException:
        breaker.succeeded()
        raise
    breaker.succeeded()
    return answer


def _ask_twice(assess: Asker, request: bytes, end_s: float) -> bytes:
    for attempt in (1, 2):
        left_s = end_s - time.monotonic()
        if left_s <= 0:
            break
        call = assess(request, timeout=left_s)
        try:
            # A wait of our own: nothing that the transport does can delay it.
            return call.result(timeout=left_s)
        except grpc.FutureTimeoutError:
            call.cancel()
            break
        except grpc.FutureCancelledError:
            cause, pause_s = risk.NO_ANSWER_CAUSE_UNREACHABLE, RETRY_PAUSE_S
        except grpc.RpcError as error:
            cause, pause_s = _silence_of(error)
        if attempt == 2 or cause == risk.NO_ANSWER_CAUSE_FAULT or pause_s >= end_s - time.monotonic():
            raise Silence(cause)
        time.sleep(pause_s)
    raise Silence(risk.NO_ANSWER_CAUSE_DEADLINE)


def _silence_of(error: grpc.RpcError) -> tuple[int, float]:
    """Why there is no answer and when to ask again. Raises RefusedError where the failure is an answer."""
    code = error.code()
    trailers = dict(error.trailing_metadata() or ())
    details = trailers.get("grpc-status-details-bin", b"")
    pushback = trailers.get("grpc-retry-pushback-ms")
    pause_s = float(pushback) / 1000 if pushback is not None and pushback.isdigit() else RETRY_PAUSE_S
    if code == grpc.StatusCode.UNAVAILABLE:
        return (risk.NO_ANSWER_CAUSE_REFUSED if details else risk.NO_ANSWER_CAUSE_UNREACHABLE), pause_s
    # INTERNAL without details is the connection's end: "Received RST_STREAM with error code 2".
    if code in (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN) or (
        code == grpc.StatusCode.INTERNAL and not details
    ):
        return risk.NO_ANSWER_CAUSE_UNREACHABLE, pause_s
    if code == grpc.StatusCode.DEADLINE_EXCEEDED:
        return risk.NO_ANSWER_CAUSE_DEADLINE, pause_s
    if code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.DATA_LOSS):
        return risk.NO_ANSWER_CAUSE_FAULT, pause_s
    # Of what is exhausted only the service's own places come back by themselves; it says when.
    if code == grpc.StatusCode.RESOURCE_EXHAUSTED and pushback is not None:
        return risk.NO_ANSWER_CAUSE_REFUSED, pause_s
    raise RefusedError(code.name, error.details() or "", details) from error
