import { Outbox } from '../../../src/feed/provider/outbox.js';

/** Gives out numbers in groups of `groupSize` until it is killed; says which, once they may be published. */
const [file = '', groupSize = '1', round = ''] = process.argv.slice(2);

const outbox = await Outbox.open(file);
for (const { seq, jti } of outbox.unconfirmed) console.log(`unconfirmed ${seq} ${jti}`);
for (let group = 0; ; group++) {
  const tokens = Array.from({ length: Number(groupSize) }, (_, index) => ({
    jti: `${round}-${group}-${index}`,
    token: `token-${round}-${group}-${index}`.padEnd(600, '.'),
  }));
  for (const { seq, jti } of await outbox.add(tokens, Date.now())) console.log(`given ${seq} ${jti}`);
  // Some are confirmed, some are on their way when the end comes.
  if (group % 3 !== 0) outbox.confirm([outbox.next - 1]);
}
