import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { Follower } from '../../../src/journal/follower.js';
import { Journal } from '../../../src/journal/journal.js';
import { systemClock } from '../../../src/journal/steady-clock.js';
import { openLogStore } from '../../../src/store/lmdb-log-store.js';
import { openStateStore } from '../../../src/store/open-state-store.js';
import { CountingProjection } from '../counting-projection.js';

// Appends for ever, and says of every entry, only when it is durable, which position it has.
const [folder = ''] = process.argv.slice(2);
const log = await openLogStore(join(folder, 'log'));
const state = await openStateStore(join(folder, 'state'), {
  schemaVersion: 1,
  logHead: log.lastPosition,
  logFirst: log.firstPosition,
  nowMs: Date.now,
});
const journal = new Journal({ store: log, clock: systemClock() });
const projection = new CountingProjection(state);
const follower = new Follower({ log, state, journal, projection, commitPauseMs: 1 });
await follower.catchUp();
follower.start();

function appendSome(): void {
  for (let n = 0; n < 7; n++) {
    const payload = Buffer.from(`account-${(journal.head + 1) % 50}`);
    const { stamp, durable } = journal.append({ kind: 'test', tenant: 'default', payload: () => payload });
    projection.apply({ stamp, payload });
    durable.then(() => writeSync(1, `${stamp.position}\n`));
  }
  // Keep a few groups under way, not the waiting line full.
  if (journal.head - journal.durableHead < 500) setImmediate(appendSome);
  else void journal.whenDurable(journal.head).then(appendSome);
}
appendSome();
