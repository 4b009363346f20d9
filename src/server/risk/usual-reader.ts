const CONTINUES = 0x80;
const GROUP_BITS = 7;
const GROUP_MASK = 0x7f;

/** Groups of a varint that are read: 35 bits. Longer ones are for negative and huge numbers. */
const MOST_GROUPS = 5;

const DOUBLE_BYTES = 8;

/**
 * Reads protobuf as generated encoders write it, and stops at anything else: an unusual reading says nothing about the
 * message but that another decoder must read it. Never throws.
 */
export class UsualReader {
  #at = 0;
  #end: number;
  #isUnusual = false;

  constructor(private readonly bytes: Buffer) {
    this.#end = bytes.length;
  }

  /** Something was read that this does not understand; what was read since means nothing. */
  get isUnusual(): boolean {
    return this.#isUnusual;
  }

  /** The next tag of the current message; 0 at its end, and after something unusual. */
  tag(): number {
    if (this.#at >= this.#end || this.#isUnusual) return 0;
    const tag = this.bytes[this.#at] ?? 0;
    this.#at += 1;
    // Fields above 15 have longer tags; field 0 is none.
    if (tag >= CONTINUES || tag >> 3 === 0) return this.unusual();
    return tag;
  }

  /** Ends the reading. @returns 0 */
  unusual(): 0 {
    this.#isUnusual = true;
    return 0;
  }

  /** A whole number from 0 to below 2^35. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let group = 0; group < MOST_GROUPS; group += 1) {
      if (this.#at >= this.#end) return this.unusual();
      const byte = this.bytes[this.#at] ?? 0;
      this.#at += 1;
      value += (byte & GROUP_MASK) * scale;
      if (byte < CONTINUES) return value;
      scale *= 1 << GROUP_BITS;
    }
    return this.unusual();
  }

  /** A number of an enum or int32 that is not negative. */
  int32(): number {
    const value = this.varint();
    return value < 2 ** 31 ? value : this.unusual();
  }

  bool(): boolean {
    const value = this.varint();
    if (value > 1) this.unusual();
    return value === 1;
  }

  double(): number {
    const start = this.#at;
    if (this.#end - start < DOUBLE_BYTES) return this.unusual();
    this.#at = start + DOUBLE_BYTES;
    return this.bytes.readDoubleLE(start);
  }

  /** A text of ASCII characters. */
  text(): string {
    const length = this.varint();
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) return this.#noText();
    for (let at = start; at < end; at += 1) {
      if ((this.bytes[at] ?? 0) >= CONTINUES) return this.#noText();
    }
    this.#at = end;
    return length === 0 ? '' : this.bytes.toString('latin1', start, end);
  }

  #noText(): string {
    this.unusual();
    return '';
  }

  /** Goes into a nested message. @returns what {@link leave} needs */
  enter(): number {
    const length = this.varint();
    const outer = this.#end;
    const end = this.#at + length;
    if (end > outer) this.unusual();
    else this.#end = end;
    return outer;
  }

  leave(outer: number): void {
    this.#end = outer;
  }
}
