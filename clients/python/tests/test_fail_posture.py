"""What may go without an answer, and what never may."""

import unittest

from holdfast.v1 import decision_pb2, risk_service_pb2 as risk

from holdfast_client.circuit_breaker import CircuitBreaker
from holdfast_client.fail_posture import KnownPosture, may_go
from holdfast_client.hourly_allowance import HourlyAllowance
from holdfast_client.sterner_answers import SternerAnswers

DAY_S = 86_400
WALL_S = 1_780_272_000.0


def posture() -> risk.FailPosture:
    made = risk.FailPosture(
        currency="USD",
        tiers=[
            risk.FailPostureTier(name="small", below_hundredths=100_000, decision=decision_pb2.DECISION_ALLOW),
            risk.FailPostureTier(name="large", decision=decision_pb2.DECISION_HOLD),
        ],
        account_hourly_hundredths=80_000,
        account_hourly_count=4,
        hourly_hundredths=200_000,
    )
    made.destination_used_for.FromSeconds(30 * DAY_S)
    made.valid_for.FromSeconds(600)
    return made


def request(**changes) -> risk.AssessWithdrawalRequest:
    fields = dict(withdrawal_id="w", account_id="a", asset="BTC", amount="0.1", reference_value=100.0)
    destination = risk.Destination(address="bc1q")
    destination.first_used_at.FromSeconds(int(WALL_S) - 31 * DAY_S)
    fields["destination"] = destination
    fields.update(changes)
    return risk.AssessWithdrawalRequest(**fields)


def goes(asked=None, known=None, allowance=None, instances=1, now_s=1.0) -> bool:
    known = KnownPosture(posture(), 0.0) if known is None else known
    asked = request() if asked is None else asked
    return may_go(asked, known, allowance or HourlyAllowance(), instances, now_s, WALL_S)


class MayGo(unittest.TestCase):
    def test_a_small_amount_to_a_destination_paid_long_ago(self):
        self.assertTrue(goes())

    def test_nothing_that_is_large_unknown_or_broken(self):
        empty_time = risk.Destination(address="b")
        empty_time.first_used_at.SetInParent()
        lately = risk.Destination(address="b")
        lately.first_used_at.FromSeconds(int(WALL_S) - 29 * DAY_S)
        for changes in (
            {"reference_value": 1000.0},
            {"reference_value": 801.0},
            {"reference_value": None},
            {"reference_value": 0.0},
            {"reference_value": -5.0},
            {"reference_value": float("nan")},
            {"reference_value": float("inf")},
            {"destination": None},
            {"destination": risk.Destination(address="b")},
            {"destination": empty_time},
            {"destination": lately},
            {"signals": [{"account_id": "a"}]},
            {"account_id": ""},
            {"withdrawal_id": "x" * 129},
            {"account_id": "a\x07"},
            {"amount": "much"},
            {"amount": "0.00"},
        ):
            with self.subTest(changes):
                self.assertFalse(goes(request(**changes)))

    def test_nothing_with_a_posture_that_lacks_something(self):
        self.assertFalse(goes(known=KnownPosture(risk.FailPosture(), 0.0)))
        self.assertFalse(goes(now_s=600.0))
        fields = ("tiers", "destination_used_for", "account_hourly_hundredths", "account_hourly_count")
        for field in (*fields, "hourly_hundredths", "valid_for"):
            with self.subTest(field):
                made = posture()
                made.ClearField(field)
                self.assertFalse(goes(known=KnownPosture(made, 0.0)))

    def test_caps_are_divided_and_counted(self):
        self.assertTrue(goes(request(reference_value=400.0), instances=2))
        self.assertFalse(goes(request(reference_value=401.0), instances=2))
        self.assertFalse(goes(instances=5))
        allowance = HourlyAllowance()
        allowance.take("a", 75_000, 1.0)
        self.assertFalse(goes(allowance=allowance))
        self.assertTrue(goes(request(account_id="b"), allowance=allowance))
        self.assertTrue(goes(known=KnownPosture(posture(), 3601.0), allowance=allowance, now_s=3602.0))

    def test_full_memories_let_nothing_go(self):
        allowance = HourlyAllowance()
        sterner = SternerAnswers()
        sterner.noted("thief", False, 0.0)
        for count in range(10_000):
            allowance.take(f"b-{count}", 1, 1.0)
            sterner.noted(f"b-{count}", False, 1.0)
        self.assertFalse(goes(request(reference_value=1.0), allowance=allowance))
        self.assertTrue(sterner.includes("thief", 2.0))
        self.assertTrue(sterner.includes("anybody", 2.0))

    def test_the_circuit_lets_one_call_try(self):
        breaker = CircuitBreaker()
        for _ in range(5):
            self.assertTrue(breaker.may_call(0.0))
            breaker.failed(0.0)
        self.assertFalse(breaker.may_call(0.9))
        self.assertEqual([breaker.may_call(1.0), breaker.may_call(1.0)], [True, False])
        breaker.succeeded()
        self.assertTrue(breaker.may_call(1.0))


if __name__ == "__main__":
    unittest.main()
