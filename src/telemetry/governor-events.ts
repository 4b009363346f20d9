import { Counter, Gauge } from 'prom-client';
import type { Logger } from './logger.js';
import type { Metrics } from './metrics.js';

/** What a governor limits: everything that a provider says, or one incident of it. */
type Scope = 'provider' | 'cohort';

/** One provider's governors when metrics are scraped: its own, or those of its incidents together. */
export interface GovernorFigure {
  readonly provider: string;
  readonly scope: Scope;
  /** How many of them make answers milder now. */
  readonly trippedCount: number;
  /** The largest part of a limit that one of them has used: 1 at the limit. */
  readonly used: number;
}

/** One provider's mailboxes that no account is known to use, when metrics are scraped. */
export interface MailboxQuotaFigure {
  readonly provider: string;
  readonly unnamedCount: number;
}

/** Where figures come from. */
export interface GovernorFigures {
  governors(): readonly GovernorFigure[];
  mailboxes(): readonly MailboxQuotaFigure[];
}

const NO_FIGURES: GovernorFigures = { governors: () => [], mailboxes: () => [] };

/** Counts and logs what keeps single providers from holding more than they may. Never throws. */
export class GovernorEvents {
  readonly #governed: Counter<'provider' | 'scope'>;
  #figures = NO_FIGURES;

  constructor(
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    const registers = [metrics.registry];
    const labelNames = ['provider', 'scope'] as const;
    this.#governed = new Counter({
      name: 'holdfast_feed_governed_total',
      help: "Answers that a governor made milder, by provider and scope: all of the provider's word, or one incident.",
      labelNames,
      registers,
    });
    const governors = () => this.#figures.governors();
    const mailboxes = () => this.#figures.mailboxes();
    new Gauge({
      name: 'holdfast_feed_governor_tripped',
      help: 'Governors that make answers milder until a person lifts them. To be alerted on.',
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const { provider, scope, trippedCount } of governors())
          this.set({ provider, scope }, trippedCount);
      },
    });
    new Gauge({
      name: 'holdfast_feed_governor_used_ratio',
      help: 'Part of its limit that a provider has used of what its word alone may hold; the largest of its incidents.',
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const { provider, scope, used } of governors()) this.set({ provider, scope }, used);
      },
    });
    new Gauge({
      name: 'holdfast_feed_unnamed_mailboxes',
      help: 'Mailboxes that a provider spoke of and no account is known to use: bounded by its mailbox_quota.',
      labelNames: ['provider'],
      registers,
      collect() {
        this.reset();
        for (const { provider, unnamedCount } of mailboxes()) this.set({ provider }, unnamedCount);
      },
    });
  }

  /** Says where the figures come from. */
  watch(figures: GovernorFigures): void {
    this.#figures = figures;
  }

  governed(provider: string, scope: Scope): void {
    this.#governed.inc({ provider, scope });
  }

  governorTripped(provider: string, scope: Scope): void {
    this.logger.error(
      { event: 'feed_governor_tripped', provider, scope },
      "a provider's word alone held more than it may: it asks for no more than step-ups until a person lifts that",
    );
  }

  governorLifted(provider: string, scope: Scope): void {
    this.logger.warn(
      { event: 'feed_governor_lifted', provider, scope },
      'a person lets a provider hold again',
    );
  }
}
