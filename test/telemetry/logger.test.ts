import { describe, expect, test } from 'vitest';
import { createLogger, describeError } from '../../src/telemetry/logger.js';

function capture(level = 'info') {
  const lines: string[] = [];
  return { lines, logger: createLogger({ level, destination: { write: (line) => lines.push(line) } }) };
}

describe('log lines', () => {
  test('are JSON with a level, a time and the service', () => {
    const { lines, logger } = capture();
    logger.info({ event: 'x' }, 'ready');
    const line: Record<string, unknown> = JSON.parse(lines[0] ?? '');
    expect(line).toMatchObject({ level: 'info', service: 'holdfast', event: 'x', msg: 'ready' });
    expect(new Date(String(line['time'])).toISOString()).toBe(line['time']);
  });

  test('below the level are not written', () => {
    const { lines, logger } = capture('warn');
    logger.info('x');
    expect(lines).toEqual([]);
  });

  test('never hold the message of an error, however it is given', () => {
    const { lines, logger } = capture();
    const error = new Error('cannot parse canary@att.net', { cause: new TypeError('canary inside') });
    logger.error({ err: error }, 'failed');
    logger.error({ error }, 'failed');
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain('canary');
    expect(lines.join()).toContain('TypeError');
  });
});

describe('describeError', () => {
  test('kind, code, place and causes', () => {
    const described = describeError(
      Object.assign(new RangeError('canary\n    at canary'), { code: 'E_RANGE', cause: 'canary' }),
    );
    expect(described).toMatchObject({ name: 'RangeError', code: 'E_RANGE', cause: { name: 'string' } });
    expect(described.frames?.[0]).toMatch(/^at /);
  });

  test('a message of several lines cannot pass for frames', () => {
    const error = new Error('first\n    at canary@att.net (x.js:1:1)\nlast');
    expect(JSON.stringify(describeError(error))).not.toContain('canary');
  });

  test('a cycle of causes ends', () => {
    const error = new Error('a');
    error.cause = error;
    expect(JSON.stringify(describeError(error)).match(/"name"/g)).toHaveLength(4);
  });
});
