import { join } from 'node:path';
import { itemsOf, planReplay, readSlice, SLICE_ITEMS } from '../../audit/simulation/index.js';
import { readPolicy } from '../../policy/index.js';
import type { ReplayItem } from '../../policy/simulate/index.js';
import { ONLY_TENANT } from '../../service/only-tenant.js';
import { type Env, type History, openHistory, readPolicyFile } from '../history.js';
import { PACKAGED_POLICIES } from '../packaged-policies.js';
import { readLabels } from '../population/labels.js';
import { drawProgress } from '../progress.js';
import { noteSynthetic, oneDecimal } from '../simulation-text.js';
import { table } from '../table.js';
import { CommandError, EXIT, json, type Terminal } from '../terminal.js';
import { type PolicyScore, STYLES_IN_ORDER, type StyleScore, scorePolicy } from './score-policy.js';
import { todaysPolicies } from './todays-policies.js';

export interface CompareOptions {
  readonly dataDir?: string;
  /** Further policies to compare. */
  readonly policy?: readonly string[];
  readonly json?: boolean;
}

/**
 * `holdfast policy compare`: the packaged policies, and what exchanges do today, on the same synthetic population.
 *
 * @returns the exit code
 * @throws CommandError when the history is not a synthetic one: nobody knows the truth about a real one
 */
export async function policyCompare(options: CompareOptions, env: Env, terminal: Terminal): Promise<number> {
  const history = openHistory(env, options.dataDir);
  try {
    const labels = readLabels(history.dataDir);
    if (labels === undefined) {
      throw new CommandError(
        'only a synthetic history can be compared: holdfast simulate-population',
        EXIT.failed,
      );
    }
    const thefts = new Map(labels.thefts.map((theft) => [theft.assessmentId, theft]));
    const items = await itemsIn(history);
    const files = ['default.yaml', 'strict-timers.yaml'].map((name) => join(PACKAGED_POLICIES, name));
    const policies = [...files, ...(options.policy ?? [])].map(
      (file) => readPolicyFile(file, history.pseudonyms).policy,
    );
    for (const { name, text } of todaysPolicies()) {
      const result = readPolicy(text, { pseudonyms: history.pseudonyms });
      if (result.kind === 'invalid') throw new Error(`the policy \`${name}\` has mistakes`);
      policies.push(result.policy);
    }
    const progress = drawProgress(terminal, 'policies');
    const scores = policies.map((policy, index) => {
      progress.show(index, policies.length);
      return scorePolicy(policy, items, thefts);
    });
    progress.end();
    if (options.json)
      terminal.out(json({ synthetic: true, seed: labels.seed, assessments: items.length, scores }));
    else print(scores, items.length, terminal);
    return EXIT.ok;
  } finally {
    await history.close();
  }
}

async function itemsIn({ entries }: History): Promise<ReplayItem[]> {
  const plan = await planReplay(
    entries,
    { tenant: ONLY_TENANT, sampleEvery: 1 },
    new AbortController().signal,
  );
  const items: ReplayItem[] = [];
  for (let start = 0; start < plan.positions.length; start += SLICE_ITEMS) {
    items.push(...itemsOf(readSlice(entries, plan, start), ONLY_TENANT, plan.outcomes));
  }
  return items;
}

/** `held/not simply allowed`, in hundredths of the takeovers. */
function cell({ takeovers, held, notAllowed }: StyleScore): string {
  if (takeovers === 0) return '-';
  return `${Math.round((100 * held) / takeovers)}/${Math.round((100 * notAllowed) / takeovers)}`;
}

function print(scores: readonly PolicyScore[], assessments: number, terminal: Terminal): void {
  noteSynthetic(true, terminal);
  const [first] = scores;
  const takeovers =
    first === undefined ? 0 : STYLES_IN_ORDER.reduce((sum, style) => sum + first.styles[style].takeovers, 0);
  terminal.out(
    `${assessments} withdrawals, ${takeovers} takeovers. Cells: per cent of takeovers held / not simply allowed.\n`,
  );
  terminal.out(
    table(
      terminal,
      [
        { title: 'policy' },
        { title: 'mailbox', align: 'right' },
        { title: 'all', align: 'right' },
        ...STYLES_IN_ORDER.map((style) => ({ title: style, align: 'right' as const })),
        { title: 'honest held /10k', align: 'right' },
        { title: 'stepped up /10k', align: 'right' },
        { title: 'median hold h', align: 'right' },
        { title: 'held h /10k', align: 'right' },
      ],
      scores.map(({ policy, mailbox, all, styles, honest, heldHoursPer10k }) => [
        policy,
        cell(mailbox),
        cell(all),
        ...STYLES_IN_ORDER.map((style) => cell(styles[style])),
        oneDecimal(honest.honestHeldPer10k ?? 0),
        oneDecimal(honest.honestSteppedUpPer10k ?? 0),
        honest.medianHonestHoldHours === undefined ? '-' : oneDecimal(honest.medianHonestHoldHours),
        oneDecimal(heldHoursPer10k),
      ]),
    ),
  );
}
