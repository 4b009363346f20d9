from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from holdfast.v1 import decision_pb2 as _decision_pb2
from holdfast.v1 import signal_pb2 as _signal_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
DESTINATION_KIND_CONTRACT: DestinationKind
DESTINATION_KIND_CUSTODIAL: DestinationKind
DESTINATION_KIND_INTERNAL: DestinationKind
DESTINATION_KIND_SELF_HOSTED: DestinationKind
DESTINATION_KIND_UNSPECIFIED: DestinationKind
DESTINATION_TAG_TYPE_HASH: DestinationTagType
DESTINATION_TAG_TYPE_ID: DestinationTagType
DESTINATION_TAG_TYPE_RETURN: DestinationTagType
DESTINATION_TAG_TYPE_TEXT: DestinationTagType
DESTINATION_TAG_TYPE_UNSPECIFIED: DestinationTagType
NO_ANSWER_CAUSE_CIRCUIT_OPEN: NoAnswerCause
NO_ANSWER_CAUSE_DEADLINE: NoAnswerCause
NO_ANSWER_CAUSE_FAULT: NoAnswerCause
NO_ANSWER_CAUSE_REFUSED: NoAnswerCause
NO_ANSWER_CAUSE_UNREACHABLE: NoAnswerCause
NO_ANSWER_CAUSE_UNSPECIFIED: NoAnswerCause
OUTCOME_LABEL_CUSTOMER_CANCELLED: OutcomeLabel
OUTCOME_LABEL_FRAUD_CONFIRMED: OutcomeLabel
OUTCOME_LABEL_HONEST: OutcomeLabel
OUTCOME_LABEL_SENT: OutcomeLabel
OUTCOME_LABEL_UNKNOWN: OutcomeLabel
OUTCOME_LABEL_UNSPECIFIED: OutcomeLabel

class AcceptedSignal(_message.Message):
    __slots__ = ["duplicate", "email_unreadable", "signal_id"]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    EMAIL_UNREADABLE_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_ID_FIELD_NUMBER: _ClassVar[int]
    duplicate: bool
    email_unreadable: bool
    signal_id: str
    def __init__(self, signal_id: _Optional[str] = ..., duplicate: bool = ..., email_unreadable: bool = ...) -> None: ...

class Account(_message.Message):
    __slots__ = ["kyc_tier", "last_good_withdrawal_at", "opened_at"]
    KYC_TIER_FIELD_NUMBER: _ClassVar[int]
    LAST_GOOD_WITHDRAWAL_AT_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    kyc_tier: str
    last_good_withdrawal_at: _timestamp_pb2.Timestamp
    opened_at: _timestamp_pb2.Timestamp
    def __init__(self, opened_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., kyc_tier: _Optional[str] = ..., last_good_withdrawal_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AssessWithdrawalRequest(_message.Message):
    __slots__ = ["account", "account_id", "amount", "asset", "at_least_as_fresh", "balance_share", "destination", "dry_run", "email", "notices", "reference_value", "request_id", "session", "signals", "withdrawal_id"]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_AS_FRESH_FIELD_NUMBER: _ClassVar[int]
    BALANCE_SHARE_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_VALUE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWAL_ID_FIELD_NUMBER: _ClassVar[int]
    account: Account
    account_id: str
    amount: str
    asset: str
    at_least_as_fresh: str
    balance_share: float
    destination: Destination
    dry_run: bool
    email: str
    notices: _containers.RepeatedCompositeFieldContainer[Notice]
    reference_value: float
    request_id: str
    session: Session
    signals: _containers.RepeatedCompositeFieldContainer[_signal_pb2.Signal]
    withdrawal_id: str
    def __init__(self, request_id: _Optional[str] = ..., withdrawal_id: _Optional[str] = ..., account_id: _Optional[str] = ..., email: _Optional[str] = ..., asset: _Optional[str] = ..., amount: _Optional[str] = ..., reference_value: _Optional[float] = ..., destination: _Optional[_Union[Destination, _Mapping]] = ..., balance_share: _Optional[float] = ..., session: _Optional[_Union[Session, _Mapping]] = ..., account: _Optional[_Union[Account, _Mapping]] = ..., signals: _Optional[_Iterable[_Union[_signal_pb2.Signal, _Mapping]]] = ..., at_least_as_fresh: _Optional[str] = ..., dry_run: bool = ..., notices: _Optional[_Iterable[_Union[Notice, _Mapping]]] = ...) -> None: ...

class AssessWithdrawalResponse(_message.Message):
    __slots__ = ["acceptable_channels", "as_of", "assessment_id", "decision", "degradations", "feeds", "hold_until", "level", "missing_facts", "policy_revision", "reasons", "release", "release_conditions", "score", "untrusted_channels"]
    ACCEPTABLE_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    ASSESSMENT_ID_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    DEGRADATIONS_FIELD_NUMBER: _ClassVar[int]
    FEEDS_FIELD_NUMBER: _ClassVar[int]
    HOLD_UNTIL_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    MISSING_FACTS_FIELD_NUMBER: _ClassVar[int]
    POLICY_REVISION_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    RELEASE_CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    UNTRUSTED_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    acceptable_channels: _containers.RepeatedScalarFieldContainer[_decision_pb2.Channel]
    as_of: str
    assessment_id: str
    decision: _decision_pb2.Decision
    degradations: _containers.RepeatedCompositeFieldContainer[_decision_pb2.Degradation]
    feeds: _containers.RepeatedCompositeFieldContainer[_decision_pb2.FeedFreshness]
    hold_until: _timestamp_pb2.Timestamp
    level: _decision_pb2.Level
    missing_facts: _containers.RepeatedScalarFieldContainer[str]
    policy_revision: _decision_pb2.PolicyRevisionRef
    reasons: _containers.RepeatedCompositeFieldContainer[_decision_pb2.Reason]
    release: _decision_pb2.Release
    release_conditions: _containers.RepeatedCompositeFieldContainer[_decision_pb2.ReleaseCondition]
    score: float
    untrusted_channels: _containers.RepeatedScalarFieldContainer[_decision_pb2.Channel]
    def __init__(self, assessment_id: _Optional[str] = ..., decision: _Optional[_Union[_decision_pb2.Decision, str]] = ..., score: _Optional[float] = ..., level: _Optional[_Union[_decision_pb2.Level, str]] = ..., hold_until: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., release: _Optional[_Union[_decision_pb2.Release, str]] = ..., reasons: _Optional[_Iterable[_Union[_decision_pb2.Reason, _Mapping]]] = ..., untrusted_channels: _Optional[_Iterable[_Union[_decision_pb2.Channel, str]]] = ..., acceptable_channels: _Optional[_Iterable[_Union[_decision_pb2.Channel, str]]] = ..., release_conditions: _Optional[_Iterable[_Union[_decision_pb2.ReleaseCondition, _Mapping]]] = ..., policy_revision: _Optional[_Union[_decision_pb2.PolicyRevisionRef, _Mapping]] = ..., as_of: _Optional[str] = ..., degradations: _Optional[_Iterable[_Union[_decision_pb2.Degradation, _Mapping]]] = ..., feeds: _Optional[_Iterable[_Union[_decision_pb2.FeedFreshness, _Mapping]]] = ..., missing_facts: _Optional[_Iterable[str]] = ...) -> None: ...

class Assessment(_message.Message):
    __slots__ = ["account_id", "amount", "assessed_at", "assessment_id", "asset", "engine_version", "reference_value", "response", "tier", "withdrawal_id"]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    ASSESSED_AT_FIELD_NUMBER: _ClassVar[int]
    ASSESSMENT_ID_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_VALUE_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWAL_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    amount: str
    assessed_at: _timestamp_pb2.Timestamp
    assessment_id: str
    asset: str
    engine_version: str
    reference_value: float
    response: AssessWithdrawalResponse
    tier: str
    withdrawal_id: str
    def __init__(self, assessment_id: _Optional[str] = ..., assessed_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., withdrawal_id: _Optional[str] = ..., account_id: _Optional[str] = ..., asset: _Optional[str] = ..., amount: _Optional[str] = ..., reference_value: _Optional[float] = ..., tier: _Optional[str] = ..., response: _Optional[_Union[AssessWithdrawalResponse, _Mapping]] = ..., engine_version: _Optional[str] = ...) -> None: ...

class ClientDecision(_message.Message):
    __slots__ = ["cause", "client", "decided_at", "decision", "policy_number", "request"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    POLICY_NUMBER_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    cause: NoAnswerCause
    client: str
    decided_at: _timestamp_pb2.Timestamp
    decision: _decision_pb2.Decision
    policy_number: int
    request: AssessWithdrawalRequest
    def __init__(self, request: _Optional[_Union[AssessWithdrawalRequest, _Mapping]] = ..., decision: _Optional[_Union[_decision_pb2.Decision, str]] = ..., decided_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., cause: _Optional[_Union[NoAnswerCause, str]] = ..., policy_number: _Optional[int] = ..., client: _Optional[str] = ...) -> None: ...

class Destination(_message.Message):
    __slots__ = ["added_at", "address", "allowlisted", "first_used_at", "kind", "network", "ownership_verified", "tag"]
    ADDED_AT_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ALLOWLISTED_FIELD_NUMBER: _ClassVar[int]
    FIRST_USED_AT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    OWNERSHIP_VERIFIED_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    added_at: _timestamp_pb2.Timestamp
    address: str
    allowlisted: bool
    first_used_at: _timestamp_pb2.Timestamp
    kind: DestinationKind
    network: str
    ownership_verified: bool
    tag: DestinationTag
    def __init__(self, address: _Optional[str] = ..., network: _Optional[str] = ..., kind: _Optional[_Union[DestinationKind, str]] = ..., added_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., first_used_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., allowlisted: bool = ..., ownership_verified: bool = ..., tag: _Optional[_Union[DestinationTag, _Mapping]] = ...) -> None: ...

class DestinationTag(_message.Message):
    __slots__ = ["none", "type", "value"]
    NONE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    none: bool
    type: DestinationTagType
    value: str
    def __init__(self, value: _Optional[str] = ..., none: bool = ..., type: _Optional[_Union[DestinationTagType, str]] = ...) -> None: ...

class Factor(_message.Message):
    __slots__ = ["channel", "enrolled_at", "factor_id", "verified_at"]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    ENROLLED_AT_FIELD_NUMBER: _ClassVar[int]
    FACTOR_ID_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_AT_FIELD_NUMBER: _ClassVar[int]
    channel: _decision_pb2.Channel
    enrolled_at: _timestamp_pb2.Timestamp
    factor_id: str
    verified_at: _timestamp_pb2.Timestamp
    def __init__(self, channel: _Optional[_Union[_decision_pb2.Channel, str]] = ..., enrolled_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., verified_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., factor_id: _Optional[str] = ...) -> None: ...

class FailPosture(_message.Message):
    __slots__ = ["account_hourly_count", "account_hourly_hundredths", "currency", "destination_used_for", "hourly_hundredths", "policy_revision", "tiers", "valid_for"]
    ACCOUNT_HOURLY_COUNT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_HOURLY_HUNDREDTHS_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_USED_FOR_FIELD_NUMBER: _ClassVar[int]
    HOURLY_HUNDREDTHS_FIELD_NUMBER: _ClassVar[int]
    POLICY_REVISION_FIELD_NUMBER: _ClassVar[int]
    TIERS_FIELD_NUMBER: _ClassVar[int]
    VALID_FOR_FIELD_NUMBER: _ClassVar[int]
    account_hourly_count: int
    account_hourly_hundredths: int
    currency: str
    destination_used_for: _duration_pb2.Duration
    hourly_hundredths: int
    policy_revision: _decision_pb2.PolicyRevisionRef
    tiers: _containers.RepeatedCompositeFieldContainer[FailPostureTier]
    valid_for: _duration_pb2.Duration
    def __init__(self, policy_revision: _Optional[_Union[_decision_pb2.PolicyRevisionRef, _Mapping]] = ..., currency: _Optional[str] = ..., tiers: _Optional[_Iterable[_Union[FailPostureTier, _Mapping]]] = ..., destination_used_for: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., account_hourly_hundredths: _Optional[int] = ..., account_hourly_count: _Optional[int] = ..., hourly_hundredths: _Optional[int] = ..., valid_for: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class FailPostureTier(_message.Message):
    __slots__ = ["below_hundredths", "decision", "name"]
    BELOW_HUNDREDTHS_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    below_hundredths: int
    decision: _decision_pb2.Decision
    name: str
    def __init__(self, name: _Optional[str] = ..., below_hundredths: _Optional[int] = ..., decision: _Optional[_Union[_decision_pb2.Decision, str]] = ...) -> None: ...

class GetAssessmentRequest(_message.Message):
    __slots__ = ["assessment_id"]
    ASSESSMENT_ID_FIELD_NUMBER: _ClassVar[int]
    assessment_id: str
    def __init__(self, assessment_id: _Optional[str] = ...) -> None: ...

class GetAssessmentResponse(_message.Message):
    __slots__ = ["assessment", "outcome"]
    ASSESSMENT_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    assessment: Assessment
    outcome: Outcome
    def __init__(self, assessment: _Optional[_Union[Assessment, _Mapping]] = ..., outcome: _Optional[_Union[Outcome, _Mapping]] = ...) -> None: ...

class GetFailPostureRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class GetFailPostureResponse(_message.Message):
    __slots__ = ["posture"]
    POSTURE_FIELD_NUMBER: _ClassVar[int]
    posture: FailPosture
    def __init__(self, posture: _Optional[_Union[FailPosture, _Mapping]] = ...) -> None: ...

class ListAssessmentsRequest(_message.Message):
    __slots__ = ["account_id", "decisions", "max_score", "min_score", "outcomes", "page_size", "page_token", "to", "withdrawal_id"]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    MAX_SCORE_FIELD_NUMBER: _ClassVar[int]
    MIN_SCORE_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWAL_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    decisions: _containers.RepeatedScalarFieldContainer[_decision_pb2.Decision]
    max_score: float
    min_score: float
    outcomes: _containers.RepeatedScalarFieldContainer[OutcomeLabel]
    page_size: int
    page_token: str
    to: _timestamp_pb2.Timestamp
    withdrawal_id: str
    def __init__(self, account_id: _Optional[str] = ..., to: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., decisions: _Optional[_Iterable[_Union[_decision_pb2.Decision, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., withdrawal_id: _Optional[str] = ..., outcomes: _Optional[_Iterable[_Union[OutcomeLabel, str]]] = ..., min_score: _Optional[float] = ..., max_score: _Optional[float] = ..., **kwargs) -> None: ...

class ListAssessmentsResponse(_message.Message):
    __slots__ = ["assessments", "next_page_token"]
    ASSESSMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    assessments: _containers.RepeatedCompositeFieldContainer[Assessment]
    next_page_token: str
    def __init__(self, assessments: _Optional[_Iterable[_Union[Assessment, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Notice(_message.Message):
    __slots__ = ["channel", "sent_at"]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SENT_AT_FIELD_NUMBER: _ClassVar[int]
    channel: _decision_pb2.Channel
    sent_at: _timestamp_pb2.Timestamp
    def __init__(self, channel: _Optional[_Union[_decision_pb2.Channel, str]] = ..., sent_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Outcome(_message.Message):
    __slots__ = ["account_id", "assessment_id", "label", "observed_at", "reported_by", "withdrawal_id"]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    ASSESSMENT_ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    REPORTED_BY_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWAL_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    assessment_id: str
    label: OutcomeLabel
    observed_at: _timestamp_pb2.Timestamp
    reported_by: str
    withdrawal_id: str
    def __init__(self, assessment_id: _Optional[str] = ..., label: _Optional[_Union[OutcomeLabel, str]] = ..., reported_by: _Optional[str] = ..., observed_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., withdrawal_id: _Optional[str] = ..., account_id: _Optional[str] = ...) -> None: ...

class RejectedClientDecision(_message.Message):
    __slots__ = ["cause", "field", "index"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    cause: str
    field: str
    index: int
    def __init__(self, index: _Optional[int] = ..., field: _Optional[str] = ..., cause: _Optional[str] = ...) -> None: ...

class RejectedOutcome(_message.Message):
    __slots__ = ["cause", "field", "index"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    cause: str
    field: str
    index: int
    def __init__(self, index: _Optional[int] = ..., field: _Optional[str] = ..., cause: _Optional[str] = ...) -> None: ...

class RejectedSignal(_message.Message):
    __slots__ = ["cause", "field", "index", "signal_id"]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_ID_FIELD_NUMBER: _ClassVar[int]
    cause: str
    field: str
    index: int
    signal_id: str
    def __init__(self, index: _Optional[int] = ..., signal_id: _Optional[str] = ..., field: _Optional[str] = ..., cause: _Optional[str] = ...) -> None: ...

class ReportClientDecisionsRequest(_message.Message):
    __slots__ = ["decisions"]
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    decisions: _containers.RepeatedCompositeFieldContainer[ClientDecision]
    def __init__(self, decisions: _Optional[_Iterable[_Union[ClientDecision, _Mapping]]] = ...) -> None: ...

class ReportClientDecisionsResponse(_message.Message):
    __slots__ = ["accepted_count", "rejected"]
    ACCEPTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    accepted_count: int
    rejected: _containers.RepeatedCompositeFieldContainer[RejectedClientDecision]
    def __init__(self, accepted_count: _Optional[int] = ..., rejected: _Optional[_Iterable[_Union[RejectedClientDecision, _Mapping]]] = ...) -> None: ...

class ReportOutcomeRequest(_message.Message):
    __slots__ = ["outcomes"]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[Outcome]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[Outcome, _Mapping]]] = ...) -> None: ...

class ReportOutcomeResponse(_message.Message):
    __slots__ = ["accepted_count", "rejected"]
    ACCEPTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    accepted_count: int
    rejected: _containers.RepeatedCompositeFieldContainer[RejectedOutcome]
    def __init__(self, accepted_count: _Optional[int] = ..., rejected: _Optional[_Iterable[_Union[RejectedOutcome, _Mapping]]] = ...) -> None: ...

class ReportSignalsRequest(_message.Message):
    __slots__ = ["signals"]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    signals: _containers.RepeatedCompositeFieldContainer[_signal_pb2.Signal]
    def __init__(self, signals: _Optional[_Iterable[_Union[_signal_pb2.Signal, _Mapping]]] = ...) -> None: ...

class ReportSignalsResponse(_message.Message):
    __slots__ = ["accepted", "as_of", "rejected"]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    accepted: _containers.RepeatedCompositeFieldContainer[AcceptedSignal]
    as_of: str
    rejected: _containers.RepeatedCompositeFieldContainer[RejectedSignal]
    def __init__(self, accepted: _Optional[_Iterable[_Union[AcceptedSignal, _Mapping]]] = ..., rejected: _Optional[_Iterable[_Union[RejectedSignal, _Mapping]]] = ..., as_of: _Optional[str] = ...) -> None: ...

class Session(_message.Message):
    __slots__ = ["country", "device_first_seen_at", "device_id", "factors", "ip"]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIRST_SEEN_AT_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    IP_FIELD_NUMBER: _ClassVar[int]
    country: str
    device_first_seen_at: _timestamp_pb2.Timestamp
    device_id: str
    factors: _containers.RepeatedCompositeFieldContainer[Factor]
    ip: str
    def __init__(self, device_id: _Optional[str] = ..., device_first_seen_at: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., ip: _Optional[str] = ..., country: _Optional[str] = ..., factors: _Optional[_Iterable[_Union[Factor, _Mapping]]] = ...) -> None: ...

class WatchReassessmentsRequest(_message.Message):
    __slots__ = ["after"]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    after: str
    def __init__(self, after: _Optional[str] = ...) -> None: ...

class WatchReassessmentsResponse(_message.Message):
    __slots__ = ["account_id", "as_of", "assessment_id", "decision", "reasons", "withdrawal_id"]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    ASSESSMENT_ID_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWAL_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    as_of: str
    assessment_id: str
    decision: _decision_pb2.Decision
    reasons: _containers.RepeatedCompositeFieldContainer[_decision_pb2.Reason]
    withdrawal_id: str
    def __init__(self, assessment_id: _Optional[str] = ..., withdrawal_id: _Optional[str] = ..., account_id: _Optional[str] = ..., decision: _Optional[_Union[_decision_pb2.Decision, str]] = ..., reasons: _Optional[_Iterable[_Union[_decision_pb2.Reason, _Mapping]]] = ..., as_of: _Optional[str] = ...) -> None: ...

class DestinationKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class DestinationTagType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class OutcomeLabel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class NoAnswerCause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
