import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { ProviderEventType } from '../../src/decision/vocabulary.js';
import { tokenIdOf } from '../../src/feed/claims.js';
import { CAEP, RESECURED, RETRACTION, RISC, VERIFICATION } from '../../src/feed/event-types.js';
import type { RefusalReason } from '../../src/feed/refusal.js';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import { ATT_PAIR_KEY } from '../feed/fixtures.js';
import { addressOf } from '../identity/fixtures.js';
import { PROVIDER, type TestProviderKeys } from './feed-world.js';

/** A published message and what is known of it, as only its maker can know. */
export type Made =
  | {
      readonly kind: 'event';
      readonly mailbox: string;
      readonly type: ProviderEventType;
      readonly at: number;
    }
  | { readonly kind: 'retraction'; readonly of: string }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'without-effect' }
  | { readonly kind: 'bad'; readonly reason: RefusalReason };

export interface CampaignMessage {
  readonly made: Made;
  readonly tokenId: string;
  readonly subject: string;
  readonly bytes: Uint8Array;
}

const MAILBOXES = 1_500;
const SUBJECT = `holdfast.feed.${PROVIDER}`;

/** An event type that the test makes our own code throw on. */
export const POISON = 'urn:example:poison';

const EVENTS: readonly (readonly [string, Record<string, unknown>, ProviderEventType])[] = [
  [`${RISC}credential-compromise`, { credential_type: 'password' }, 'CREDENTIAL_COMPROMISE'],
  [`${RISC}recovery-activated`, {}, 'RECOVERY_ACTIVATED'],
  [
    `${CAEP}credential-change`,
    { credential_type: 'mail-app-password', change_type: 'create' },
    'APP_PASSWORD_CREATED',
  ],
  [`${CAEP}session-revoked`, {}, 'SESSION_REVOKED'],
  [RESECURED, {}, 'RESECURED'],
];

/** A seeded generator (mulberry32), so that a failure can be repeated. */
function randomSource(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Messages of every kind in a random order, with repetitions anywhere. */
export function makeCampaign(
  count: number,
  keys: TestProviderKeys,
  now: number,
  seed: number,
): CampaignMessage[] {
  const random = randomSource(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const privateKey = createPrivateKey({ key: { ...keys.signing.jwk }, format: 'jwk' });
  const subjects = Array.from({ length: MAILBOXES }, (_, n) =>
    opaqueSubjectOf(ATT_PAIR_KEY, addressOf(`box${n}@att.net`)),
  );
  const messages: CampaignMessage[] = [];
  const jtis: string[] = [];
  const nowS = Math.floor(now / 1_000);

  const add = (
    made: Made,
    eventType: string,
    event: object,
    changes: object = {},
    signer: Signer = signed,
  ): void => {
    const jti = `c${messages.length}`;
    const iat = nowS - below(80_000);
    const claims = {
      iss: keys.issuer,
      aud: 'urn:holdfast',
      jti,
      iat,
      events: { [eventType]: event },
      sub_id: OWN_ID,
      ...changes,
    };
    const bytes = Buffer.from(signer(claims, keys.signing.kid, privateKey));
    messages.push({ made, tokenId: tokenIdOf(keys.issuer, jti), subject: SUBJECT, bytes });
    if (made.kind === 'event') jtis.push(jti);
  };

  while (messages.length < count) {
    const roll = random();
    if (roll < 0.45) {
      const box = below(MAILBOXES);
      const [eventType, fields, type] = EVENTS[below(EVENTS.length)] ?? EVENTS[0] ?? ['', {}, 'RESECURED'];
      const at = nowS - 80_000 - below(1_000_000);
      const made = { kind: 'event', mailbox: `box${box}@att.net`, type, at: at * 1_000 } as const;
      add(
        made,
        eventType,
        { ...fields, event_timestamp: at },
        { sub_id: { format: 'opaque', id: subjects[box] } },
      );
    } else if (roll < 0.5 && jtis.length > 0) {
      const jti = jtis[below(jtis.length)] ?? '';
      add({ kind: 'retraction', of: tokenIdOf(keys.issuer, jti) }, RETRACTION, { jti });
    } else if (roll < 0.53) add({ kind: 'heartbeat' }, VERIFICATION, {});
    else if (roll < 0.55) add({ kind: 'without-effect' }, 'urn:example:new', {});
    else if (roll < 0.75 && messages.length > 0) {
      const again = messages[below(messages.length)];
      if (again !== undefined) messages.push(again);
    } else addBad(below(10), add);
  }
  for (let n = messages.length - 1; n > 0; n--) {
    const other = below(n + 1);
    const [a, b] = [messages[n], messages[other]];
    if (a !== undefined && b !== undefined) [messages[n], messages[other]] = [b, a];
  }
  return messages.slice(0, count);
}

const OWN_ID = { format: 'opaque', id: 'own' };

type Signer = (claims: object, kid: string, key: KeyObject) => string;

const signed: Signer = (claims, kid, key) => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg: 'EdDSA', typ: 'secevent+jwt', kid })}.${part(claims)}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
};

type Add = (made: Made, eventType: string, event: object, changes?: object, signer?: Signer) => void;

function addBad(which: number, add: Add): void {
  const bad = (reason: RefusalReason, changes: object = {}, signer: Signer = signed): void =>
    add({ kind: 'bad', reason }, `${RISC}account-purged`, {}, changes, signer);
  switch (which) {
    case 0:
      bad('SIGNATURE_INVALID', {}, (...args) => signed(...args).replace(/\.[^.]{6}([^.]*)$/, '.AAAAAA$1'));
      break;
    case 1:
      bad('AUDIENCE_MISMATCH', { aud: 'urn:else' });
      break;
    case 2:
      bad('ISSUED_IN_FUTURE', { iat: 9_999_999_999 });
      break;
    case 3:
      bad('KEY_UNKNOWN', {}, (claims, _, key) => signed(claims, 'stranger', key));
      break;
    case 4:
      bad('MALFORMED', {}, () => `garbage ${Math.E}`);
      break;
    case 5:
      bad('TOO_LARGE', { padding: 'x'.repeat(8_000) });
      break;
    case 6:
      bad('NOT_AUTHORISED', { sub_id: { format: 'email', email: 'somebody@gmail.com' } });
      break;
    case 7:
      bad('EVENTS_INVALID', { events: { 'urn:a': {}, 'urn:b': {} } });
      break;
    case 8:
      bad('NESTED_TOO_DEEP', { deep: JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`) });
      break;
    default:
      add({ kind: 'bad', reason: 'HANDLER_FAILED' }, POISON, {});
  }
}
