"""The generated code is that of the contract. `HOLDFAST_DESCRIPTORS` names a FileDescriptorSet of it."""

import os
import unittest

from google.protobuf import descriptor_pb2
from holdfast.v1 import decision_pb2, risk_service_pb2, signal_pb2


def without_json_names(file: descriptor_pb2.FileDescriptorProto) -> descriptor_pb2.FileDescriptorProto:
    """Generated code leaves them out, since they follow from the names."""
    messages = list(file.message_type)
    while messages:
        message = messages.pop()
        messages.extend(message.nested_type)
        for field in message.field:
            field.ClearField("json_name")
    return file


class Generated(unittest.TestCase):
    def test_it_is_that_of_the_contract(self):
        with open(os.environ["HOLDFAST_DESCRIPTORS"], "rb") as file:
            wanted = descriptor_pb2.FileDescriptorSet.FromString(file.read())
        by_name = {file.name: without_json_names(file) for file in wanted.file}
        for module in (decision_pb2, risk_service_pb2, signal_pb2):
            made = descriptor_pb2.FileDescriptorProto()
            module.DESCRIPTOR.CopyToProto(made)
            self.assertEqual(without_json_names(made), by_name[made.name], made.name)


if __name__ == "__main__":
    unittest.main()
