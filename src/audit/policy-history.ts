import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type PolicyRevisionMark, PolicyRevisionMarkSchema } from '../gen/holdfast/store/v1/policy_pb.js';
import { decodeEntry } from '../store/codec/entries.js';
import type { PolicyRevisionBody } from '../store/codec/entry-bodies.js';
import type { LogPosition, StateChange, StateStore } from '../store/ports.js';

const LATEST_KEY = 'policy-revision:latest';
const BY_HASH = 'policy-revision:hash:';
const BY_NUMBER = 'policy-revision:number:';

/** Names a revision and the place of its entry. */
export interface RevisionMark {
  readonly number: number;
  readonly hash: string;
  readonly position: LogPosition;
}

/** An entry as a journal hands it to a projection. */
interface FollowedEntry {
  readonly stamp: { readonly position: LogPosition };
  readonly kind: string;
  readonly payload: Uint8Array;
}

/** Which policy revisions there were, and where the log holds their texts. A projection of the log. */
export class PolicyHistory {
  readonly #state: StateStore;
  /** Marks not yet readable from the state, by key. */
  readonly #pending = new Map<string, RevisionMark>();
  #untaken: string[] = [];

  constructor(state: StateStore) {
    this.#state = state;
  }

  /** The revision that the log named last; undefined in a new deployment. */
  get latest(): RevisionMark | undefined {
    return this.#mark(LATEST_KEY);
  }

  byHash(hash: string): RevisionMark | undefined {
    return this.#mark(BY_HASH + hash);
  }

  byNumber(number: number): RevisionMark | undefined {
    return this.#mark(BY_NUMBER + String(number));
  }

  apply(entry: FollowedEntry): void {
    if (entry.kind !== 'policy-revision') return;
    const body = decodeEntry(entry.kind, entry.payload);
    if (body.kind === 'policy-revision') this.applyBody(entry.stamp.position, body);
  }

  /** Takes a revision in without decoding it again. */
  applyBody(position: LogPosition, body: PolicyRevisionBody): void {
    const { number, hash } = body;
    const mark = { number, hash, position };
    const known = this.latest;
    if (known === undefined || known.position < position) this.#set(LATEST_KEY, mark);
    this.#set(BY_HASH + hash, mark);
    this.#set(BY_NUMBER + String(number), mark);
  }

  takeChanges(): readonly StateChange[] {
    const keys = this.#untaken;
    this.#untaken = [];
    return keys.flatMap((key) => {
      const mark = this.#pending.get(key);
      return mark === undefined ? [] : [{ table: 'meta' as const, key, value: encodeMark(mark) }];
    });
  }

  settled(changes: readonly StateChange[]): void {
    for (const { table, key } of changes) {
      if (table === 'meta' && !this.#untaken.includes(key)) this.#pending.delete(key);
    }
  }

  #mark(key: string): RevisionMark | undefined {
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const bytes = this.#state.get('meta', key);
    if (bytes === undefined) return undefined;
    const { number, hash, position }: PolicyRevisionMark = fromBinary(PolicyRevisionMarkSchema, bytes);
    return { number, hash, position };
  }

  #set(key: string, mark: RevisionMark): void {
    this.#pending.set(key, mark);
    if (!this.#untaken.includes(key)) this.#untaken.push(key);
  }
}

function encodeMark(mark: RevisionMark): Uint8Array {
  return toBinary(PolicyRevisionMarkSchema, create(PolicyRevisionMarkSchema, mark));
}
