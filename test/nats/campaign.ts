import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { ProviderEventType } from '../../src/decision/vocabulary.js';
import { tokenIdOf } from '../../src/feed/claims.js';
import { CAEP, RESECURED, RETRACTION, RISC, VERIFICATION } from '../../src/feed/event-types.js';
import type { SigningKey } from '../../src/feed/provider/sign-token.js';
import type { RefusalReason } from '../../src/feed/refusal.js';
import type { HmacKey } from '../../src/identity/keyring.js';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import { addressOf } from '../identity/fixtures.js';

/** What a message is, as only its maker can know. */
export type Made =
  | {
      readonly kind: 'event';
      /** `sub_id` of the mailbox. */
      readonly subject: string;
      readonly type: ProviderEventType;
      readonly at: number;
    }
  | { readonly kind: 'retraction'; readonly of: string }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'without-effect' }
  | { readonly kind: 'bad'; readonly reason: RefusalReason };

export interface CampaignMessage {
  readonly made: Made;
  readonly jti: string;
  readonly tokenId: string;
  /** The provider's number; bad messages have none. */
  readonly seq?: number;
  readonly text: string;
}

/** Few enough that each gets more events of a type than are kept. */
const MAILBOXES = 1_500;

/** An event type that a test makes our own code throw on. */
export const POISON = 'urn:example:poison';

/** Shares of kinds of messages; the rest is bad. */
const SHARES = { event: 0.72, retraction: 0.08, heartbeat: 0.04, withoutEffect: 0.03 } as const;

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
export function randomSource(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Content {
  readonly eventType: string;
  readonly event: object;
  readonly claims?: object;
  readonly issuedAt?: number;
}

type Sign = (claims: object, key: SigningKey) => string;

/** What one provider has to say: messages of every kind, numbered in the order in which they are made. */
export class CampaignSource {
  readonly #issuer: string;
  readonly #random: () => number;
  readonly #nowS: number;
  /** Under this key from now on. */
  signing: SigningKey;
  /** Mailboxes are named under this key from now on. */
  pairKey: HmacKey;
  /** Whether bad messages are among them from now on. */
  mayBeBad = true;
  /** The last number given. */
  lastSeq = 0;
  #madeCount = 0;
  readonly #eventJtis: string[] = [];
  readonly #subjects = new Map<string, string>();

  constructor(issuer: string, signing: SigningKey, pairKey: HmacKey, random: () => number, now: number) {
    this.#issuer = issuer;
    this.signing = signing;
    this.pairKey = pairKey;
    this.#random = random;
    this.#nowS = Math.floor(now / 1_000);
  }

  next(): CampaignMessage {
    const roll = this.#random();
    const { event, retraction, heartbeat, withoutEffect } = SHARES;
    if (roll < event || (roll < event + retraction && this.#eventJtis.length === 0)) return this.#event();
    if (roll < event + retraction) return this.#retraction();
    if (roll < event + retraction + heartbeat) return this.heartbeat(this.#nowS - this.#below(80_000));
    if (roll < event + retraction + heartbeat + withoutEffect || !this.mayBeBad) {
      return this.#numbered({ kind: 'without-effect' }, { eventType: 'urn:example:new', event: {} });
    }
    return this.#bad();
  }

  /** @param issuedAtS epoch seconds */
  heartbeat(issuedAtS: number): CampaignMessage {
    return this.#numbered({ kind: 'heartbeat' }, { eventType: VERIFICATION, event: {}, issuedAt: issuedAtS });
  }

  #event(): CampaignMessage {
    const [eventType, fields, type] = EVENTS[this.#below(EVENTS.length)] ?? ['', {}, 'RESECURED'];
    const at = this.#nowS - 80_000 - this.#below(1_000_000);
    const subject = this.#subject(this.#below(MAILBOXES));
    const message = this.#numbered(
      { kind: 'event', subject, type, at: at * 1_000 },
      {
        eventType,
        event: { ...fields, event_timestamp: at },
        claims: { sub_id: { format: 'opaque', id: subject } },
      },
    );
    this.#eventJtis.push(message.jti);
    return message;
  }

  #retraction(): CampaignMessage {
    const jti = this.#eventJtis[this.#below(this.#eventJtis.length)] ?? '';
    const made: Made = { kind: 'retraction', of: tokenIdOf(this.#issuer, jti) };
    return this.#numbered(made, { eventType: RETRACTION, event: { jti } });
  }

  #subject(box: number): string {
    const name = `${this.pairKey.id} ${box}`;
    const known = this.#subjects.get(name);
    if (known !== undefined) return known;
    const subject = opaqueSubjectOf(this.pairKey, addressOf(`box${box}@att.net`));
    this.#subjects.set(name, subject);
    return subject;
  }

  #numbered(made: Made, content: Content): CampaignMessage {
    const seq = ++this.lastSeq;
    return { ...this.#message(made, { ...content, claims: { ...content.claims, seq } }), seq };
  }

  #message(
    made: Made,
    { eventType, event, claims, issuedAt }: Content,
    signer: Sign = signed,
  ): CampaignMessage {
    const jti = `c${++this.#madeCount}`;
    const text = signer(
      {
        iss: this.#issuer,
        aud: 'urn:holdfast',
        jti,
        iat: issuedAt ?? this.#nowS - this.#below(80_000),
        events: { [eventType]: event },
        sub_id: { format: 'opaque', id: 'own' },
        ...claims,
      },
      this.signing,
    );
    return { made, jti, tokenId: tokenIdOf(this.#issuer, jti), text };
  }

  #bad(): CampaignMessage {
    const bad = (reason: RefusalReason, claims: object = {}, signer: Sign = signed): CampaignMessage =>
      this.#message(
        { kind: 'bad', reason },
        { eventType: `${RISC}account-purged`, event: {}, claims },
        signer,
      );
    switch (this.#below(10)) {
      case 0:
        return bad('SIGNATURE_INVALID', {}, (...args) =>
          signed(...args).replace(/\.[^.]{6}([^.]*)$/, '.AAAAAA$1'),
        );
      case 1:
        return bad('AUDIENCE_MISMATCH', { aud: 'urn:else' });
      case 2:
        return bad('ISSUED_IN_FUTURE', { iat: 9_999_999_999 });
      case 3:
        return bad('KEY_UNKNOWN', {}, (claims, key) => signed(claims, { ...key, kid: 'stranger' }));
      case 4:
        return bad('MALFORMED', {}, () => `garbage ${this.#madeCount}`);
      case 5:
        return bad('TOO_LARGE', { padding: 'x'.repeat(8_000) });
      case 6:
        return bad('NOT_AUTHORISED', { sub_id: { format: 'email', email: 'somebody@gmail.com' } });
      case 7:
        return bad('EVENTS_INVALID', { events: { 'urn:a': {}, 'urn:b': {} } });
      case 8:
        return bad('NESTED_TOO_DEEP', { deep: JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`) });
      default:
        return this.#message({ kind: 'bad', reason: 'HANDLER_FAILED' }, { eventType: POISON, event: {} });
    }
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

const privateKeys = new Map<string, KeyObject>();

const signed: Sign = (claims, { jwk, kid }) => {
  const name = JSON.stringify(jwk);
  const key = privateKeys.get(name) ?? createPrivateKey({ key: { ...jwk }, format: 'jwk' });
  privateKeys.set(name, key);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg: 'EdDSA', typ: 'secevent+jwt', kid })}.${part(claims)}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
};
