"""What may go without an answer. Everything that is missing, unknown or zero means that nothing may."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

from holdfast.v1 import decision_pb2, risk_service_pb2

from .hourly_allowance import HourlyAllowance

# A decimal as the contract takes it: what the service would refuse cannot be counted afterwards.
_DECIMAL = re.compile(r"\+?([0-9]{1,38}\.?[0-9]{0,38}|\.[0-9]{1,38})([eE][+-]?[0-9]{1,2})?")
_MAX_ID_CHARACTERS = 128
_MAX_HUNDREDTHS = 10**14


@dataclass(frozen=True)
class KnownPosture:
    """The posture as it was last heard, at monotonic seconds."""

    posture: risk_service_pb2.FailPosture
    heard_at_s: float


def hundredths_of(request: risk_service_pb2.AssessWithdrawalRequest) -> int | None:
    """What a withdrawal is worth in hundredths of the currency, rounded up; None where that is not known."""
    value = request.reference_value
    if not request.HasField("reference_value") or not value > 0 or not math.isfinite(value):
        return None
    hundredths = math.ceil(value * 100)
    return hundredths if hundredths <= _MAX_HUNDREDTHS else None


def may_go(
    request: risk_service_pb2.AssessWithdrawalRequest,
    known: KnownPosture | None,
    allowance: HourlyAllowance,
    instances: int,
    monotonic_s: float,
    wall_s: float,
) -> bool:
    """Whether a withdrawal may go alone: its tier, its destination and the caps, of which this instance has a part."""
    if known is None or len(request.signals) > 0 or not _is_countable(request):
        return False
    posture = known.posture
    if monotonic_s - known.heard_at_s >= posture.valid_for.ToTimedelta().total_seconds():
        return False
    hundredths = hundredths_of(request)
    if hundredths is None:
        return False
    moved, count = allowance.of_account(request.account_id, monotonic_s)
    if _decision_of(posture, hundredths + moved) != decision_pb2.DECISION_ALLOW:
        return False
    if not _is_used_for(request, posture, wall_s):
        return False
    return (
        moved + hundredths <= posture.account_hourly_hundredths // instances
        and count + 1 <= posture.account_hourly_count // instances
        and allowance.total(monotonic_s) + hundredths <= posture.hourly_hundredths // instances
        and not allowance.is_full(monotonic_s)
    )


def _decision_of(posture: risk_service_pb2.FailPosture, hundredths: int) -> int:
    for tier in posture.tiers:
        if not tier.HasField("below_hundredths"):
            break
        if hundredths < tier.below_hundredths:
            return tier.decision
    return decision_pb2.DECISION_HOLD


def _is_used_for(
    request: risk_service_pb2.AssessWithdrawalRequest,
    posture: risk_service_pb2.FailPosture,
    wall_s: float,
) -> bool:
    used_for_s = posture.destination_used_for.ToTimedelta().total_seconds()
    first_s = request.destination.first_used_at.seconds
    return used_for_s > 0 and first_s > 0 and first_s <= wall_s - used_for_s


def _is_countable(request: risk_service_pb2.AssessWithdrawalRequest) -> bool:
    ids = (request.withdrawal_id, request.account_id, request.asset)
    return (
        all(_is_id(text) for text in ids)
        and len(request.asset) <= 32
        and _DECIMAL.fullmatch(request.amount) is not None
        and re.search("[1-9]", request.amount) is not None
    )


def _is_id(text: str) -> bool:
    return 0 < len(text) <= _MAX_ID_CHARACTERS and not any(unicodedata.category(c) == "Cc" for c in text)
