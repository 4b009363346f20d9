import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../../src/decision/index.js';
import type { AssessmentInput } from '../../../src/decision/input.js';
import type { Decision } from '../../../src/decision/vocabulary.js';
import { EvidenceView } from '../../../src/evidence/index.js';
import { Governor, type GovernorScopeName } from '../../../src/feed/governor/governor.js';
import { DEFAULT_LIMITS } from '../../../src/feed/governor/limits.js';
import type { ProviderRegistry } from '../../../src/feed/registry.js';
import { wordEffects } from '../../../src/server/risk/word-effects.js';
import { MemoryStateStore } from '../../../src/store/memory-state-store.js';
import {
  DAY,
  event,
  HOUR,
  inputOf,
  NOW,
  policyOf,
  requestOf,
  rule,
  viewOf,
} from '../../decision/fixtures.js';
import { registeredProvider } from '../fixtures.js';

const TENANT = 'default';
const MAX_ACCOUNTS = 3;
const WINDOW = 24 * HOUR;
const KEPT = 7 * DAY;
const POLICY = policyOf({ rules: [rule('NAMED', 700, { kind: 'exposure' })] });
const WORD = { provider: 'att' };

const REGISTRY: ProviderRegistry = {
  providers: new Map([
    [
      'att',
      registeredProvider([], {
        id: 'att',
        limits: { ...DEFAULT_LIMITS, governor: { windowMs: WINDOW, maxAccounts: MAX_ACCOUNTS } },
      }),
    ],
  ]),
};

/** The part of the service that decides and records, without server and disk. */
class SmallService {
  readonly #view = new EvidenceView(new MemoryStateStore(), { cacheBytes: 10_000 });
  readonly told: string[] = [];
  readonly governor: Governor;
  #position = 0;
  now = NOW;

  constructor() {
    const tell = (what: string) => (provider: string, scope: GovernorScopeName) =>
      void this.told.push(`${what} ${provider} ${scope}`);
    this.governor = new Governor({
      registry: () => REGISTRY,
      table: this.#view.governors,
      observer: {
        governed: () => undefined,
        governorTripped: tell('tripped'),
        governorLifted: tell('lifted'),
      },
    });
  }

  get isTripped(): boolean {
    return this.governor.status(TENANT, WORD, this.now).standing.tripped;
  }

  /** An account whose mailbox the provider named asks for a withdrawal. */
  ask(account: string): Decision {
    const named = event('CREDENTIAL_COMPROMISE', DAY, { provider: 'att', occurredAt: this.now - DAY });
    const gathered = inputOf({
      now: this.now,
      request: requestOf({ accountId: account }),
      mailboxes: [viewOf([named])],
    });
    const caps = this.governor.capsFor(TENANT, gathered);
    const input: AssessmentInput = caps === undefined ? gathered : { ...gathered, caps };
    const verdict = decide(input, POLICY);
    const effects = wordEffects(input, POLICY, verdict);
    this.#apply({
      kind: 'assessment',
      requestDigest: '',
      input,
      response: new Uint8Array(),
      decision: verdict.decision,
      tier: verdict.tier,
      policyNumber: 1,
      policyHash: '',
      engineVersion: '',
      inlineSignals: [],
      degradedAllow: false,
      ...(effects === undefined ? {} : { wordEffects: effects }),
    });
    if (effects !== undefined) this.governor.answered(TENANT, effects);
    return verdict.decision;
  }

  lift(): void {
    this.#apply({ kind: 'governor-lift', ...WORD, actor: 'olga', reason: 'seen' });
    this.governor.lifted(TENANT, WORD);
  }

  #apply(body: Parameters<EvidenceView['applyBody']>[2]): void {
    this.#position += 1;
    this.#view.applyBody({ position: this.#position, id: 'id', receivedAt: this.now }, TENANT, body);
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.integer({ min: 0, max: 9 }).map((account) => ({ what: 'ask' as const, account })),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 60 }).map((hours) => ({ what: 'wait' as const, hours })),
  },
  { weight: 1, arbitrary: fc.constant({ what: 'lift' as const }) },
);

describe('a governor over time', () => {
  test('no word moves more accounts to HOLD in a window than it may, and none of those loses its hold', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const service = new SmallService();
        const held: { readonly account: string; readonly at: number }[] = [];
        let liftedAt = 0;
        for (const one of steps) {
          if (one.what === 'wait') service.now += one.hours * HOUR;
          else if (one.what === 'lift') {
            // A moment later, so that what was held just before is told from what comes after.
            service.now += 1;
            liftedAt = service.now;
            service.lift();
            service.now += 1;
          } else {
            const account = `account-${one.account}`;
            const wasHeld = held.some((hold) => hold.account === account && hold.at > service.now - KEPT);
            const decision = service.ask(account);
            if (wasHeld) expect(decision).toBe('HOLD');
            if (decision === 'HOLD') held.push({ account, at: service.now });
            else expect(service.isTripped).toBe(true);
            const since = Math.max(liftedAt, service.now - WINDOW);
            const inWindow = held.filter(({ at }) => at > since);
            const firstTimers = inWindow.filter(
              (hold) =>
                !held.some(
                  (other) => other.account === hold.account && other.at <= since && other.at > hold.at - KEPT,
                ),
            );
            expect(new Set(firstTimers.map((hold) => hold.account)).size).toBeLessThanOrEqual(MAX_ACCOUNTS);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('is told once when it trips, once when it is lifted, and again when it trips again', () => {
    const service = new SmallService();
    for (const account of ['a', 'b', 'c', 'd', 'e', 'd']) service.ask(account);
    expect(service.told).toEqual(['tripped att provider']);
    service.lift();
    for (const account of ['d', 'e', 'f', 'g', 'h']) service.ask(account);
    expect(service.told).toEqual(['tripped att provider', 'lifted att provider', 'tripped att provider']);
  });

  test('a provider that is not registered any more stays bound by the defaults', () => {
    const { governor } = new SmallService();
    const status = governor.status(TENANT, { provider: 'gone' }, NOW);
    expect(status.limit).toEqual(DEFAULT_LIMITS.governor);
  });
});
