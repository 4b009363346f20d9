"""What became of one question."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.v1 import risk_service_pb2


@dataclass(frozen=True)
class Outcome:
    """The decision, and who made it."""

    #: "service" or "client".
    decided_by: str
    #: A value of `holdfast.v1.Decision`; treat what you do not know as HOLD.
    decision: int
    #: The answer; None where the client decided alone.
    response: risk_service_pb2.AssessWithdrawalResponse | None = None
    #: Why there was no answer, a value of `holdfast.v1.NoAnswerCause`; 0 where there was one.
    cause: int = 0
    #: A serialized `holdfast.v1.ClientDecision`: store it with the withdrawal, give it to `report_later` after a crash.
    report: bytes = b""


class RefusedError(Exception):
    """The service refused the question: the same bytes will fail again, and nothing was decided."""

    def __init__(self, code: str, message: str, status_details: bytes) -> None:
        super().__init__(f"{code}: {message}")
        #: Name of the gRPC status, e.g. "INVALID_ARGUMENT".
        self.code = code
        #: A serialized `google.rpc.Status` with reason and violations; empty if none came.
        self.status_details = status_details
