import type { CompiledPolicy } from '../../src/decision/policy-model.js';
import { type PolicyProblem, type PolicyResult, readPolicy } from '../../src/policy/index.js';
import { TEST_PSEUDONYMS } from './list-pseudonyms.js';

/** A valid policy, small enough to find a line in by eye. */
export const SMALL_POLICY = `version: 1
name: small-policy
currency: EUR
points_to_double_odds: 5
tiers:
  - name: small
    below: 1000
    step_up: 20
    hold: 30
    reject: 40
    degraded: { feed_not_current: ALLOW, behind: ALLOW, hourly_allow: 500 }
  - name: large
    step_up: 10
    hold: 20
    reject: 30
    degraded: { feed_not_current: HOLD, behind: STEP_UP, hourly_allow: 0 }
groups: { access: 35 }
rules:
  - code: RESET
    when: { signal: [PASSWORD_RESET] }
    points: 30
    half_life: 7d
    window: 14d
    group: access
    summary: A reset.
  - code: OLD_DEVICE
    when: { device_age: { at_least: 30d } }
    points: -5
    summary: A known device.
sequences:
  - code: STORY
    steps:
      - { name: reset, any: [{ signal: [PASSWORD_RESET] }], points: 10, required: true }
      - { name: share, any: [{ balance_share: { at_least: 0.5 } }], points: 5 }
    min_steps: 2
    max_gap: 7d
    window: 14d
    summary: A story.
locks:
  - code: LOCK
    when: { signal: [PASSWORD_RESET] }
    window: 48h
    summary: A lock.
lock_shape: { destination_known_after: 7d, large_share: 0.5, value_floor: 100 }
lists:
  - name: stolen
    on: destination
    effect: { deny: REJECT }
    summary: Stolen.
    entries: [{ value: "bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", reason: police }]
custom_rules:
  - code: OWN
    expression: request.value > 100
    points: 5
    on_error: 0
    summary: Own.
cohort: { base_rate: 0.0001, default_share: 0.005, at_most: 12, after: 30d }
exposure: { look_back: 30d, keep_after: 30d, watch: 14d }
trust_floor: -15
reject_needs_named_compromise: true
step_up: { channels: [TOTP], verified_within: 15m }
sim_trouble: { signals: [SIM_CHANGED], window: 10d }
hold: { max: 72h, review_after: 24h, degraded: 30m }
`;

/** Reads the small policy with one piece of text put in place of another, which must be there. */
export function readChanged(piece: string, instead: string, isRecorded = false): PolicyResult {
  if (!SMALL_POLICY.includes(piece)) throw new Error(`the small policy has no ${piece}`);
  return readPolicy(
    SMALL_POLICY.replace(piece, () => instead),
    { pseudonyms: TEST_PSEUDONYMS, isRecorded },
  );
}

/** The problems of a result; none when it is valid. */
export function problemsOf(result: PolicyResult): readonly PolicyProblem[] {
  return result.kind === 'invalid' ? result.problems : [];
}

/** The small policy, compiled. */
export function readSmallPolicy(): CompiledPolicy {
  const result = readPolicy(SMALL_POLICY, { pseudonyms: TEST_PSEUDONYMS });
  if (result.kind === 'invalid') throw new Error('the small policy has mistakes');
  return result.policy;
}
