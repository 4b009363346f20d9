"""Accounts whose latest answer of the service was not ALLOW."""

from __future__ import annotations

# Beyond that nothing goes until some are forgotten, so pushing others out gains nothing.
MAX_ACCOUNTS = 10_000

# As long as the service itself looks back for what an account moved.
REMEMBERED_S = 24 * 3600.0


class SternerAnswers:
    """Without an answer these are held. Monotonic seconds. Not safe for several threads by itself."""

    def __init__(self) -> None:
        self._accounts: dict[str, float] = {}
        self._full_until_s = float("-inf")

    def noted(self, account_id: str, is_allow: bool, now_s: float) -> None:
        self._accounts.pop(account_id, None)
        if is_allow:
            return
        self._forget(now_s)
        if len(self._accounts) >= MAX_ACCOUNTS:
            self._full_until_s = now_s + REMEMBERED_S
        else:
            self._accounts[account_id] = now_s

    def includes(self, account_id: str, now_s: float) -> bool:
        """Whether the account was, or may have been, answered sternly of late."""
        self._forget(now_s)
        return now_s < self._full_until_s or account_id in self._accounts

    def _forget(self, now_s: float) -> None:
        # Oldest first, since each is put at the end when it is noted.
        for account_id, at_s in list(self._accounts.items()):
            if at_s > now_s - REMEMBERED_S:
                return
            del self._accounts[account_id]
