import type { DestinationFacts } from '../decision/input.js';
import type { UnixMs } from '../decision/vocabulary.js';
import { type StateStore, StoreError } from '../store/ports.js';
import type { RecordTable } from './record-table.js';

const NAME = 'places-read-since';

/** Records of before, and no assessment since. */
const NOT_YET = 'not-yet';
/** No record of before. */
const ALWAYS = 'always';

/**
 * Since when destinations are read as places: the first assessment after those that knew them by their text. A state that
 * was made by a version of then has assessments and nothing here.
 */
export class PlacesReadSince {
  #value: UnixMs | typeof NOT_YET | typeof ALWAYS | undefined;

  constructor(
    private readonly meta: RecordTable<Uint8Array>,
    state: StateStore,
  ) {
    const stored = meta.get(NAME);
    if (stored !== undefined) this.#value = decode(stored);
    else if (!state.range('ledgers', { limit: 1 })[Symbol.iterator]().next().done) this.#value = NOT_YET;
  }

  /** @returns undefined: always. `now`: nothing was asked since they are read */
  since(now: UnixMs): UnixMs | undefined {
    if (this.#value === NOT_YET) return now;
    return typeof this.#value === 'number' ? this.#value : undefined;
  }

  /**
   * Takes note of one more destination that was asked about, in the order of the log.
   *
   * @param at undefined: nobody is sure
   */
  asked({ formerId }: DestinationFacts, at: UnixMs | undefined): void {
    if (formerId === undefined) this.#set(NOT_YET);
    else if (this.#value === NOT_YET && at !== undefined) this.#set(at);
    else if (this.#value === undefined) this.#set(ALWAYS);
  }

  #set(value: UnixMs | typeof NOT_YET | typeof ALWAYS): void {
    if (this.#value === value) return;
    this.#value = value;
    this.meta.set(NAME, Buffer.from(String(value)));
  }
}

/** @throws StoreError code `STATE_CORRUPT` */
function decode(bytes: Uint8Array): UnixMs | typeof NOT_YET | typeof ALWAYS {
  const text = Buffer.from(bytes).toString();
  if (text === NOT_YET || text === ALWAYS) return text;
  if (!/^\d{1,16}$/.test(text)) throw new StoreError('STATE_CORRUPT', `\`${NAME}\` cannot be read`);
  return Number(text);
}
