import { expect, test, vi } from 'vitest';
import { LogOutput } from '../../src/telemetry/log-output.js';

/** An output that takes as many bytes as there is room for. */
function outputWith(maxWaitingBytes?: number) {
  const side = { room: 0, taken: '', asked: 0, code: 'EAGAIN' };
  const output = new LogOutput((lines) => {
    side.asked += 1;
    const bytes = Buffer.concat([...lines]).subarray(0, side.room);
    if (bytes.byteLength === 0) throw Object.assign(new Error(), { code: side.code });
    side.room -= bytes.byteLength;
    side.taken += bytes.toString();
    return bytes.byteLength;
  }, maxWaitingBytes);
  return { side, output };
}

test('lines are written at once, each in one piece', () => {
  const { side, output } = outputWith();
  side.room = 100;
  output.write('first\n');
  output.write('\n');
  output.write('zweite Zeile äöü\n');
  expect(side).toMatchObject({ taken: 'first\n\nzweite Zeile äöü\n', asked: 3 });
  expect(output.unwritten).toBe(0);
});

test.each(['EAGAIN', 'ENOSPC', 'EPIPE'])(
  '%s: lines wait within a bound, what is beyond it is lost and counted',
  (code) => {
    const { side, output } = outputWith(20);
    side.code = code;
    for (let n = 0; n < 1_000; n += 1) output.write(`line${n % 10}\n`);
    expect(output.unwritten).toBe(1_000);
    side.room = 1_000;
    output.flush();
    expect(side.taken).toBe('line0\nline1\nline2\n');
    expect(output.unwritten).toBe(997);
    output.write('next\n');
    expect(side.taken).toBe('line0\nline1\nline2\nnext\n');
  },
);

test('a flood does not ask an output that takes nothing once for each line', () => {
  const { side, output } = outputWith();
  for (let n = 0; n < 10_000; n += 1) output.write('line\n');
  expect(side.asked).toBe(1);
});

test('a line that was cut is finished before any other, wherever it was cut', () => {
  const lines = ['first\n', 'sécond\n', 'third\n'];
  const all = lines.join('');
  for (let cut = 1; cut < Buffer.byteLength(all); cut += 1) {
    const { side, output } = outputWith();
    side.room = cut;
    for (const line of lines) output.write(line);
    expect(output.unwritten).toBeGreaterThan(0);
    side.room = 1;
    output.flush();
    side.room = 100;
    output.flush();
    // A cut within a letter shows as two broken ones, so that lengths are compared as well.
    expect(side.room).toBe(100 - (Buffer.byteLength(all) - cut - 1));
    expect(side.taken.replaceAll('\ufffd', '').replace('é', '')).toBe(all.replace('é', ''));
    expect(output.unwritten).toBe(0);
  }
});

test('what waits is tried again by itself, and nothing is when nothing waits', () => {
  vi.useFakeTimers();
  try {
    const { side, output } = outputWith();
    for (const line of ['late\n', 'later\n']) {
      output.write(line);
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(1_000);
      side.room = line.length;
      vi.advanceTimersByTime(1_000);
      expect(side.taken.endsWith(line)).toBe(true);
      expect(output.unwritten).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    }
  } finally {
    vi.useRealTimers();
  }
});

test('an output that takes nothing without saying why is not asked for ever', () => {
  const output = new LogOutput(() => 0);
  output.write('line\n');
  output.flush();
  expect(output.unwritten).toBe(1);
});
