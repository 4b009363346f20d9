import type { CompiledPolicy } from '../../decision/policy-model.js';
import { readPolicy } from '../../policy/index.js';
import {
  type ItemFilter,
  mergeSimulation,
  mergeSweep,
  newSimulation,
  type OutcomeClass,
  replay,
  type Simulation,
  type Sweep,
  Sweeper,
  type SweepPlan,
} from '../../policy/simulate/index.js';
import { itemsOf, type ReplaySlice } from './replay-slice.js';

/**
 * A policy in a form that moves to another thread: custom rules are functions, so they are compiled again from the
 * text. Lists go as compiled, so that no key of pseudonyms leaves the thread that holds them.
 */
export interface PolicyParcel {
  readonly policy: Omit<CompiledPolicy, 'customRules'>;
  readonly text: string;
}

/** What to find out about recorded assessments. */
export interface ReplayTask {
  readonly tenant: string;
  readonly outcomes: ReadonlyMap<string, OutcomeClass>;
  /** Absent: all of them. */
  readonly items?: ItemFilter;
  readonly before: PolicyParcel;
  readonly candidate: PolicyParcel;
  /** Absent: no sweep. A sweep moves a threshold of the candidate. */
  readonly sweep?: SweepPlan;
}

export interface ReplayFindings {
  readonly simulation: Simulation;
  readonly sweep?: Sweep;
}

export function parcelOf(policy: CompiledPolicy, text: string): PolicyParcel {
  const { customRules: _left, ...rest } = policy;
  return { policy: rest, text };
}

/** Custom rules do not look at lists, so it does not matter how those would be named. */
const UNNAMED = {
  mailbox: () => [],
  domain: (domain: string) => domain,
  destination: () => ({ id: '', accountId: '', formerId: '', suffix: '' }),
  bareDestination: () => ({ bareId: '', bareTagId: '' }),
  device: () => '',
};

function unpacked({ policy, text }: PolicyParcel): CompiledPolicy {
  // Whoever made the parcel compiled the text; here nothing is refused any more.
  const result = readPolicy(text, { pseudonyms: UNNAMED, isRecorded: true });
  return { ...policy, customRules: result.kind === 'valid' ? result.policy.customRules : [] };
}

/** Replays slices one after the other, on whatever thread it is made. */
export class Replayer {
  readonly #task: ReplayTask;
  readonly #before: CompiledPolicy;
  readonly #candidate: CompiledPolicy;
  readonly #simulation = newSimulation();
  readonly #sweeper: Sweeper | undefined;

  /** @throws RangeError when the candidate lacks the tier that is to be swept */
  constructor(task: ReplayTask) {
    this.#task = task;
    this.#before = unpacked(task.before);
    this.#candidate = unpacked(task.candidate);
    this.#sweeper = task.sweep === undefined ? undefined : new Sweeper(this.#candidate, task.sweep);
  }

  /** @throws StoreError code `LOG_CORRUPT` */
  add(slice: ReplaySlice): void {
    const { tenant, outcomes, items } = this.#task;
    for (const item of itemsOf(slice, tenant, outcomes, items)) {
      replay(this.#simulation, item, this.#before, this.#candidate);
      this.#sweeper?.add(item);
    }
  }

  get findings(): ReplayFindings {
    const simulation = this.#simulation;
    return this.#sweeper === undefined ? { simulation } : { simulation, sweep: this.#sweeper.sweep };
  }
}

/** Joins what several threads found. */
export function mergeFindings(parts: readonly ReplayFindings[]): ReplayFindings {
  const simulation = newSimulation();
  let sweep: Sweep | undefined;
  for (const part of parts) {
    mergeSimulation(simulation, part.simulation);
    if (part.sweep === undefined) continue;
    if (sweep === undefined) sweep = part.sweep;
    else mergeSweep(sweep, part.sweep);
  }
  return sweep === undefined ? { simulation } : { simulation, sweep };
}
