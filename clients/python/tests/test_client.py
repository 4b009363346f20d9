"""The client against a service that is killed, frozen and restarted. `HOLDFAST_SERVE` names the program to start."""

import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time
import unittest

import grpc
from holdfast.v1 import decision_pb2, risk_service_pb2 as risk

from holdfast_client import HoldfastClient, RefusedError

DEADLINE_S = 0.06
GRACE_S = 0.005
SECTION = """
without_answer:
  allow_tiers: [small]
  destination_used_for: 30d
  account_hourly_value: 500
  account_hourly_count: 5
  hourly_value: 100000
  valid_for: 1h
"""


def wait_until(condition) -> None:
    """Waits for a condition; the time only ends what would hang for ever."""
    for _ in range(12_000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


class World:
    """A service at one address, however often it is started again."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="holdfast-python-")
        self.address = f"unix:{self.folder}/holdfast.sock"
        self.last_id = 0
        with open(os.environ["HOLDFAST_TEST_POLICY"], encoding="utf8") as base:
            text = base.read() + SECTION
        with open(f"{self.folder}/policy.yaml", "w", encoding="utf8") as policy:
            policy.write(text)
        self.process = None

    def start(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "HOLDFAST_GRPC_ADDRESS": self.address,
            "HOLDFAST_OPS_ADDRESS": "127.0.0.1:0",
            "HOLDFAST_DATA_DIR": f"{self.folder}/data",
            "HOLDFAST_POLICY_FILE": f"{self.folder}/policy.yaml",
        }
        self.process = subprocess.Popen(
            json.loads(os.environ["HOLDFAST_SERVE"]), env=environment, stdout=subprocess.DEVNULL
        )
        with grpc.insecure_channel(self.address) as channel:
            grpc.channel_ready_future(channel).result(timeout=120)

    def end(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        self.process = None

    def request(self, account_id: str = "", value: float = 100.0) -> risk.AssessWithdrawalRequest:
        self.last_id += 1
        request = risk.AssessWithdrawalRequest(
            withdrawal_id=f"w-{self.last_id}",
            account_id=account_id or f"a-{self.last_id}",
            asset="BTC",
            amount="0.001",
            reference_value=value,
            destination=risk.Destination(address="bc1q-savings", network="bitcoin"),
        )
        request.destination.first_used_at.FromSeconds(int(time.time()) - 365 * 86_400)
        return request

    def call(self, method: str, request, answer):
        with grpc.insecure_channel(self.address) as channel:
            stub = channel.unary_unary(f"/holdfast.v1.RiskService/{method}")
            return answer.FromString(stub(request.SerializeToString(), timeout=120, wait_for_ready=True))

    def recorded(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        token = ""
        while True:
            asked = risk.ListAssessmentsRequest(page_size=500, page_token=token)
            page = self.call("ListAssessments", asked, risk.ListAssessmentsResponse)
            for assessment in page.assessments:
                counts[assessment.withdrawal_id] = counts.get(assessment.withdrawal_id, 0) + 1
            token = page.next_page_token
            if token == "":
                return counts


class Client(unittest.TestCase):
    def setUp(self) -> None:
        self.world = World()
        self.addCleanup(shutil.rmtree, self.world.folder, True)
        self.addCleanup(self.world.end)
        self.world.start()
        self.client = HoldfastClient(
            self.world.address, credentials=None, instances=1, deadline_s=DEADLINE_S, name="test"
        )
        self.addCleanup(self.client.close)
        wait_until(lambda: self.client._posture.known is not None)
        self.outcomes: dict[str, str] = {}

    def ask(self, account_id: str = ""):
        request = self.world.request(account_id)
        outcome = self.client.assess(request)
        self.assertNotIn(request.withdrawal_id, self.outcomes)
        self.outcomes[request.withdrawal_id] = outcome.decided_by
        return outcome

    def answered(self) -> bool:
        return self.ask().decided_by == "service"

    def expect_decided_once(self) -> None:
        wait_until(lambda: self.client.waiting_reports == 0)
        counts = self.world.recorded()
        self.assertEqual([name for name, count in counts.items() if count > 1], [])
        for name, decided_by in self.outcomes.items():
            if decided_by == "service":
                self.assertEqual(counts.get(name), 1)

    def test_killed_it_keeps_to_the_caps_and_reports(self):
        wait_until(self.answered)
        self.world.end()
        outcomes = [self.ask("greedy") for _ in range(8)]
        self.assertEqual({outcome.decided_by for outcome in outcomes}, {"client"})
        allowed = [o for o in outcomes if o.decision == decision_pb2.DECISION_ALLOW]
        self.assertEqual(len(allowed), 5)
        self.world.start()
        self.expect_decided_once()
        wait_until(self.answered)
        probe = self.world.request("greedy", 990.0)
        answer = self.world.call("AssessWithdrawal", probe, risk.AssessWithdrawalResponse)
        read = risk.GetAssessmentRequest(assessment_id=answer.assessment_id)
        got = self.world.call("GetAssessment", read, risk.GetAssessmentResponse)
        self.assertEqual(got.assessment.tier, "standard")

    def test_frozen_no_call_hangs(self):
        wait_until(self.answered)
        self.world.process.send_signal(signal.SIGSTOP)
        # A bare wait of the same length tells what this machine adds to any.
        bare, ours = [], []
        for _ in range(15):
            started = time.monotonic()
            threading.Event().wait(DEADLINE_S)
            bare.append(time.monotonic() - started)
            self.client._breaker.succeeded()
            started = time.monotonic()
            outcome = self.ask()
            ours.append(time.monotonic() - started)
            self.assertEqual(outcome.decided_by, "client")
        self.assertLessEqual(statistics.median(ours), max(statistics.median(bare), DEADLINE_S) + GRACE_S)
        self.world.process.send_signal(signal.SIGCONT)
        wait_until(self.answered)
        self.expect_decided_once()

    def test_restarted_under_load_each_is_decided_once(self):
        goes_on = True
        lock = threading.Lock()

        def ask_on() -> None:
            while goes_on:
                with lock:
                    request = self.world.request()
                outcome = self.client.assess(request)
                self.outcomes[request.withdrawal_id] = outcome.decided_by
                time.sleep(0.002)

        threads = [threading.Thread(target=ask_on) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for ending in (signal.SIGKILL, signal.SIGTERM):
                more = len(self.outcomes) + 40
                wait_until(lambda: len(self.outcomes) > more)
                self.world.process.send_signal(ending)
                self.world.process.wait()
                more = len(self.outcomes) + 40
                wait_until(lambda: len(self.outcomes) > more)
                self.world.start()
        finally:
            goes_on = False
            for thread in threads:
                thread.join()
        self.assertEqual(set(self.outcomes.values()), {"service", "client"})
        self.expect_decided_once()

    def test_a_refusal_is_an_error(self):
        with self.assertRaises(RefusedError) as caught:
            while True:
                self.ask("x" * 200)
        self.assertEqual(caught.exception.code, "INVALID_ARGUMENT")
        self.assertIn(b"REQUEST_INVALID", caught.exception.status_details)

    def test_options_out_of_range_are_refused(self):
        for options in ({"instances": 0}, {"deadline_s": 0.0}, {"deadline_s": float("nan")}, {"name": "x" * 129}):
            with self.subTest(options), self.assertRaises(ValueError):
                HoldfastClient("127.0.0.1:1", credentials=None, **{"instances": 1, **options})


if __name__ == "__main__":
    unittest.main()
