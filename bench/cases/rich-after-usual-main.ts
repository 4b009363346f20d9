/**
 * A child that decides usual cases for long, then a few of the richest evidence there can be, then usual ones again, as a
 * process does that has served for hours when the first incident comes. Prints a {@link RichAfterUsual} as JSON
 * after {@link FOUND_MARKER}.
 */
import { decide } from '../../src/decision/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import {
  quietInput,
  takeoverInput,
  typicalInput,
  worstHeldInput,
  worstInput,
} from '../fixtures/assessment-inputs.js';
import { defaultPolicy } from '../fixtures/default-policy.js';
import { summarise } from '../measure/statistics.js';
import { FOUND_MARKER, type RichAfterUsual } from './rich-after-usual.js';

/** Enough for V8 to have compiled everything with all it knows, several times over. */
const USUAL_RUNS = 60_000;
const RICH_RUNS = 60;
const SLOTS = 11;
const RUNS_A_SLOT = 4_000;

const policy = defaultPolicy();
const usual = [typicalInput(), quietInput(), takeoverInput()];
const typical = typicalInput();

function decideAll(inputs: readonly AssessmentInput[], times: number): void {
  for (let run = 0; run < times; run += 1) for (const input of inputs) decide(input, policy);
}

/** Of the typical case, by processor time: what else the machine does is not meant. */
function microsOfTypical(): number {
  const slots: number[] = [];
  for (let slot = 0; slot < SLOTS; slot += 1) {
    const before = process.cpuUsage();
    for (let run = 0; run < RUNS_A_SLOT; run += 1) decide(typical, policy);
    const { user, system } = process.cpuUsage(before);
    slots.push((user + system) / RUNS_A_SLOT);
  }
  return summarise(slots).median;
}

decideAll(usual, USUAL_RUNS / usual.length);
const before = microsOfTypical();
decideAll([worstInput(), worstHeldInput()], RICH_RUNS);
const after = microsOfTypical();
const found: RichAfterUsual = { before, after };
process.stdout.write(`\n${FOUND_MARKER}${JSON.stringify(found)}\n`);
