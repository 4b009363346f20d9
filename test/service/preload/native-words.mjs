// Writes to standard error as native code does, past everything of ours and without an end of line, once a file is there.
import { existsSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread)
  setInterval(
    () => existsSync(process.env.NATIVE_WORDS_FROM) && writeSync(2, 'Write error: position 7'),
    200,
  ).unref();
