import { expect, test } from 'vitest';
import { silenceLibraries } from '../../src/telemetry/library-console.js';
import { createLogger } from '../../src/telemetry/logger.js';

test('what libraries write to the console is noted without its text, and the console comes back', () => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', destination: { write: (line) => lines.push(line) } });
  const before = console.error;
  const restore = silenceLibraries(logger);
  console.error(new RangeError('canary'));
  console.log('reader closed', new Error('canary'));
  restore();
  expect(console.error).toBe(before);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'debug', event: 'library_said', method: 'error', kinds: ['RangeError'] },
    { level: 'debug', event: 'library_said', method: 'log', kinds: ['string', 'Error'] },
  ]);
  expect(lines.join('')).not.toContain('canary');
});
