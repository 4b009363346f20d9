import type { ProviderEventRecord } from '../../src/decision/evidence.js';
import type { CohortDocument } from '../../src/policy/cases/case-document.js';
import { caseTime } from '../../src/policy/cases/case-time.js';
import type { ProviderContent } from '../../src/store/codec/entries.js';
import type { TestService } from '../integration/harness.js';
import type { EventDocument } from './play-document.js';

const USUAL_PROVIDER = 'att';

/** What mail providers say in a play: written as the feed writes it once it has verified a token. */
export class ProviderVoice {
  readonly #tokens = new Map<string, { readonly provider: string; readonly id: string }>();
  #count = 0;

  constructor(readonly service: TestService) {}

  /** @param ownEmail the account's address now */
  async tell(event: EventDocument, ownEmail: string | undefined): Promise<void> {
    const email = event.email ?? ownEmail;
    if (email === undefined) throw new Error('an event is about a mailbox, and the account has none');
    const { type, provider = USUAL_PROVIDER } = event;
    const now = this.service.clock.now;
    const id = `token-${++this.#count}`;
    if (event.name !== undefined) this.#tokens.set(event.name, { provider, id });
    const isDiscovery = type === 'CREDENTIAL_COMPROMISE' || type === 'ACCOUNT_HIJACKED';
    const record: ProviderEventRecord = {
      type,
      provider,
      id,
      occurredAt: caseTime(event.at ?? 'now', now),
      issuedAt: now,
      receivedAt: now,
      timeIs: event.time_is ?? (isDiscovery ? 'DISCOVERED' : 'OCCURRED'),
      unauthorised: event.unauthorised ?? isDiscovery,
      confidence: event.confidence ?? 1,
    };
    const [alias] = this.service.mailbox(email).aliases;
    if (alias === undefined) throw new Error('a mailbox has at least one alias');
    await this.#write(provider, id, { kind: 'event', alias: alias.alias, event: record });
  }

  /** @param name of an event that was told */
  async retract(name: string): Promise<void> {
    const token = this.#tokens.get(name);
    if (token === undefined) throw new Error(`the play has no event \`${name}\``);
    const retraction = { ...token, issuedAt: this.service.clock.now };
    await this.#write(token.provider, `token-${++this.#count}`, { kind: 'retraction', retraction });
  }

  async incident(incident: CohortDocument): Promise<void> {
    const now = this.service.clock.now;
    const { provider, domains, from, to, share, confidence = 1, mechanism = 'unknown' } = incident;
    const id = `token-${++this.#count}`;
    await this.#write(provider, id, {
      kind: 'cohort',
      cohort: {
        id: `incident-${id}`,
        provider,
        domains: domains.map((domain) => this.service.service.pseudonyms.domain(domain)),
        mechanism,
        from: caseTime(from, now),
        ...(to === undefined ? {} : { to: caseTime(to, now) }),
        ...(share === undefined ? {} : { share }),
        confidence,
        issuedAt: now,
        retracted: incident.retracted ?? false,
      },
    });
  }

  async #write(provider: string, tokenId: string, content: ProviderContent): Promise<void> {
    await this.service.write('', { kind: 'provider-event', provider, tokenId, content });
  }
}
