import type { AssessmentInput, ProviderCap } from '../../decision/input.js';
import { type ProviderWord, wordsIn } from '../../decision/provider-word.js';
import type { UnixMs } from '../../decision/vocabulary.js';
import type { GovernorTable, GovernorUse } from '../../evidence/index.js';
import type { WordEffect } from '../../store/codec/entries.js';
import type { GovernorStanding } from '../../store/codec/governor-codec.js';
import { limitsOf, type ProviderRegistry } from '../registry.js';
import type { GovernorLimit } from './limits.js';

/** What a governor limits: everything that a provider says, or one incident of it. */
export type GovernorScopeName = 'provider' | 'cohort';

/** Told of what governors do, to count and log it. Must not throw. */
export interface GovernorObserver {
  /** An answer was made milder. */
  governed(provider: string, scope: GovernorScopeName): void;
  /** It begins to make answers milder, or goes on to after a restart. Once a change. */
  governorTripped(provider: string, scope: GovernorScopeName): void;
  governorLifted(provider: string, scope: GovernorScopeName): void;
}

/** One governor as it stands. */
export interface GovernorStatus {
  readonly word: ProviderWord;
  readonly limit: GovernorLimit;
  readonly use: GovernorUse;
  readonly standing: GovernorStanding;
}

export interface GovernorOptions {
  readonly registry: () => ProviderRegistry;
  readonly table: GovernorTable;
  readonly observer: GovernorObserver;
}

/**
 * Keeps one provider's word, or one incident of it, from holding more than was planned for. Within its limit a word has
 * its full weight. Past it, it alone asks for no more than a step-up until a person lifts that; who was moved to HOLD
 * already keeps the hold. The caps go into the assessment input, so an answer can be replayed whatever happens later.
 */
export class Governor {
  readonly #options: GovernorOptions;
  /** Words whose trip was told. */
  readonly #told = new Set<string>();

  constructor(options: GovernorOptions) {
    this.#options = options;
  }

  /** Caps on the words of an input; undefined if there are none, as nearly always. */
  capsFor(tenant: string, input: AssessmentInput): readonly ProviderCap[] | undefined {
    let caps: ProviderCap[] | undefined;
    for (const word of wordsIn(input)) {
      for (const cap of [this.#severityCap(word), this.#governorCap(tenant, word, input)]) {
        if (cap === undefined) continue;
        caps ??= [];
        caps.push(cap);
      }
    }
    return caps;
  }

  /** An answer was recorded with these effects. */
  answered(tenant: string, effects: readonly WordEffect[]): void {
    const { observer, table } = this.#options;
    for (const { effect, ...word } of effects) {
      if (effect !== 'GOVERNED') continue;
      const scope = scopeOf(word);
      observer.governed(word.provider, scope);
      const name = nameOf(tenant, word);
      if (this.#told.has(name) || !table.standing(tenant, word).tripped) continue;
      this.#told.add(name);
      observer.governorTripped(word.provider, scope);
    }
  }

  /** A lift was recorded. */
  lifted(tenant: string, word: ProviderWord): void {
    this.#told.delete(nameOf(tenant, word));
    this.#options.observer.governorLifted(word.provider, scopeOf(word));
  }

  /** The governor of everything that a provider says, then those of its incidents that moved an answer lately. */
  statuses(tenant: string, provider: string, now: UnixMs): readonly GovernorStatus[] {
    const incidents = this.#options.table
      .words(tenant, provider)
      .filter((word) => word.cohortId !== undefined);
    return [{ provider }, ...incidents].map((word) => this.status(tenant, word, now));
  }

  status(tenant: string, word: ProviderWord, now: UnixMs): GovernorStatus {
    const { table } = this.#options;
    const limit = this.#limitOf(word);
    return {
      word,
      limit,
      use: table.use(tenant, word, now, limit.windowMs),
      standing: table.standing(tenant, word),
    };
  }

  #severityCap({ provider, cohortId }: ProviderWord): ProviderCap | undefined {
    if (cohortId !== undefined) return undefined;
    const { maxDecision } = limitsOf(this.#options.registry(), provider);
    return maxDecision === 'REJECT' ? undefined : { provider, most: maxDecision, cause: 'MAX_DECISION' };
  }

  #governorCap(
    tenant: string,
    word: ProviderWord,
    { now, request }: AssessmentInput,
  ): ProviderCap | undefined {
    const { table } = this.#options;
    const { standing, use, limit } = this.status(tenant, word, now);
    const isSpent =
      use.accounts >= limit.maxAccounts ||
      (limit.maxValue !== undefined && use.value >= BigInt(limit.maxValue));
    if (!standing.tripped && !isSpent) return undefined;
    if (table.hasMoved(tenant, word, request.accountId, now)) return undefined;
    return { ...word, most: 'STEP_UP', cause: 'GOVERNED' };
  }

  #limitOf({ provider, cohortId }: ProviderWord): GovernorLimit {
    const { governor, cohortGovernor } = limitsOf(this.#options.registry(), provider);
    return cohortId === undefined ? governor : cohortGovernor;
  }
}

function scopeOf({ cohortId }: ProviderWord): GovernorScopeName {
  return cohortId === undefined ? 'provider' : 'cohort';
}

function nameOf(tenant: string, { provider, cohortId = '' }: ProviderWord): string {
  return `${tenant}\n${provider}\n${cohortId}`;
}
