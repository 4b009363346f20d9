import type { DurationMs, MinorUnits, Tenths, UnixMs } from '../../decision/vocabulary.js';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A whole number and a unit: `90s`, `15m`, `48h`, `14d`. Shared with the JSON Schema. */
export const DURATION_PATTERN = '^[0-9]{1,6}[smhd]$';

/** Whole units, or a decimal string of at most two decimals. Shared with the JSON Schema. */
export const MONEY_PATTERN = '^[0-9]{1,13}(\\.[0-9]{1,2})?$';

/** Reads `48h`. Undefined when the text does not match {@link DURATION_PATTERN}. */
export function readDuration(text: string): DurationMs | undefined {
  if (!new RegExp(DURATION_PATTERN).test(text)) return undefined;
  const unit = text.at(-1);
  const count = Number(text.slice(0, -1));
  switch (unit) {
    case 's':
    case 'm':
    case 'h':
    case 'd':
      return count * UNIT_MS[unit];
    default:
      return undefined;
  }
}

/** Writes a duration in its largest whole unit: 172800000 -> `2d`. */
export function formatDuration(ms: DurationMs): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (ms >= UNIT_MS[unit] && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  }
  return `${Math.round(ms / UNIT_MS.s)}s`;
}

/** Reads 1000 or "1000.50" into minor units, without passing through a fraction. */
export function readMoney(value: number | string): MinorUnits | undefined {
  const text = String(value);
  if (!new RegExp(MONEY_PATTERN).test(text)) return undefined;
  const [whole = '0', fraction = ''] = text.split('.');
  return Number(whole + fraction.padEnd(2, '0'));
}

/** Points with at most one decimal, as integer tenths. Undefined when there are more decimals. */
export function readPoints(points: number): Tenths | undefined {
  const tenths = Math.round(points * 10);
  // A decimal literal is off its tenth by rounding only; a second decimal is at least 0.1 tenths away.
  return Math.abs(points * 10 - tenths) < 1e-6 ? tenths + 0 : undefined;
}

/** RFC 3339 with a zone: `2026-03-01T00:00:00Z`. Shared with the JSON Schema. */
export const TIME_PATTERN =
  '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?(Z|[+-]\\d{2}:\\d{2})$';

/** Reads an absolute time. Undefined when it is not one. */
export function readTime(text: string): UnixMs | undefined {
  if (!new RegExp(TIME_PATTERN).test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
