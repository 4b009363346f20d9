import type { ProviderWord } from '../decision/provider-word.js';
import type { DurationMs, MinorUnits, UnixMs } from '../decision/vocabulary.js';
import type { WordEffect } from '../store/codec/entries.js';
import {
  decodeGovernedAccount,
  decodeGovernorStanding,
  encodeGovernedAccount,
  encodeGovernorStanding,
  type GovernedAccount,
  type GovernorStanding,
} from '../store/codec/governor-codec.js';
import type { StateChange, StateStore } from '../store/ports.js';
import { GovernorScope, type GovernorUse } from './governor-scope.js';
import { keyParts, stateKey } from './state-key.js';

/** Nothing was ever held by it alone, and nobody ever lifted it. */
export const NEW_GOVERNOR: GovernorStanding = { tripped: false };

interface Governed {
  readonly tenant: string;
  readonly word: ProviderWord;
  readonly key: string;
  readonly scope: GovernorScope;
  standing: GovernorStanding;
}

/**
 * What providers' words alone moved to HOLD, by tenant, provider and incident: in memory, since limits bound it and
 * every assessment with provider evidence asks. Follows from the log: from what each answer recorded, and from lifts.
 */
export class GovernorTable {
  readonly #governed = new Map<string, Governed>();
  readonly #dirty = new Map<string, Uint8Array | undefined>();

  constructor(state: StateStore) {
    const accounts = new Map<Governed, [string, GovernedAccount][]>();
    for (const { key, value } of state.range('governors', {})) {
      const [tenant = '', provider = '', cohortId = '', accountId] = keyParts(key);
      const governed = this.#open(tenant, cohortId === '' ? { provider } : { provider, cohortId });
      if (accountId === undefined) governed.standing = decodeGovernorStanding(value);
      else {
        const list = accounts.get(governed) ?? [];
        list.push([accountId, decodeGovernedAccount(value)]);
        accounts.set(governed, list);
      }
    }
    for (const [{ scope, standing }, list] of accounts) {
      list.sort(([, a], [, b]) => a.at - b.at);
      scope.load(list, standing.lifted?.at ?? Number.NEGATIVE_INFINITY);
    }
  }

  /** Notes what a provider's word, or the governor, did to a recorded answer. */
  note(tenant: string, effect: WordEffect, accountId: string, at: UnixMs, value: MinorUnits): void {
    const governed = this.#open(tenant, effect);
    switch (effect.effect) {
      case 'MOVED': {
        const account = governed.scope.count(accountId, at, value);
        this.#dirty.set(stateKey(governed.key, accountId), encodeGovernedAccount(account));
        return;
      }
      case 'GOVERNED':
        if (governed.standing.tripped) return;
        this.#stand(governed, { ...governed.standing, tripped: true, trippedAt: at });
        return;
      default:
        effect.effect satisfies never;
    }
  }

  /** A person lets the word hold again; the count starts anew. */
  lift(tenant: string, word: ProviderWord, at: UnixMs, actor: string, reason: string): void {
    const governed = this.#open(tenant, word);
    governed.scope.lift();
    this.#stand(governed, { ...governed.standing, tripped: false, lifted: { at, actor, reason } });
  }

  standing(tenant: string, word: ProviderWord): GovernorStanding {
    return this.#governed.get(keyOf(tenant, word))?.standing ?? NEW_GOVERNOR;
  }

  use(tenant: string, word: ProviderWord, now: UnixMs, window: DurationMs): GovernorUse {
    return this.#governed.get(keyOf(tenant, word))?.scope.use(now, window) ?? UNUSED;
  }

  /** Whether the account is among those that the word moved to HOLD lately. */
  hasMoved(tenant: string, word: ProviderWord, accountId: string, now: UnixMs): boolean {
    return this.#governed.get(keyOf(tenant, word))?.scope.has(accountId, now) ?? false;
  }

  /** Words of one provider that moved an answer lately, or were lifted once. */
  words(tenant: string, provider: string): readonly ProviderWord[] {
    const words: ProviderWord[] = [];
    for (const governed of this.#governed.values()) {
      if (governed.tenant === tenant && governed.word.provider === provider) words.push(governed.word);
    }
    return words;
  }

  takeChanges(into: StateChange[]): void {
    for (const [key, value] of this.#dirty) {
      into.push(value === undefined ? { table: 'governors', key } : { table: 'governors', key, value });
    }
    this.#dirty.clear();
  }

  #stand(governed: Governed, standing: GovernorStanding): void {
    governed.standing = standing;
    this.#dirty.set(governed.key, encodeGovernorStanding(standing));
  }

  #open(tenant: string, { provider, cohortId }: ProviderWord): Governed {
    const word = cohortId === undefined ? { provider } : { provider, cohortId };
    const key = keyOf(tenant, word);
    let governed = this.#governed.get(key);
    if (governed === undefined) {
      const scope = new GovernorScope((accountId) => this.#dirty.set(stateKey(key, accountId), undefined));
      governed = { tenant, word, key, scope, standing: NEW_GOVERNOR };
      this.#governed.set(key, governed);
    }
    return governed;
  }
}

const UNUSED: GovernorUse = { accounts: 0, value: 0n };

function keyOf(tenant: string, { provider, cohortId = '' }: ProviderWord): string {
  return stateKey(stateKey(tenant, provider), cohortId);
}
