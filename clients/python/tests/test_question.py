"""What a failed call counts as."""

import unittest

import grpc
from holdfast.v1 import risk_service_pb2 as risk
from holdfast_client.question import _silence_of


class Failed(grpc.RpcError):
    def __init__(self, code, trailers=()):
        self._code = code
        self._trailers = trailers

    def code(self):
        return self._code

    def details(self):
        return "as told"

    def trailing_metadata(self):
        return self._trailers


class QuestionTest(unittest.TestCase):
    def test_internal_without_details_is_a_connection_that_ended(self):
        cause, pause_s = _silence_of(Failed(grpc.StatusCode.INTERNAL))
        self.assertEqual(cause, risk.NO_ANSWER_CAUSE_UNREACHABLE)
        self.assertGreater(pause_s, 0)

    def test_internal_with_details_is_a_fault(self):
        trailers = (("grpc-status-details-bin", b"\x08\x0d"),)
        cause, _ = _silence_of(Failed(grpc.StatusCode.INTERNAL, trailers))
        self.assertEqual(cause, risk.NO_ANSWER_CAUSE_FAULT)


if __name__ == "__main__":
    unittest.main()
