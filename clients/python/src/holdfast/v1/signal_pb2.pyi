from google.protobuf import timestamp_pb2 as _timestamp_pb2
from holdfast.v1 import decision_pb2 as _decision_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
SIGNAL_TYPE_ACCOUNT_UNLOCKED: SignalType
SIGNAL_TYPE_ADDRESS_ADDED: SignalType
SIGNAL_TYPE_ALLOWLIST_DISABLED: SignalType
SIGNAL_TYPE_API_KEY_CREATED: SignalType
SIGNAL_TYPE_EMAIL_CHANGED: SignalType
SIGNAL_TYPE_EMAIL_REPORTED_COMPROMISED: SignalType
SIGNAL_TYPE_LOGIN_FAILED: SignalType
SIGNAL_TYPE_MFA_CHANGED: SignalType
SIGNAL_TYPE_MFA_DISABLED: SignalType
SIGNAL_TYPE_MFA_ENROLLED: SignalType
SIGNAL_TYPE_MFA_RESET: SignalType
SIGNAL_TYPE_NEW_DEVICE: SignalType
SIGNAL_TYPE_NEW_LOCATION: SignalType
SIGNAL_TYPE_PASSWORD_CHANGED: SignalType
SIGNAL_TYPE_PASSWORD_RESET: SignalType
SIGNAL_TYPE_PHONE_CHANGED: SignalType
SIGNAL_TYPE_REMOTE_ACCESS_SUSPECTED: SignalType
SIGNAL_TYPE_SESSION_FROM_RESET_LINK: SignalType
SIGNAL_TYPE_SIM_CHANGED: SignalType
SIGNAL_TYPE_SUPPORT_RECOVERY: SignalType
SIGNAL_TYPE_UNSPECIFIED: SignalType

class Signal(_message.Message):
    __slots__ = ["account_id", "attributes", "channel", "email", "factor", "occurred_at", "signal_id", "type"]
    class AttributesEntry(_message.Message):
        __slots__ = ["key", "value"]
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    attributes: _containers.ScalarMap[str, str]
    channel: _decision_pb2.Channel
    email: str
    factor: SignalFactor
    occurred_at: _timestamp_pb2.Timestamp
    signal_id: str
    type: SignalType
    def __init__(self, signal_id: _Optional[str] = ..., type: _Optional[_Union[SignalType, str]] = ..., account_id: _Optional[str] = ..., email: _Optional[str] = ..., occurred_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., channel: _Optional[_Union[_decision_pb2.Channel, str]] = ..., attributes: _Optional[_Mapping[str, str]] = ..., factor: _Optional[_Union[SignalFactor, _Mapping]] = ...) -> None: ...

class SignalFactor(_message.Message):
    __slots__ = ["channel", "enrolled_at", "factor_id", "verified_at"]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    ENROLLED_AT_FIELD_NUMBER: _ClassVar[int]
    FACTOR_ID_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_AT_FIELD_NUMBER: _ClassVar[int]
    channel: _decision_pb2.Channel
    enrolled_at: _timestamp_pb2.Timestamp
    factor_id: str
    verified_at: _timestamp_pb2.Timestamp
    def __init__(self, channel: _Optional[_Union[_decision_pb2.Channel, str]] = ..., factor_id: _Optional[str] = ..., enrolled_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., verified_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SignalType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
