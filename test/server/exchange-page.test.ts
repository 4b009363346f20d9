import { readFileSync } from 'node:fs';
import { status as GrpcStatus } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { CALL_ERROR_CODES, statusOf } from '../../src/server/errors.js';

const page = readFileSync('docs/exchange.md', 'utf8');

/** Reasons that only callers of policies and feeds get. */
const OF_OTHERS = /^(POLICY|SHADOW|FEED|GOVERNOR|QUARANTINED|BROKER)_/;

/** Rows of the table of errors: reason to status and what to do. */
const rows = new Map(
  page.split('\n').flatMap((line) => {
    const [, reasons = '', status = '', advice = ''] = line.split('|').map((cell) => cell.trim());
    return [...reasons.matchAll(/`([A-Z_]+)`/g)].map(
      ([, reason = '']) => [reason, { status, advice }] as const,
    );
  }),
);

describe('docs/exchange.md', () => {
  const ours = CALL_ERROR_CODES.filter((code) => !OF_OTHERS.test(code));

  test.each(ours)('says what to do about %s, under its status', (code) => {
    const row = rows.get(code);
    expect(row?.advice).toMatch(/retry|mend|never|ask again/);
    if (row?.status !== 'the same') expect(row?.status).toBe(GrpcStatus[statusOf(code)]);
  });

  test('retries only what clients may retry by themselves, or is told when', () => {
    for (const [reason, { status, advice }] of rows) {
      if (!CALL_ERROR_CODES.some((code) => code === reason)) continue;
      if (status === 'UNAVAILABLE') expect(advice, reason).toContain('retry');
      if (status === 'INVALID_ARGUMENT') expect(advice, reason).toContain('mend');
    }
  });

  test('names every signal once', () => {
    const types = Object.keys(SignalType).filter((name) => !/^\d+$|UNSPECIFIED/.test(name));
    expect(types.length).toBeGreaterThan(15);
    for (const type of types) expect(page.split(`\`${type}\``).length - 1, type).toBe(1);
  });
});
