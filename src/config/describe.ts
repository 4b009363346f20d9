import type { Config } from './read.js';

/** All settings with value, origin and meaning, for people (`table`) or programs (`json`). Holds no secret. */
export function describeConfig(config: Config, form: 'table' | 'json'): string {
  if (form === 'json') {
    const settings = config.origins.map(({ variable, shown, unit, origin, meaning }) => ({
      variable,
      value: shown ?? null,
      ...(unit === undefined ? {} : { unit }),
      origin,
      meaning,
    }));
    return JSON.stringify(settings, null, 2);
  }
  const rows = config.origins.map(({ variable, shown, unit, origin, meaning }) => {
    const value = shown === undefined ? '-' : unit === undefined ? shown : `${shown} ${unit}`;
    return [variable, value, origin, meaning];
  });
  return alignColumns([['VARIABLE', 'VALUE', 'FROM', 'MEANING'], ...rows]);
}

function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
