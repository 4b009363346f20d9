import { type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { UnixMs } from '../../src/decision/vocabulary.js';
import { caseTime } from '../../src/policy/cases/case-time.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import { CHANNEL_NUMBERS, SIGNAL_TYPE_NUMBERS } from '../../src/server/risk/wire.js';
import type { RequestInit, SignalInit } from '../integration/harness.js';
import type { AccountDocument, AskDocument, Fact, NamedFactor, SignalDocument } from './play-document.js';

/** What a play's account is unless it says otherwise: a customer of some years with an authenticator. */
export const USUAL_ACCOUNT = {
  balance: 20_000,
  email: 'victim@att.net',
  opened: '-900d',
  last_good_withdrawal: '-20d',
  factors: [{ name: 'authenticator', channel: 'TOTP', enrolled: '-400d' }],
  devices: { laptop: '-300d' },
  destinations: { savings: { added: '-200d', first_used: '-190d' } },
} as const satisfies AccountDocument;

/** Price of a coin in the policy's currency, unless a request says otherwise. */
export const USUAL_PRICE = 50_000;
const COIN_DECIMALS = 8;

interface Place {
  addedAt: UnixMs | undefined;
  firstUsedAt: UnixMs | undefined;
  readonly allowlisted: boolean | undefined;
  readonly ownershipVerified: boolean | undefined;
}

interface HeldFactor {
  readonly name: string;
  readonly channel: NamedFactor['channel'];
  readonly enrolledAt: UnixMs | undefined;
  verifiedAt?: UnixMs;
}

/** The account of one play as the exchange sees it, at the moment that the play has reached. */
export class Stage {
  email: string | undefined;
  /** Cents. */
  balance: number;
  readonly accountId = 'account-1';
  readonly factors: HeldFactor[];
  readonly #canAnswerWith: Set<string>;
  readonly #devices = new Map<string, UnixMs | undefined>();
  readonly #places = new Map<string, Place>();
  readonly #openedAt: UnixMs | undefined;
  #lastGoodAt: UnixMs | undefined;

  constructor(account: AccountDocument, by: 'thief' | 'customer', begin: UnixMs) {
    const usual: AccountDocument = { ...USUAL_ACCOUNT, ...account };
    const at = (text: string | null | undefined) => (text ? caseTime(text, begin) : undefined);
    this.email = usual.email ?? undefined;
    this.balance = Math.round((usual.balance ?? USUAL_ACCOUNT.balance) * 100);
    this.#openedAt = at(usual.opened);
    this.#lastGoodAt = at(usual.last_good_withdrawal);
    this.factors = (usual.factors ?? []).map(({ name, channel, enrolled }) => ({
      name,
      channel,
      enrolledAt: at(enrolled),
    }));
    const all = by === 'customer' ? this.factors.map(({ name }) => name) : [];
    this.#canAnswerWith = new Set(usual.can_answer_with ?? all);
    const devices = { ...USUAL_ACCOUNT.devices, ...usual.devices };
    for (const [name, firstSeen] of Object.entries(devices)) this.#devices.set(name, at(firstSeen));
    const places = { ...USUAL_ACCOUNT.destinations, ...usual.destinations };
    for (const [name, place] of Object.entries<NonNullable<AccountDocument['destinations']>[string]>(
      places,
    )) {
      this.#places.set(name, {
        addedAt: at(place.added),
        firstUsedAt: at(place.first_used),
        allowlisted: place.allowlisted,
        ownershipVerified: place.ownership_verified,
      });
    }
  }

  signsIn(device: string, now: UnixMs): void {
    this.#devices.set(device, now);
  }

  enrols(name: string, channel: NamedFactor['channel'], at: UnixMs): void {
    this.factors.push({ name, channel, enrolledAt: at });
    this.#canAnswerWith.add(name);
  }

  adds(destination: string, allowlisted: boolean | undefined, now: UnixMs): void {
    this.#places.set(destination, {
      addedAt: now,
      firstUsedAt: undefined,
      allowlisted,
      ownershipVerified: undefined,
    });
  }

  /** Answers a question over one of these channels, if he who plays can. */
  confirms(channels: readonly number[], now: UnixMs): boolean {
    const factor = this.factors.find(
      ({ name, channel }) => this.#canAnswerWith.has(name) && channels.includes(CHANNEL_NUMBERS[channel]),
    );
    if (factor === undefined) return false;
    factor.verifiedAt = now;
    return true;
  }

  sent(destination: string, cents: number, now: UnixMs, byOwner: boolean): void {
    this.balance -= cents;
    const place = this.#places.get(destination);
    if (place !== undefined) place.firstUsedAt ??= now;
    if (byOwner) this.#lastGoodAt = now;
  }

  signal(signal: SignalDocument, now: UnixMs, id: string): SignalInit {
    const email = signal.email === 'own' ? this.email : signal.email;
    return {
      signalId: id,
      accountId: this.accountId,
      type: SIGNAL_TYPE_NUMBERS[signal.type],
      occurredAt: timestampFromMs(caseTime(signal.at ?? 'now', now)),
      ...(signal.channel === undefined ? {} : { channel: CHANNEL_NUMBERS[signal.channel] }),
      ...(email === undefined ? {} : { email }),
      ...(signal.factor === undefined ? {} : { factor: this.#confirmedBy(signal.factor, now) }),
    };
  }

  #confirmedBy(name: string, now: UnixMs): NonNullable<SignalInit['factor']> {
    const factor = this.factors.find((one) => one.name === name);
    if (factor === undefined) throw new Error(`the play has no factor \`${name}\``);
    const { channel, enrolledAt } = factor;
    return {
      channel: CHANNEL_NUMBERS[channel],
      factorId: name,
      verifiedAt: timestampFromMs(now),
      ...(enrolledAt === undefined ? {} : { enrolledAt: timestampFromMs(enrolledAt) }),
    };
  }

  /** The request as an exchange sends it that gives every fact but those of `without`. */
  request(ask: AskDocument, cents: number, silence: readonly Fact[], now: UnixMs): RequestInit {
    const place = this.#places.get(ask.to);
    if (place === undefined) throw new Error(`the play has no destination \`${ask.to}\``);
    if (!this.#devices.has(ask.on)) throw new Error(`the play has no device \`${ask.on}\``);
    const without = new Set<Fact>([...silence, ...(ask.without ?? [])]);
    const unset = new Set<Fact>(ask.unset);
    const says = (fact: Fact) => !without.has(fact) && !unset.has(fact);
    const time = (fact: Fact, at: UnixMs | undefined): Timestamp | undefined => {
      if (unset.has(fact)) return timestampFromMs(0);
      return without.has(fact) || at === undefined ? undefined : timestampFromMs(at);
    };
    const addedAt = time('destination_added', place.addedAt);
    const firstUsedAt = time('destination_used', place.firstUsedAt);
    const deviceFirstSeenAt = time('device_first_seen', this.#devices.get(ask.on));
    const openedAt = time('account_opened', this.#openedAt);
    const lastGoodWithdrawalAt = time('last_good_withdrawal', this.#lastGoodAt);
    const value = cents / 100;
    return {
      accountId: this.accountId,
      ...(says('email') && this.email !== undefined ? { email: this.email } : {}),
      asset: 'BTC',
      amount: ask.amount ?? (value / (ask.price ?? USUAL_PRICE)).toFixed(COIN_DECIMALS),
      ...(unset.has('reference_value') ? { referenceValue: 0 } : {}),
      ...(says('reference_value') ? { referenceValue: ask.states_value ?? value } : {}),
      ...(unset.has('balance_share') ? { balanceShare: 0 } : {}),
      ...(says('balance_share') ? { balanceShare: Math.min(1, cents / Math.max(1, this.balance)) } : {}),
      destination: {
        address: bitcoinAddress(ask.to),
        network: says('network') ? 'bitcoin' : '',
        ...(addedAt === undefined ? {} : { addedAt }),
        ...(firstUsedAt === undefined ? {} : { firstUsedAt }),
        ...(place.allowlisted === undefined ? {} : { allowlisted: place.allowlisted }),
        ...(place.ownershipVerified === undefined ? {} : { ownershipVerified: place.ownershipVerified }),
      },
      session: {
        ...(says('device') ? { deviceId: ask.on } : {}),
        ...(deviceFirstSeenAt === undefined ? {} : { deviceFirstSeenAt }),
        factors: says('factors') ? this.#factors(time) : [],
      },
      account: {
        ...(openedAt === undefined ? {} : { openedAt }),
        ...(lastGoodWithdrawalAt === undefined ? {} : { lastGoodWithdrawalAt }),
      },
      signals: (ask.signals ?? []).map((signal, index) => ({
        ...this.signal(signal, now, `inline-${now}-${index}`),
        accountId: '',
      })),
    };
  }

  #factors(time: (fact: Fact, at: UnixMs | undefined) => Timestamp | undefined) {
    return this.factors.map(({ name, channel, enrolledAt, verifiedAt }) => {
      const enrolled = time('enrolled', enrolledAt);
      return {
        channel: CHANNEL_NUMBERS[channel],
        factorId: name,
        ...(enrolled === undefined ? {} : { enrolledAt: enrolled }),
        ...(verifiedAt === undefined ? {} : { verifiedAt: timestampFromMs(verifiedAt) }),
      };
    });
  }
}
