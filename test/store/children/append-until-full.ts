import { writeSync } from 'node:fs';
import { openLogStore } from '../../../src/store/lmdb-log-store.js';
import { encodeLogEntry } from '../../../src/store/log-entry.js';

// Appends until the disk refuses, tries the refused group twice more, and reports what it believes to be durable.
const [folder = ''] = process.argv.slice(2);
const log = await openLogStore(folder);
const payload = Buffer.alloc(10_000, 'x');
let failures = 0;
while (failures < 3) {
  const position = log.lastPosition + 1;
  const entry = { kind: 'test', id: String(position), tenant: '', receivedAt: position, payload };
  try {
    await log.append([{ position, bytes: encodeLogEntry(entry) }]);
  } catch (error) {
    failures++;
    writeSync(1, `failed ${error instanceof Error && 'code' in error ? error.code : error}\n`);
  }
}
const readable = [...log.read(1)].length;
writeSync(1, `durable ${log.lastPosition} readable ${readable}\n`);
await log.close();
