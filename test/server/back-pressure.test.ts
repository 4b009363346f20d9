import { connect, createServer, type ServerHttp2Session } from 'node:http2';
import { describe, expect, test } from 'vitest';
import { BackPressure, type PressedConnection } from '../../src/server/back-pressure.js';
import { SessionConnection } from '../../src/server/session-connection.js';

class Line implements PressedConnection {
  isOpen = true;
  isRead = true;

  constructor(private readonly canPause = true) {}

  setReading(isReading: boolean): boolean {
    if (this.canPause) this.isRead = isReading;
    return this.canPause;
  }
}

/** Ten connections; each look sees `letIn` and `refused` more calls, spread over those that are read. */
function pressed(lines: readonly Line[]) {
  const counts = { isOverloaded: true, letInCount: 0, refusedCount: 0 };
  const pressure = new BackPressure(counts);
  let nowMs = 0;
  function look(letIn: number, refused: number, weights: readonly number[] = lines.map(() => 1)): void {
    counts.letInCount += letIn;
    counts.refusedCount += refused;
    for (const [index, line] of lines.entries()) {
      const calls = line.isRead ? ((letIn + refused) / lines.length) * (weights[index] ?? 0) : 0;
      for (let call = 0; call < calls; call += 1) pressure.opened(line);
    }
    nowMs += 50;
    pressure.look(nowMs);
  }
  return { pressure, counts, look };
}

const readNow = (lines: readonly Line[]) => lines.filter(({ isRead }) => isRead).length;

describe('back-pressure', () => {
  test('up to twice the capacity nothing is paused', () => {
    const lines = Array.from({ length: 10 }, () => new Line());
    const { look, pressure } = pressed(lines);
    for (let times = 0; times < 20; times += 1) look(100, 100);
    expect(readNow(lines)).toBe(10);
    expect(pressure.pauseCount).toBe(0);
  });

  test('above it so many are paused that twice the capacity is left', () => {
    const lines = Array.from({ length: 10 }, () => new Line());
    const { look, pressure } = pressed(lines);
    for (let times = 0; times < 3; times += 1) look(100, 400);
    expect(readNow(lines)).toBe(4);
    expect(pressure.pausedNow).toBe(6);
    expect(pressure.pauseCount).toBe(6);
  });

  test('not for a moment, and not for refusals of something else than overload', () => {
    const lines = Array.from({ length: 10 }, () => new Line());
    const { look, counts } = pressed(lines);
    for (let times = 0; times < 10; times += 1) look(100, times % 3 === 2 ? 0 : 400);
    counts.isOverloaded = false;
    for (let times = 0; times < 10; times += 1) look(0, 400);
    expect(readNow(lines)).toBe(10);
  });

  test('those that send little are left alone, and the last one is never paused', () => {
    const lines = Array.from({ length: 10 }, () => new Line());
    const { look } = pressed(lines);
    for (let times = 0; times < 3; times += 1) look(100, 900, [5, 5, ...new Array(8).fill(0.1)]);
    expect(lines.map(({ isRead }) => isRead)).toEqual([false, false, ...new Array(8).fill(true)]);
    const only = new Line();
    const alone = pressed([only]);
    for (let times = 0; times < 9; times += 1) alone.look(100, 900);
    expect(only.isRead).toBe(true);
  });

  test('each pause ends by itself, and others have their turn', () => {
    const lines = Array.from({ length: 10 }, () => new Line());
    const { look } = pressed(lines);
    const pauses = lines.map(() => 0);
    for (let times = 0; times < 400; times += 1) {
      const before = lines.map(({ isRead }) => isRead);
      look(100, 40 * readNow(lines));
      for (const [index, line] of lines.entries()) {
        if (before[index] === true && !line.isRead) pauses[index] = (pauses[index] ?? 0) + 1;
      }
    }
    expect(Math.min(...pauses)).toBeGreaterThan(1);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(Math.min(...pauses) * 3);
  });

  test('when it is over all are read again, one after the other', () => {
    const lines = Array.from({ length: 10 }, () => new Line());
    const { look, counts, pressure } = pressed(lines);
    for (let times = 0; times < 3; times += 1) look(100, 400);
    counts.isOverloaded = false;
    for (let times = 0; times < 6; times += 1) look(100, 0);
    expect(readNow(lines)).toBe(10);
    expect(pressure.pausedNow).toBe(0);
  });

  test('a connection that closes while it is paused is forgotten; a stop lets all go on', () => {
    const lines = Array.from({ length: 10 }, () => new Line());
    const { look, pressure } = pressed(lines);
    for (let times = 0; times < 3; times += 1) look(100, 400);
    const [first] = lines;
    if (first !== undefined) pressure.closed(first);
    expect(pressure.pausedNow).toBe(5);
    pressure.stop();
    expect(pressure.pausedNow).toBe(0);
    expect(readNow(lines)).toBe(9);
  });

  test('where a connection cannot be paused others are', () => {
    const lines = Array.from({ length: 10 }, (_, index) => new Line(index !== 0));
    const { look } = pressed(lines);
    for (let times = 0; times < 3; times += 1) look(100, 400);
    expect(readNow(lines)).toBe(4);
  });
});

test('nothing is read from a real connection while it is paused; then all comes', async () => {
  const server = createServer();
  const seen: string[] = [];
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream, headers) => {
    seen.push(String(headers[':path']));
    stream.respond({ ':status': 200 }, { endStream: true });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const clients = [connect(`http://127.0.0.1:${port}`), connect(`http://127.0.0.1:${port}`)];
  const ask = (client: number, path: string) =>
    new Promise<void>((resolve) => {
      const stream = clients[client]?.request({ ':path': path });
      stream?.on('close', () => resolve());
      stream?.resume();
    });
  await ask(0, '/first');
  const [session] = sessions;
  if (session === undefined) throw new Error('no session');
  const connection = new SessionConnection(session);
  expect(connection.setReading(false)).toBe(true);
  const waiting = ask(0, '/paused');
  // More than enough for what was sent before to be read, if it were.
  for (let times = 0; times < 20; times += 1) await ask(1, '/other');
  expect(seen).not.toContain('/paused');
  connection.setReading(true);
  await waiting;
  expect(seen).toContain('/paused');
  for (const client of clients) client.close();
  server.close();
});
