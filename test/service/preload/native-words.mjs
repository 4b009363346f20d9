// Writes to standard error as native code does, past everything of ours and without an end of line, once, when a file is there.
import { existsSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const look = setInterval(() => {
    if (!existsSync(process.env.NATIVE_WORDS_FROM)) return;
    clearInterval(look);
    writeSync(2, 'Write error: position 7');
  }, 200);
  look.unref();
}
