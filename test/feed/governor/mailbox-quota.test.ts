import { beforeAll, describe, expect, test } from 'vitest';
import type { AssessmentInput } from '../../../src/decision/input.js';
import { EMPTY_LEDGER, EvidenceView } from '../../../src/evidence/index.js';
import { FeedTable } from '../../../src/feed/feed-table.js';
import { DEFAULT_LIMITS } from '../../../src/feed/governor/limits.js';
import type { ProviderRegistry } from '../../../src/feed/registry.js';
import { missingCount } from '../../../src/feed/sequence.js';
import { TokenApplier, type TokenOutcome } from '../../../src/feed/token-applier.js';
import { DirectVerifier } from '../../../src/feed/verifier.js';
import { verifierSettings } from '../../../src/feed/verify.js';
import { opaqueSubjectOf } from '../../../src/identity/opaque-subject.js';
import { Journal } from '../../../src/journal/journal.js';
import { MemoryLogStore } from '../../../src/store/memory-log-store.js';
import { MemoryStateStore } from '../../../src/store/memory-state-store.js';
import { addressOf, NOW_MS } from '../../identity/fixtures.js';
import {
  ATT_PAIR_KEY,
  AUDIENCE,
  type ProviderFixture,
  providerFixture,
  pseudonyms,
  token,
} from '../fixtures.js';

const DAY = 86_400_000;
const clock = { nowMs: () => NOW_MS };
let fixture: ProviderFixture;
beforeAll(async () => {
  fixture = await providerFixture();
});

function setUp(quota: number, state = new MemoryStateStore()) {
  const { provider } = fixture;
  const withQuota = (mailboxQuota: number): ProviderRegistry => ({
    providers: new Map([[provider.id, { ...provider, limits: { ...DEFAULT_LIMITS, mailboxQuota } }]]),
  });
  let registry = withQuota(quota);
  const view = new EvidenceView(state, { cacheBytes: 100_000 });
  const names = pseudonyms();
  const table = new FeedTable(view, names, registry, NOW_MS);
  const journal = new Journal({ store: new MemoryLogStore(), clock });
  const applier = new TokenApplier({
    journal,
    evidence: view,
    table,
    pseudonyms: names,
    registry: () => registry,
  });
  const verifier = new DirectVerifier(verifierSettings(registry, AUDIENCE));
  let sent = 0;

  /** A message of the provider about a mailbox comes, `again` with the number of an earlier one. */
  async function say(mailbox: string, again?: number): Promise<TokenOutcome> {
    if (again === undefined) sent += 1;
    const seq = again ?? sent;
    const bytes = await token(fixture.signing.EdDSA, {
      jti: `jti-${seq}`,
      seq,
      subject: { format: 'opaque', id: opaqueSubjectOf(ATT_PAIR_KEY, addressOf(`${mailbox}@att.net`)) },
    });
    const [checked] = await verifier.verifyBatch([{ subject: 'holdfast.feed.att-feed', bytes }], NOW_MS);
    if (checked === undefined) throw new Error('the verifier gave no result');
    const outcome = applier.read(checked, NOW_MS);
    if (outcome.kind !== 'evidence') return outcome;
    for (const body of outcome.bodies) applier.record(body);
    applier.noteRecorded(outcome.token, NOW_MS);
    return outcome;
  }

  /** An account that uses the mailbox is assessed, as far as the quota is concerned. */
  function assess(mailbox: string): void {
    const link = names.mailbox(addressOf(`${mailbox}@att.net`), NOW_MS);
    const input: AssessmentInput = {
      now: NOW_MS,
      request: {
        withdrawalId: 'w',
        withdrawal: 'w',
        accountId: 'a',
        asset: 'BTC',
        amount: '1',
        destination: { id: 'd', suffix: '', network: 'bitcoin' },
      },
      account: { signals: [], loginFailures: [], mailboxes: [link] },
      ledger: EMPTY_LEDGER,
      mailboxes: [view.mailboxView(link, NOW_MS)],
      cohorts: [],
      feeds: [],
      behind: false,
    };
    const body = {
      kind: 'assessment',
      requestDigest: '',
      input,
      response: new Uint8Array(),
      decision: 'ALLOW',
      tier: '',
      policyNumber: 1,
      policyHash: '',
      engineVersion: '',
      inlineSignals: [],
      mailbox: link,
      degradedAllow: false,
    } as const;
    const { stamp } = journal.append({ kind: body.kind, tenant: 'default', payload: () => new Uint8Array() });
    view.applyBody(stamp, 'default', body);
  }

  const count = (): number => view.unnamed.count(provider.id);
  const raise = (to: number): void => {
    registry = withQuota(to);
  };
  return { say, assess, count, raise, view, record: () => table.record(provider.id), state };
}

describe('the quota of mailboxes that no account is known to use', () => {
  test('refuses further ones, with its reason; their numbers count as seen', async () => {
    const { say, count, record } = setUp(2);
    expect([(await say('a')).kind, (await say('b')).kind]).toEqual(['evidence', 'evidence']);
    expect(await say('c')).toMatchObject({ kind: 'refused', reason: 'MAILBOX_QUOTA' });
    expect(await say('d')).toMatchObject({ kind: 'refused', reason: 'MAILBOX_QUOTA' });
    expect(count()).toBe(2);
    expect(record().sequence?.last).toBe(4);
    expect(missingCount(record().sequence)).toBe(0);
  });

  test('never stands in the way of what is said of a mailbox again', async () => {
    const { say, count } = setUp(1);
    await say('a');
    expect((await say('a')).kind).toBe('evidence');
    expect(count()).toBe(1);
  });

  test('is given back when an account that uses the mailbox is assessed', async () => {
    const { say, assess, count } = setUp(1);
    await say('a');
    assess('a');
    expect(count()).toBe(0);
    expect((await say('b')).kind).toBe('evidence');
    // What was named once does not count again.
    expect((await say('a')).kind).toBe('evidence');
    expect(count()).toBe(1);
  });

  test('what was refused counts when it is tried again after the quota was raised', async () => {
    const { say, raise, count } = setUp(1);
    await say('a');
    expect((await say('b')).kind).toBe('refused');
    raise(2);
    expect((await say('b', 2)).kind).toBe('evidence');
    expect(count()).toBe(2);
  });

  test('is counted from the state after a restart, and forgotten with the events', async () => {
    const first = setUp(10);
    await first.say('a');
    await first.say('b');
    await first.state.commit(first.view.takeChanges(), first.view.appliedThrough);
    const again = setUp(10, first.state);
    expect(again.count()).toBe(2);
    for (let turn = 0; turn < 20; turn += 1) again.view.sweep(NOW_MS + 399 * DAY, 100);
    expect(again.count()).toBe(2);
    for (let turn = 0; turn < 20; turn += 1) again.view.sweep(NOW_MS + 401 * DAY, 100);
    expect(again.count()).toBe(0);
  });
});
