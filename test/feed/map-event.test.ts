import { describe, expect, test } from 'vitest';
import type { VerifiedToken } from '../../src/feed/claims.js';
import { tokenIdOf } from '../../src/feed/claims.js';
import {
  CAEP,
  COHORT_COMPROMISE,
  RESECURED,
  RETRACTION,
  RISC,
  STREAM_UPDATED,
  VERIFICATION,
} from '../../src/feed/event-types.js';
import { cohortIdOf, type MappedToken, mapToken } from '../../src/feed/map-event.js';
import type { RegisteredProvider } from '../../src/feed/registry.js';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import { addressOf, NOW_MS, pairKey } from '../identity/fixtures.js';
import { ATT_PAIR_KEY, ISSUER, pseudonyms, registeredProvider } from './fixtures.js';

const names = pseudonyms();
const ISSUED_AT = NOW_MS - 1_000;
const HOUR_S = 3_600;
const ISSUED_S = ISSUED_AT / 1_000;

function verified(
  eventType: string,
  event: Record<string, unknown> = {},
  rest: Partial<VerifiedToken> = {},
): VerifiedToken {
  return {
    kind: 'verified',
    provider: 'att-feed',
    issuer: ISSUER,
    tokenId: tokenIdOf(ISSUER, 'token-1'),
    jti: 'token-1',
    issuedAt: ISSUED_AT,
    seq: 7,
    subject: { format: 'opaque', value: opaqueSubjectOf(ATT_PAIR_KEY, addressOf('victim@att.net')) },
    eventType,
    event,
    ...rest,
  };
}

function map(token: VerifiedToken, provider: Partial<RegisteredProvider> = {}): MappedToken {
  return mapToken(token, registeredProvider([], provider), { pseudonyms: names, now: NOW_MS });
}

/** The event of a mapping that has exactly one body, about a mailbox. */
function eventOf(mapped: MappedToken) {
  const content = mapped.kind === 'evidence' ? mapped.bodies[0]?.content : undefined;
  if (content?.kind !== 'event') throw new Error(`not an event: ${JSON.stringify(mapped)}`);
  return content.event;
}

describe('every event type', () => {
  test.each([
    [`${RISC}credential-compromise`, { credential_type: 'password' }, 'CREDENTIAL_COMPROMISE', true],
    [`${RISC}account-disabled`, { reason: 'hijacking' }, 'ACCOUNT_HIJACKED', true],
    [`${RISC}account-disabled`, { reason: 'bulk-account' }, 'ACCOUNT_DISABLED', false],
    [`${RISC}account-disabled`, {}, 'ACCOUNT_DISABLED', false],
    [`${RISC}account-credential-change-required`, {}, 'CREDENTIAL_CHANGE_REQUIRED', false],
    [`${RISC}recovery-activated`, {}, 'RECOVERY_ACTIVATED', false],
    [`${RISC}recovery-information-changed`, {}, 'RECOVERY_INFORMATION_CHANGED', false],
    [`${RISC}identifier-changed`, { 'new-value': 'x@att.net' }, 'IDENTIFIER_CHANGED', false],
    [`${RISC}identifier-recycled`, {}, 'IDENTIFIER_RECYCLED', false],
    [`${RISC}account-purged`, {}, 'ACCOUNT_PURGED', false],
    [`${RISC}account-enabled`, {}, 'ACCOUNT_ENABLED', false],
    [`${RISC}sessions-revoked`, {}, 'SESSION_REVOKED', false],
    [`${RISC}opt-out-initiated`, {}, 'OPT_OUT_INITIATED', false],
    [
      `${CAEP}credential-change`,
      { credential_type: 'mail-app-password', change_type: 'create' },
      'APP_PASSWORD_CREATED',
      false,
    ],
    [
      `${CAEP}credential-change`,
      { credential_type: 'secure-mail-key', change_type: 'create', reason_admin: { en: 'Unauthorized key' } },
      'APP_PASSWORD_CREATED',
      true,
    ],
    [
      `${CAEP}credential-change`,
      { credential_type: 'app-password', change_type: 'create', unauthorised: true },
      'APP_PASSWORD_CREATED',
      true,
    ],
    [
      `${CAEP}credential-change`,
      { credential_type: 'password', change_type: 'create' },
      'CREDENTIAL_CREATED',
      false,
    ],
    [
      `${CAEP}credential-change`,
      { credential_type: 'password', change_type: 'update' },
      'CREDENTIAL_UPDATED',
      false,
    ],
    [
      `${CAEP}credential-change`,
      { credential_type: 'app', change_type: 'delete' },
      'CREDENTIAL_DELETED',
      false,
    ],
    [
      `${CAEP}credential-change`,
      { credential_type: 'mail-app-password', change_type: 'revoke' },
      'APP_PASSWORDS_REVOKED',
      false,
    ],
    [
      `${CAEP}credential-change`,
      { credential_type: 'app', change_type: 'revoke' },
      'CREDENTIAL_DELETED',
      false,
    ],
    [`${CAEP}session-revoked`, {}, 'SESSION_REVOKED', false],
    [`${CAEP}session-established`, {}, 'SESSION_ESTABLISHED', false],
    [
      `${CAEP}assurance-level-change`,
      { namespace: 'x', current_level: '1', change_direction: 'decrease' },
      'ASSURANCE_DECREASED',
      false,
    ],
    [
      `${CAEP}device-compliance-change`,
      { previous_status: 'compliant', current_status: 'not-compliant' },
      'DEVICE_NOT_COMPLIANT',
      false,
    ],
    [`${CAEP}risk-level-change`, { principal: 'USER', current_level: 'HIGH' }, 'RISK_HIGH', false],
    [`${CAEP}risk-level-change`, { principal: 'USER', current_level: 'MEDIUM' }, 'RISK_MEDIUM', false],
    [RESECURED, {}, 'RESECURED', false],
  ])('%s %o is %s', (eventType, fields, type, unauthorised) => {
    expect(eventOf(map(verified(eventType, fields)))).toMatchObject({
      type,
      unauthorised,
      provider: 'att-feed',
    });
  });

  test.each([
    [`${CAEP}token-claims-change`, { claims: {} }],
    [`${CAEP}session-presented`, {}],
    [`${CAEP}risk-level-change`, { principal: 'USER', current_level: 'LOW' }],
    [`${CAEP}risk-level-change`, { principal: 'TENANT', current_level: 'HIGH' }],
    [`${CAEP}assurance-level-change`, { namespace: 'x', current_level: '2', change_direction: 'increase' }],
    [`${CAEP}device-compliance-change`, { previous_status: 'not-compliant', current_status: 'compliant' }],
    [`${RISC}opt-out-effective`, {}],
    ['urn:example:something-new', { any: 'thing' }],
  ])('%s %o is recorded without effect', (eventType, fields) => {
    const mapped = map(verified(eventType, fields));
    expect(mapped).toMatchObject({
      kind: 'evidence',
      bodies: [{ content: { kind: 'unknown-type', type: eventType } }],
    });
  });

  test.each([
    [`${RISC}credential-compromise`, {}],
    [`${RISC}account-disabled`, { reason: 7 }],
    [`${CAEP}credential-change`, { change_type: 'create' }],
    [`${CAEP}credential-change`, { credential_type: 'password', change_type: 'made' }],
    [`${CAEP}risk-level-change`, { current_level: 'EXTREME' }],
    [`${CAEP}device-compliance-change`, {}],
    [`${CAEP}assurance-level-change`, {}],
    [`${RISC}recovery-activated`, { event_timestamp: 'yesterday' }],
    [`${RISC}recovery-activated`, { event_timestamp: ISSUED_AT }],
    [`${RISC}recovery-activated`, { event_timestamp: ISSUED_S + HOUR_S }],
    [`${RISC}recovery-activated`, { confidence: 1.1 }],
  ])('%s %o is refused: EVENT_INVALID', (eventType, fields) => {
    expect(map(verified(eventType, fields))).toMatchObject({ kind: 'refused', reason: 'EVENT_INVALID' });
  });

  test('heartbeats and announced pauses are no evidence', () => {
    expect(map(verified(VERIFICATION, { state: 'x' }))).toEqual({ kind: 'heartbeat' });
    expect(map(verified(STREAM_UPDATED, { status: 'paused' }))).toEqual({
      kind: 'stream-status',
      isEnabled: false,
    });
    expect(map(verified(STREAM_UPDATED, { status: 'enabled' }))).toEqual({
      kind: 'stream-status',
      isEnabled: true,
    });
  });
});

describe('times', () => {
  test('the event’s own time comes first, then toe, then iat', () => {
    const fields = { event_timestamp: ISSUED_S - 2 * HOUR_S };
    const toe = { eventAt: ISSUED_AT - HOUR_S * 1_000 };
    expect(eventOf(map(verified(`${CAEP}session-revoked`, fields, toe)))).toMatchObject({
      occurredAt: ISSUED_AT - 2 * HOUR_S * 1_000,
      timeIs: 'OCCURRED',
    });
    expect(eventOf(map(verified(`${CAEP}session-revoked`, {}, toe))).occurredAt).toBe(toe.eventAt);
    expect(eventOf(map(verified(`${CAEP}session-revoked`)))).toMatchObject({
      occurredAt: ISSUED_AT,
      timeIs: 'DISCOVERED',
    });
  });

  test('a compromise is dated by its discovery, a key made by its creation', () => {
    const at = { event_timestamp: ISSUED_S - HOUR_S };
    const found = { ...at, credential_type: 'password' };
    const made = { ...at, credential_type: 'mail-app-password', change_type: 'create', unauthorised: true };
    expect(eventOf(map(verified(`${RISC}credential-compromise`, found))).timeIs).toBe('DISCOVERED');
    expect(eventOf(map(verified(`${RISC}account-disabled`, { ...at, reason: 'hijacking' }))).timeIs).toBe(
      'DISCOVERED',
    );
    expect(eventOf(map(verified(`${CAEP}credential-change`, made))).timeIs).toBe('OCCURRED');
  });

  test.each([0, -1, -62_135_596_800, 1_230_940_799])(
    'a time of before 2009 is one that was left unset, and the event counts all the same: %d',
    (unset) => {
      const found = { credential_type: 'password', event_timestamp: unset };
      expect(eventOf(map(verified(`${RISC}credential-compromise`, found)))).toMatchObject({
        occurredAt: ISSUED_AT,
        timeIs: 'DISCOVERED',
      });
      const toe = { eventAt: ISSUED_AT - HOUR_S * 1_000 };
      const changed = verified(`${CAEP}session-revoked`, { event_timestamp: unset }, toe);
      expect(eventOf(map(changed))).toMatchObject({ occurredAt: toe.eventAt, timeIs: 'OCCURRED' });
    },
  );

  test('a confidence of 0 is one that was left unset', () => {
    expect(eventOf(map(verified(`${CAEP}session-revoked`, { confidence: 0 }))).confidence).toBe(1);
  });

  test('nothing happened after it was issued', () => {
    const token = verified(`${CAEP}session-revoked`, { event_timestamp: ISSUED_S + 30 });
    expect(eventOf(map(token)).occurredAt).toBe(ISSUED_AT);
  });
});

describe('authority', () => {
  const event = { credential_type: 'password' };
  const about = (email: string): VerifiedToken =>
    verified(`${RISC}credential-compromise`, event, { subject: { format: 'email', value: email } });

  test('a clear address of the provider’s operator is found under every alias that names it', () => {
    const mapped = map(about('Victim@ATT.net'));
    const aliases =
      mapped.kind === 'evidence'
        ? mapped.bodies.map(({ content }) => content.kind === 'event' && content.alias)
        : [];
    expect(aliases).toEqual(names.eventAliases(addressOf('victim@att.net')));
    expect(JSON.stringify(mapped)).not.toContain('victim');
  });

  test('the alias of a pseudonym is the one that an account’s mailbox has', () => {
    const mapped = map(verified(`${RISC}credential-compromise`, event));
    const link = names.mailbox(addressOf('victim@att.net'), NOW_MS);
    expect(mapped).toMatchObject({ kind: 'evidence', bodies: [{ content: { kind: 'event' } }] });
    const alias =
      mapped.kind === 'evidence' &&
      mapped.bodies[0]?.content.kind === 'event' &&
      mapped.bodies[0].content.alias;
    expect(link.aliases).toContainEqual({ alias, form: 'pair' });
  });

  test.each([
    ['somebody@gmail.com', 'NOT_AUTHORISED'],
    ['somebody@att.net.example.org', 'NOT_AUTHORISED'],
    ['somebody@acme.example', 'NOT_AUTHORISED'],
    ['no address', 'SUBJECT_ID_INVALID'],
  ])('%s: %s', (email, reason) => {
    expect(map(about(email))).toMatchObject({ kind: 'refused', reason });
  });

  test('formats that the provider is not allowed', () => {
    expect(map(about('victim@att.net'), { subjects: ['opaque'] })).toMatchObject({
      reason: 'SUBJECT_FORMAT_REFUSED',
    });
    const phone = verified(`${RISC}account-purged`, {}, { subject: { format: 'phone_number', value: '' } });
    expect(map(phone)).toMatchObject({ reason: 'SUBJECT_FORMAT_REFUSED' });
  });

  test('pseudonyms under no pair key of its own, and bare hashes', () => {
    const under = (value: string): MappedToken =>
      map(verified(`${RISC}account-purged`, {}, { subject: { format: 'opaque', value } }));
    const stranger = pairKey('p2', 6);
    expect(under(opaqueSubjectOf(stranger, addressOf('victim@att.net')))).toMatchObject({
      reason: 'PAIR_KEY_UNKNOWN',
    });
    expect(under('a'.repeat(64))).toMatchObject({ reason: 'SUBJECT_ID_INVALID' });
  });

  test('confidence is capped by the registry', () => {
    const said = verified(`${RISC}credential-compromise`, { ...event, confidence: 0.9 });
    expect(eventOf(map(said)).confidence).toBe(0.9);
    expect(eventOf(map(said, { maxConfidence: 0.5 })).confidence).toBe(0.5);
    expect(eventOf(map(verified(`${RISC}account-purged`), { maxConfidence: 0.5 })).confidence).toBe(0.5);
  });
});

describe('cohorts', () => {
  const fields = {
    domains: ['SBCGLOBAL.net', 'att.net', 'att.net'],
    mechanism: 'secure mail keys',
    from: 1_660_000_000,
    confidence: 0.9,
  };
  const cohort = (changes: Record<string, unknown> = {}): VerifiedToken =>
    verified(
      COHORT_COMPROMISE,
      { ...fields, ...changes },
      { subject: { format: 'opaque', value: 'incident-1' } },
    );

  test('are known by the provider’s own name, sorted, capped', () => {
    expect(map(cohort({ to: 1_670_000_000, share: 0.01 }), { maxConfidence: 0.8 })).toMatchObject({
      kind: 'evidence',
      bodies: [
        {
          seq: 7,
          content: {
            kind: 'cohort',
            cohort: {
              id: cohortIdOf('att-feed', 'incident-1'),
              domains: ['att.net', 'sbcglobal.net'],
              from: 1_660_000_000_000,
              to: 1_670_000_000_000,
              share: 0.01,
              confidence: 0.8,
              retracted: false,
            },
          },
        },
      ],
    });
  });

  test.each([
    [{ domains: ['gmail.com'] }, 'NOT_AUTHORISED'],
    [{ domains: ['att.net', 'gmail.com'] }, 'NOT_AUTHORISED'],
    [{ domains: [] }, 'EVENT_INVALID'],
    [{ domains: 'att.net' }, 'EVENT_INVALID'],
    [{ domains: ['not a domain'] }, 'EVENT_INVALID'],
    [{ mechanism: '' }, 'EVENT_INVALID'],
    [{ from: undefined }, 'EVENT_INVALID'],
    [{ from: 0 }, 'EVENT_INVALID'],
    [{ to: 1_650_000_000 }, 'EVENT_INVALID'],
    [{ share: 2 }, 'EVENT_INVALID'],
    [{ confidence: undefined }, 'EVENT_INVALID'],
    [{ confidence: 0 }, 'EVENT_INVALID'],
  ])('%o: %s', (changes, reason) => {
    expect(map(cohort(changes))).toMatchObject({ kind: 'refused', reason });
  });

  test('go on, and are of an unknown share, where both were left unset', () => {
    expect(map(cohort({ to: 0, share: 0 }))).toEqual(map(cohort()));
  });

  test('only where the registry allows them, and only under an own name', () => {
    expect(map(cohort(), { cohorts: 'none' })).toMatchObject({ reason: 'NOT_AUTHORISED' });
    const named = { ...cohort(), subject: { format: 'email', value: 'a@att.net' } };
    expect(map(named)).toMatchObject({ reason: 'SUBJECT_ID_INVALID' });
  });
});

test('a retraction names a token of its own issuer', () => {
  const retract = (event: Record<string, unknown>): MappedToken =>
    map(verified(RETRACTION, event, { subject: { format: 'opaque', value: 'r1' } }));
  expect(retract({ jti: 'token-1' })).toMatchObject({
    kind: 'evidence',
    bodies: [
      {
        content: {
          kind: 'retraction',
          retraction: { provider: 'att-feed', id: tokenIdOf(ISSUER, 'token-1'), receivedAt: NOW_MS },
        },
      },
    ],
  });
  expect(tokenIdOf('https://other.example', 'token-1')).not.toBe(tokenIdOf(ISSUER, 'token-1'));
  expect(retract({})).toMatchObject({ reason: 'EVENT_INVALID' });
});
