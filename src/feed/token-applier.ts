import type { UnixMs } from '../decision/vocabulary.js';
import type { Pseudonyms } from '../identity/pseudonyms.js';
import type { ProviderEventBody } from '../store/codec/entries.js';
import { encodeProviderEvent } from '../store/codec/provider-entry-codec.js';
import type { VerifiedToken } from './claims.js';
import {
  countAccepted,
  type FeedRecord,
  markPaused,
  markVoid,
  observeRefused,
  observeToken,
} from './feed-record.js';
import type { FeedTable } from './feed-table.js';
import { refuseBeyondQuota } from './governor/mailbox-quota.js';
import { mapToken } from './map-event.js';
import type { FeedEvidence, FeedJournal } from './ports.js';
import { isFinal, type Refusal, refuse, type TokenOrigin } from './refusal.js';
import { limitsOf, type ProviderRegistry } from './registry.js';
import type { Verification } from './verify.js';

/** Kind of entries in the log. */
const ENTRY_KIND = 'provider-event';

/** Provider evidence is shared by all tenants. */
const NO_TENANT = '';

/** What became of a verified token. */
export type TokenOutcome =
  /** Nothing to record: it only told of the feed itself. */
  | { readonly kind: 'heartbeat' }
  /** Its effect is there already. */
  | { readonly kind: 'duplicate' }
  /** To be recorded, body by body, with {@link TokenApplier.record}; then {@link TokenApplier.noteRecorded}. */
  | {
      readonly kind: 'evidence';
      readonly bodies: readonly ProviderEventBody[];
      readonly token: VerifiedToken;
    }
  | Refusal;

export interface TokenApplierOptions {
  readonly journal: FeedJournal;
  readonly evidence: FeedEvidence;
  readonly table: FeedTable;
  readonly pseudonyms: Pseudonyms;
  readonly registry: () => ProviderRegistry;
  readonly signed?: TimeSigned;
}

/** A provider signed this `iat`. @param isAhead it lies ahead of our clock, and the token was refused for it */
export type TimeSigned = (provider: string, issuedAt: UnixMs, isAhead: boolean) => void;

/** Takes verified tokens into feed records, log and evidence. */
export class TokenApplier {
  readonly #options: TokenApplierOptions;

  constructor(options: TokenApplierOptions) {
    this.#options = options;
  }

  /**
   * Finds out what a message means here. Nothing is recorded yet; what is to be recorded is not noted as seen either,
   * or a message that the log cannot take would be missed by nobody.
   */
  read(verification: Verification, now: UnixMs): TokenOutcome {
    if (verification.kind === 'refused') {
      const { reason, origin } = verification;
      if (reason === 'ISSUED_IN_FUTURE' && origin?.issuedAt !== undefined) {
        this.#options.signed?.(origin.provider, origin.issuedAt, true);
      }
      return this.#refused(verification);
    }
    this.#options.signed?.(verification.provider, verification.issuedAt, false);
    const provider = this.#options.registry().providers.get(verification.provider);
    // The registry may have changed between the check of the signature and now.
    if (provider === undefined) return refuse('PROVIDER_UNKNOWN', 'no such provider is registered');
    if (this.#options.evidence.hasToken(verification.tokenId)) {
      this.#note(verification, now, false, (record) => ({
        ...record,
        duplicateCount: record.duplicateCount + 1,
      }));
      return { kind: 'duplicate' };
    }
    const mapped = mapToken(verification, provider, { pseudonyms: this.#options.pseudonyms, now });
    switch (mapped.kind) {
      case 'refused': {
        return this.#refused({ ...mapped, origin: originOf(verification) });
      }
      case 'sequence-void':
        this.#note(verification, now, false, (record) => markVoid(record, mapped.range));
        return { kind: 'heartbeat' };
      case 'heartbeat':
        this.#note(verification, now, true);
        return mapped;
      case 'stream-status':
        if (mapped.isEnabled) this.#note(verification, now, true);
        else this.#note(verification, now, false, (record) => markPaused(record, verification.issuedAt));
        return { kind: 'heartbeat' };
      case 'evidence': {
        const { mailboxQuota } = limitsOf(this.#options.registry(), provider.id);
        const beyond = refuseBeyondQuota(this.#options.evidence, provider.id, mailboxQuota, mapped.bodies);
        if (beyond === undefined) return { ...mapped, token: verification };
        return this.#refused({ ...beyond, origin: originOf(verification) });
      }
      default: {
        const unhandled: never = mapped;
        return unhandled;
      }
    }
  }

  /**
   * Appends one body and applies it in the same tick, so that no answer is behind the log.
   *
   * @throws JournalError code `AUDIT_UNAVAILABLE`: nothing happened, try again later
   */
  record(body: ProviderEventBody): void {
    const { journal, evidence } = this.#options;
    const { stamp, durable } = journal.append({
      kind: ENTRY_KIND,
      tenant: NO_TENANT,
      payload: () => encodeProviderEvent(body),
    });
    // Nobody waits for this one: the state's cursor stays behind the log by itself. The journal reports a failed flush.
    durable.catch(() => undefined);
    evidence.applyBody(stamp, NO_TENANT, body);
  }

  /** Notes a token as accepted, once all its bodies are recorded. */
  noteRecorded(token: VerifiedToken, now: UnixMs): void {
    this.#options.table.update(token.provider, (record) => countAccepted(record, token));
    this.#note(token, now, false);
  }

  /** A token that is refused for good has come: to ask for it again would bring the same. */
  #refused(refusal: Refusal): Refusal {
    const { provider, seq } = refusal.origin ?? {};
    if (provider !== undefined && seq !== undefined && isFinal(refusal.reason)) {
      this.#options.table.update(provider, (record) => observeRefused(record, seq));
    }
    return refusal;
  }

  #note(
    token: VerifiedToken,
    now: UnixMs,
    isHeartbeat: boolean,
    change: (record: FeedRecord) => FeedRecord = (record) => record,
  ): void {
    const sighting = {
      issuedAt: token.issuedAt,
      receivedAt: now,
      isHeartbeat,
      ...(token.seq === undefined ? {} : { seq: token.seq }),
    };
    this.#options.table.update(token.provider, (record) => change(observeToken(record, sighting)));
  }
}

function originOf({ provider, jti, seq }: VerifiedToken): TokenOrigin {
  return { provider, jti, ...(seq === undefined ? {} : { seq }) };
}
