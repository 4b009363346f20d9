import type { CompiledPolicy, WithoutAnswer } from '../../decision/policy-model.js';
import type { Draft } from './draft.js';

const SHORTEST_VALID_MS = 60_000;
const LONGEST_VALID_MS = 24 * 3_600_000;

/** Compiles what clients may do alone. Absent: nothing. */
export function compileWithoutAnswer(
  draft: Draft,
  tiers: CompiledPolicy['tiers'],
): WithoutAnswer | undefined {
  const section = draft.document.without_answer;
  if (section === undefined) return undefined;
  const path = ['without_answer'];
  section.allow_tiers.forEach((name, index) => {
    if (tiers[index]?.name === name) return;
    draft.problem(
      [...path, 'allow_tiers', index],
      tiers.some((tier) => tier.name === name)
        ? 'is milder than for smaller amounts: name the tiers from the smallest up, without a gap'
        : `there is no tier \`${name}\``,
    );
  });
  const last = section.allow_tiers.length;
  if (last === tiers.length) {
    draft.problem(
      [...path, 'allow_tiers', last - 1],
      'the last tier has no upper end, and unknown amounts belong to it: it can only be held',
    );
  }
  const validFor = draft.duration([...path, 'valid_for'], section.valid_for);
  if (validFor < SHORTEST_VALID_MS || validFor > LONGEST_VALID_MS) {
    draft.problem([...path, 'valid_for'], 'must be from 1m to 24h');
  }
  const accountHourlyValue = draft.money([...path, 'account_hourly_value'], section.account_hourly_value);
  const hourlyValue = draft.money([...path, 'hourly_value'], section.hourly_value);
  if (hourlyValue < accountHourlyValue) {
    draft.problem([...path, 'hourly_value'], 'is below `account_hourly_value`, which then does nothing');
  }
  return {
    allowTiers: last,
    destinationUsedFor: draft.duration([...path, 'destination_used_for'], section.destination_used_for),
    accountHourlyValue,
    accountHourlyCount: section.account_hourly_count,
    hourlyValue,
    validFor,
  };
}
