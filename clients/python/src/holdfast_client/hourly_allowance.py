"""What one instance let go alone, by account and in all, in any hour."""

from __future__ import annotations

from collections import deque

HOUR_S = 3600.0

# While it is full nothing goes, so whoever fills it gains nothing.
MAX_REMEMBERED = 10_000


class HourlyAllowance:
    """Counts withdrawals in hundredths of the currency, by monotonic seconds. Not safe for several threads by itself."""

    def __init__(self) -> None:
        self._let_go: deque[tuple[float, str, int]] = deque()

    def of_account(self, account_id: str, now_s: float) -> tuple[int, int]:
        """Hundredths and number of what one account took in the hour before `now_s`."""
        self._forget(now_s)
        taken = [hundredths for _, account, hundredths in self._let_go if account == account_id]
        return sum(taken), len(taken)

    def total(self, now_s: float) -> int:
        """Hundredths that all accounts took in that hour."""
        self._forget(now_s)
        return sum(hundredths for _, _, hundredths in self._let_go)

    def is_full(self, now_s: float) -> bool:
        self._forget(now_s)
        return len(self._let_go) >= MAX_REMEMBERED

    def take(self, account_id: str, hundredths: int, at_s: float) -> None:
        self._let_go.append((at_s, account_id, hundredths))

    def _forget(self, now_s: float) -> None:
        while self._let_go and self._let_go[0][0] <= now_s - HOUR_S:
            self._let_go.popleft()
