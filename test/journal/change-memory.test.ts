import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordTable } from '../../src/evidence/record-table.js';
import { Follower } from '../../src/journal/follower.js';
import type { Projection } from '../../src/journal/projection.js';
import { decodeSignalMark, encodeSignalMark, type SignalMark } from '../../src/store/codec/index-codec.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import type { StateChange } from '../../src/store/ports.js';
import { HeldFlush } from '../store/held-flush.js';
import { draft, journalFixture } from './fixtures.js';

const KEYS = ['a', 'b', 'c', 'd'];

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ write: fc.constantFrom(...KEYS) }) },
  { weight: 1, arbitrary: fc.record({ remove: fc.constantFrom(...KEYS) }) },
  { weight: 4, arbitrary: fc.constant('let timers run' as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      disk: fc.constantFrom('log' as const, 'state' as const),
      does: fc.constantFrom('hold' as const, 'passWaiting' as const, 'pass' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant('the state cannot be written' as const) },
);

/** A table whose every read of what waits is from its bytes, on disks that the test holds. */
function world() {
  const { journal, disk: log, store } = journalFixture();
  const stateDisk = new HeldFlush();
  const state = new MemoryStateStore({ flush: stateDisk.seam });
  const table = new RecordTable<SignalMark>({
    table: 'signals',
    state,
    codec: { encode: encodeSignalMark, decode: decodeSignalMark },
    cacheBytes: 0,
  });
  const projection: Projection = {
    apply: () => undefined,
    takeChanges: (place) => {
      const changes: StateChange[] = [];
      table.takeChanges(changes, place);
      return changes;
    },
    settled: (changes) => {
      for (const change of changes) table.settled(change);
    },
  };
  const options = { commitPauseMs: 0, retryCommitMs: 0, idleCommitIntervalMs: 1 };
  const follower = new Follower({ log: store, state, journal, projection, ...options });
  follower.start();
  return { journal, follower, table, state, disks: { log, state: stateDisk } };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 2));
const large = (letter: string): SignalMark => ({ digest: letter.repeat(2_000), occurredAt: 1 });

describe('memory of changes on their way to the state', () => {
  it('outlives the commit beside which it was taken, if its entries were not on disk yet', async () => {
    const { journal, follower, table, disks } = world();
    const write = (key: string, mark: SignalMark) => {
      const { durable } = journal.append(draft(key));
      table.set(key, mark);
      return durable;
    };
    // The changes of b are taken into the memory of a's, whose commit ends while b waits for the log.
    await write('a', large('a'));
    disks.log.hold();
    const b = write('b', large('b'));
    await turn();
    disks.log.pass();
    disks.state.hold();
    await b;
    await turn();
    for (const key of ['c', 'd']) {
      await write(key, large(key));
      await turn();
      expect(table.get('b')).toEqual(large('b'));
    }
    disks.state.pass();
    await journal.close();
    await follower.close();
    expect(['a', 'b', 'c', 'd'].map((key) => table.get(key))).toEqual(['a', 'b', 'c', 'd'].map(large));
  });

  it('is not written over while anything is read from it, whatever the disks do', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 100 }), async (steps) => {
      const { journal, follower, table, state, disks } = world();
      const model = new Map<string, SignalMark>();
      const read = () => KEYS.map((key) => table.get(key));
      const expected = () => KEYS.map((key) => model.get(key));
      for (const [at, done] of steps.entries()) {
        if (done === 'let timers run') {
          await new Promise((resolve) => setTimeout(resolve, 1));
        } else if (done === 'the state cannot be written') {
          disks.state.fail();
        } else if ('disk' in done) {
          disks[done.disk][done.does]();
        } else {
          // In the same tick, as all who append do.
          journal.append(draft(`entry ${at}`)).durable.catch(() => undefined);
          if ('remove' in done) {
            model.delete(done.remove);
            table.remove(done.remove);
          } else {
            const mark = { digest: `${done.write} ${at} `.repeat(1 + ((at * 37) % 400)), occurredAt: at };
            model.set(done.write, mark);
            table.set(done.write, mark);
          }
        }
        expect(read()).toEqual(expected());
      }
      disks.log.pass();
      disks.state.pass();
      await journal.close();
      await follower.close();
      expect(read()).toEqual(expected());
      expect(follower.isFailing).toBe(false);
      const stored = KEYS.map((key) => state.get('signals', key));
      expect(stored.map((bytes) => bytes && decodeSignalMark(bytes))).toEqual(expected());
    });
    await fc.assert(property, { numRuns: 300 });
  });
});
