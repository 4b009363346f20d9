"""Asks Holdfast about withdrawals, and decides by the policy's posture where no answer comes."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Callable

import grpc

from holdfast.v1 import decision_pb2
from holdfast.v1 import risk_service_pb2 as risk

from .circuit_breaker import CircuitBreaker
from .fail_posture import hundredths_of, may_go
from .hourly_allowance import HourlyAllowance
from .outcome import Outcome, RefusedError
from .own_reports import OwnReports
from .posture_watch import PostureWatch
from .question import Silence, ask
from .sterner_answers import SternerAnswers

_SERVICE = "/holdfast.v1.RiskService/"
_WARM_S = 5.0

# A server that died without a word is noticed, and one that restarts is found soon.
_OPTIONS = (
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 2_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.enable_retries", 0),
)


class HoldfastClient:
    """One connection for the whole program; safe for threads.

    address: `host:port`, or `unix:/path`.
    credentials: from `grpc.ssl_channel_credentials(...)`; None speaks in clear, for a machine of your own.
    instances: how many instances of your program ask; each takes an equal part of the caps.
    deadline_s: seconds a question may take, a retry included; 0.001 to 60.
    name: of this instance, in reports; at most 128 characters.
    on_event: for your metrics, called with a name and a number. What it raises is dropped.

    A service that cannot be reached is no error: until it is, everything is held.
    """

    def __init__(
        self,
        address: str,
        *,
        credentials: grpc.ChannelCredentials | None,
        instances: int,
        deadline_s: float = 0.05,
        name: str = "",
        on_event: Callable[[str, int], None] | None = None,
    ) -> None:
        if not 0.001 <= deadline_s <= 60:
            raise ValueError("deadline_s: must be from 0.001 to 60")
        if instances != int(instances) or instances < 1:
            raise ValueError("instances: must be a whole number, at least 1")
        if len(name) > 128:
            raise ValueError("name: must have at most 128 characters")
        self._deadline_s = deadline_s
        self._instances = int(instances)
        self._name = name
        self._on_event = on_event
        self._channel = (
            grpc.insecure_channel(address, options=_OPTIONS)
            if credentials is None
            else grpc.secure_channel(address, credentials, options=_OPTIONS)
        )
        # Bytes in and out: a retry sends the very same.
        self._assess = self._channel.unary_unary(_SERVICE + "AssessWithdrawal")
        self._lock = threading.Lock()
        self._breaker = CircuitBreaker()
        self._allowance = HourlyAllowance()
        self._sterner = SternerAnswers()
        self._reports = OwnReports(self._channel.unary_unary(_SERVICE + "ReportClientDecisions"), self._tell)
        self._posture = PostureWatch(self._channel.unary_unary(_SERVICE + "GetFailPosture"), self._tell)
        self._posture.start(self._is_warm())

    @property
    def waiting_reports(self) -> int:
        """Reports that wait to be acknowledged."""
        return self._reports.count

    def assess(self, request: risk.AssessWithdrawalRequest) -> Outcome:
        """Asks about one withdrawal; returns no later than the deadline. Without `request_id` it gets one.

        Raises RefusedError where the service refuses the request: mend it, nothing was decided.
        """
        asked = risk.AssessWithdrawalRequest()
        asked.CopyFrom(request)
        if asked.request_id == "":
            asked.request_id = str(uuid.uuid4())
        asker = self._assess.future
        try:
            answer = ask(asker, self._breaker, asked.SerializeToString(), self._deadline_s)
        except RefusedError:
            self._tell("refused", 1)
            raise
        except Silence as silence:
            return self._alone(asked, silence.cause)
        response = risk.AssessWithdrawalResponse.FromString(answer)
        if not asked.dry_run:
            with self._lock:
                is_allow = response.decision == decision_pb2.DECISION_ALLOW
                self._sterner.noted(asked.account_id, is_allow, time.monotonic())
        self._tell("answered", 1)
        return Outcome("service", response.decision, response)

    def report_later(self, report: bytes) -> bool:
        """Reports a decision of before a crash: `report` of its outcome. False if there is no room now."""
        return self._reports.add(report)

    def close(self) -> None:
        """Ends the connection. What waits to be reported stays unreported: see `waiting_reports`."""
        self._channel.close()
        self._posture.close()
        self._reports.close()

    def _is_warm(self) -> bool:
        try:
            grpc.channel_ready_future(self._channel).result(timeout=_WARM_S)
        except grpc.FutureTimeoutError:
            return False
        return True

    def _alone(self, request: risk.AssessWithdrawalRequest, cause: int) -> Outcome:
        with self._lock:
            decision = self._decide(request, cause)
        self._tell("held_alone" if decision == decision_pb2.DECISION_HOLD else "let_go_alone", 1)
        if request.dry_run:
            return Outcome("client", decision, cause=cause)
        known = self._posture.known
        report = risk.ClientDecision(
            request=request,
            decision=decision,
            cause=cause,
            policy_number=known.posture.policy_revision.number if known is not None else 0,
            client=self._name,
        )
        report.decided_at.GetCurrentTime()
        serialized = report.SerializeToString()
        self._reports.add(serialized)
        return Outcome("client", decision, cause=cause, report=serialized)

    def _decide(self, request: risk.AssessWithdrawalRequest, cause: int) -> int:
        now_s = time.monotonic()
        if cause == risk.NO_ANSWER_CAUSE_FAULT or request.dry_run or self._reports.is_full:
            return decision_pb2.DECISION_HOLD
        if self._sterner.includes(request.account_id, now_s):
            return decision_pb2.DECISION_HOLD
        known = self._posture.known
        if not may_go(request, known, self._allowance, self._instances, now_s, time.time()):
            return decision_pb2.DECISION_HOLD
        self._allowance.take(request.account_id, hundredths_of(request) or 0, now_s)
        return decision_pb2.DECISION_ALLOW

    def _tell(self, event: str, number: int) -> None:
        if self._on_event is None:
            return
        try:
            self._on_event(event, number)
        except Exception:  # noqa: BLE001 - a fault in somebody's metrics must not become one in withdrawals
            return
