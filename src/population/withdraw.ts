import type { UnixMs } from '../decision/vocabulary.js';
import type { Account, Destination, Device, Emit } from './account.js';
import type { SyntheticWithdrawal } from './events.js';

/** Facts of one withdrawal that are not those of the account. */
export interface WithdrawalPlan {
  readonly at: UnixMs;
  /** 0 to 1. */
  readonly share: number;
  readonly destination: Destination;
  readonly device: Device;
  readonly theft?: NonNullable<SyntheticWithdrawal['theft']>;
}

/** The least that anybody withdraws: 10. */
const LEAST_VALUE = 1_000;

/** Writes down a withdrawal as the exchange would ask about it. */
export function withdraw(account: Account, plan: WithdrawalPlan, emit: Emit): void {
  const { at, share, destination, device, theft } = plan;
  emit({
    kind: 'withdrawal',
    at: Math.round(at),
    accountId: account.id,
    email: account.email,
    value: Math.max(LEAST_VALUE, Math.round(account.balance * share)),
    balanceShare: Math.round(share * 1000) / 1000,
    destination: {
      address: destination.address,
      addedAt: Math.round(destination.addedAt),
      allowlisted: destination.allowlisted,
      ...(destination.firstUsedAt === undefined ? {} : { firstUsedAt: Math.round(destination.firstUsedAt) }),
    },
    deviceId: device.id,
    deviceFirstSeenAt: Math.round(device.firstSeenAt),
    factors: account.factors,
    openedAt: account.openedAt,
    ...(account.lastWithdrawalAt === undefined ? {} : { lastGoodWithdrawalAt: account.lastWithdrawalAt }),
    ...(theft === undefined ? {} : { theft }),
  });
  destination.firstUsedAt ??= at;
  if (theft === undefined) account.lastWithdrawalAt = Math.round(at);
}
