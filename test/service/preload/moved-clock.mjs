// Moves the wall clock of the process by as many milliseconds as a file says, read anew each 20 ms. Monotonic time is left alone.
import { readFileSync } from 'node:fs';

const file = process.env.MOVED_CLOCK_FILE;
const realNow = Date.now;
const RealDate = Date;
let movedBy = 0;

function look() {
  const text = readFileSync(file, 'utf8').trim();
  if (text !== '') movedBy = Number(text);
}

look();
setInterval(look, 20).unref();
class MovedDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(realNow() + movedBy);
    else super(...parts);
  }
  static now() {
    return realNow() + movedBy;
  }
}
globalThis.Date = MovedDate;
