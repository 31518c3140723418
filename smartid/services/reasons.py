"""Why a service says no: one code for programs, the same for all services."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Codes of a refusal. The code of the scheme that refused is kept beside it (``Refused.original``)."""

    DECLINED = "declined"
    NEEDS_ONLINE = "needs_online"
    NEEDS_PIN = "needs_pin"
    NEEDS_CONSENT = "needs_consent"
    CARD_REMOVED = "card_removed"
    CARD_BLOCKED = "card_blocked"
    CARD_REVOKED = "card_revoked"
    CARD_EXPIRED = "card_expired"
    STATUS_STALE = "status_stale"
    DENYLISTED = "denylisted"
    LIMIT_EXCEEDED = "limit_exceeded"
    COOL_DOWN = "cool_down"
    INSUFFICIENT = "insufficient"
    CONFLICT = "conflict"
    IN_PROGRESS = "in_progress"
    WRONG_STATE = "wrong_state"
    QUOTE_EXPIRED = "quote_expired"
    PEER_TIMEOUT = "peer_timeout"
    PEER_REJECTED = "peer_rejected"
    BAD_PROOF = "bad_proof"
    POLICY_UNKNOWN = "policy_unknown"
    INVALID_REQUEST = "invalid_request"
    UNKNOWN_CASE = "unknown_case"
    PURSE_FULL = "purse_full"
    PURSE_LOCKED = "purse_locked"
    COUNTER_GAP = "counter_gap"
    MODULE_BATCH_FULL = "module_batch_full"
    OFFLINE_LIMIT = "offline_limit"
    NO_QUOTA = "no_quota"
    WRONG_PRODUCT = "wrong_product"
    VEHICLE_MISMATCH = "vehicle_mismatch"
    OUT_OF_CASH = "out_of_cash"
