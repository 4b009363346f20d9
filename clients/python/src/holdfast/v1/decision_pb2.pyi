from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

AUDIENCE_ANALYST: Audience
AUDIENCE_CUSTOMER: Audience
AUDIENCE_UNSPECIFIED: Audience
CHANNEL_EMAIL: Channel
CHANNEL_IN_SESSION: Channel
CHANNEL_PASSKEY: Channel
CHANNEL_PUSH: Channel
CHANNEL_SMS: Channel
CHANNEL_SUPPORT: Channel
CHANNEL_TOTP: Channel
CHANNEL_UNSPECIFIED: Channel
CHANNEL_VOICE: Channel
DECISION_ALLOW: Decision
DECISION_HOLD: Decision
DECISION_REJECT: Decision
DECISION_STEP_UP: Decision
DECISION_UNSPECIFIED: Decision
DESCRIPTOR: _descriptor.FileDescriptor
FEED_STATE_FRESH: FeedState
FEED_STATE_LAGGING: FeedState
FEED_STATE_NOT_COVERED: FeedState
FEED_STATE_RESET: FeedState
FEED_STATE_SILENT: FeedState
FEED_STATE_STALE: FeedState
FEED_STATE_UNSPECIFIED: FeedState
LEVEL_CRITICAL: Level
LEVEL_ELEVATED: Level
LEVEL_HIGH: Level
LEVEL_LOW: Level
LEVEL_UNSPECIFIED: Level
REASON_SOURCE_COHORT: ReasonSource
REASON_SOURCE_DEGRADED: ReasonSource
REASON_SOURCE_POLICY: ReasonSource
REASON_SOURCE_PROVIDER: ReasonSource
REASON_SOURCE_REQUEST: ReasonSource
REASON_SOURCE_SIGNAL: ReasonSource
REASON_SOURCE_UNSPECIFIED: ReasonSource
RELEASE_AUTOMATIC: Release
RELEASE_CONDITION_KIND_KNOWN_DESTINATION: ReleaseConditionKind
RELEASE_CONDITION_KIND_LOWER_VALUE: ReleaseConditionKind
RELEASE_CONDITION_KIND_NOTIFY: ReleaseConditionKind
RELEASE_CONDITION_KIND_REVIEW: ReleaseConditionKind
RELEASE_CONDITION_KIND_UNSPECIFIED: ReleaseConditionKind
RELEASE_CONDITION_KIND_VERIFY: ReleaseConditionKind
RELEASE_CONDITION_KIND_WAIT: ReleaseConditionKind
RELEASE_PERSON: Release
RELEASE_UNSPECIFIED: Release

class Degradation(_message.Message):
    __slots__ = ["code", "detail", "subject"]
    CODE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    code: str
    detail: str
    subject: str
    def __init__(self, code: _Optional[str] = ..., subject: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class FeedFreshness(_message.Message):
    __slots__ = ["provider", "state", "watermark"]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WATERMARK_FIELD_NUMBER: _ClassVar[int]
    provider: str
    state: FeedState
    watermark: _timestamp_pb2.Timestamp
    def __init__(self, provider: _Optional[str] = ..., state: _Optional[_Union[FeedState, str]] = ..., watermark: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PolicyRevisionRef(_message.Message):
    __slots__ = ["hash", "number"]
    HASH_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    hash: str
    number: int
    def __init__(self, number: _Optional[int] = ..., hash: _Optional[str] = ...) -> None: ...

class Reason(_message.Message):
    __slots__ = ["capped_points", "code", "customer_summary", "expires_at", "occurred_at", "points", "provider", "source", "summary"]
    CAPPED_POINTS_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_SUMMARY_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    capped_points: float
    code: str
    customer_summary: str
    expires_at: _timestamp_pb2.Timestamp
    occurred_at: _timestamp_pb2.Timestamp
    points: float
    provider: str
    source: ReasonSource
    summary: str
    def __init__(self, code: _Optional[str] = ..., points: _Optional[float] = ..., summary: _Optional[str] = ..., customer_summary: _Optional[str] = ..., source: _Optional[_Union[ReasonSource, str]] = ..., occurred_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., provider: _Optional[str] = ..., capped_points: _Optional[float] = ...) -> None: ...

class ReleaseCondition(_message.Message):
    __slots__ = ["at", "audience", "channels", "customer_summary", "decision", "kind", "max_reference_value", "summary"]
    AT_FIELD_NUMBER: _ClassVar[int]
    AUDIENCE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_SUMMARY_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MAX_REFERENCE_VALUE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    audience: Audience
    channels: _containers.RepeatedScalarFieldContainer[Channel]
    customer_summary: str
    decision: Decision
    kind: ReleaseConditionKind
    max_reference_value: float
    summary: str
    def __init__(self, kind: _Optional[_Union[ReleaseConditionKind, str]] = ..., summary: _Optional[str] = ..., customer_summary: _Optional[str] = ..., decision: _Optional[_Union[Decision, str]] = ..., at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., channels: _Optional[_Iterable[_Union[Channel, str]]] = ..., max_reference_value: _Optional[float] = ..., audience: _Optional[_Union[Audience, str]] = ...) -> None: ...

class Decision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Level(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Release(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Channel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ReasonSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class ReleaseConditionKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class Audience(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class FeedState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
