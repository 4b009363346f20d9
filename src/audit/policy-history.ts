import { decodeEntry } from '../store/codec/entries.js';
import type {
  JournalEntryBody,
  PolicyActivationBody,
  PolicyRevisionBody,
  PolicyShadowBody,
} from '../store/codec/entry-bodies.js';
import {
  decodeChange,
  decodeKeptRevision,
  decodeStanding,
  encodeChange,
  encodeKeptRevision,
  encodeStanding,
  type KeptRevision,
  type PolicyChange,
  type PolicyStanding,
} from '../store/codec/policy-record-codec.js';
import type { LogPosition, StateChange, StateStore } from '../store/ports.js';

export type { KeptRevision, PolicyChange, PolicyStanding } from '../store/codec/policy-record-codec.js';

/** How many rollbacks one after the other are possible. */
const MAX_EARLIER = 100;

const STANDING_KEY = 'policy:standing';
const BY_HASH = 'policy-revision:hash:';
const BY_NUMBER = 'policy-revision:number:';
const CHANGE = 'policy-change:';

const NOTHING_YET: PolicyStanding = {
  latest: 0,
  active: 0,
  activePosition: 0,
  earlier: [],
  shadows: [],
  changeCount: 0,
  changedPosition: 0,
};

/** Names a revision and the place of its entry. */
export interface RevisionMark {
  readonly number: number;
  readonly hash: string;
  readonly position: LogPosition;
}

/** What an entry got when it was appended. */
interface PolicyStamp {
  readonly position: LogPosition;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

/** An entry as a journal hands it to a projection. */
interface FollowedEntry {
  readonly stamp: PolicyStamp;
  readonly kind: string;
  readonly payload: Uint8Array;
}

/** What an entry about policies says. */
export type PolicyBody = PolicyRevisionBody | PolicyActivationBody | PolicyShadowBody;

/**
 * Which policy revisions there were, which decides, which run in shadow, and who changed it. A projection of the log
 * that keeps whole revisions: the one that decides may be older than what retention leaves of the log.
 */
export class PolicyHistory {
  readonly #state: StateStore;
  /** Values not yet readable from the state, by key. */
  readonly #pending = new Map<string, Uint8Array>();
  #untaken = new Set<string>();
  #standing: PolicyStanding;

  constructor(state: StateStore) {
    this.#state = state;
    const known = state.get('meta', STANDING_KEY);
    this.#standing = known === undefined ? NOTHING_YET : decodeStanding(known);
  }

  get standing(): PolicyStanding {
    return this.#standing;
  }

  /** The revision that the log named last; undefined in a new deployment. */
  get latest(): RevisionMark | undefined {
    return this.byNumber(this.#standing.latest);
  }

  /** The revision that decides; undefined in a new deployment. */
  get active(): RevisionMark | undefined {
    return this.byNumber(this.#standing.active);
  }

  /** The newest revision with this hash. */
  byHash(hash: string): RevisionMark | undefined {
    const number = this.#read(BY_HASH + hash);
    return number === undefined ? undefined : this.byNumber(Number(Buffer.from(number).toString()));
  }

  byNumber(number: number): RevisionMark | undefined {
    const kept = this.revision(number);
    return kept === undefined ? undefined : { number, hash: kept.body.hash, position: kept.position };
  }

  /** A revision with its text. */
  revision(number: number): KeptRevision | undefined {
    const bytes = this.#read(BY_NUMBER + String(number));
    return bytes === undefined ? undefined : decodeKeptRevision(bytes);
  }

  /** @param index from 1, the oldest, to `standing.changeCount` */
  change(index: number): PolicyChange | undefined {
    const bytes = this.#read(CHANGE + String(index));
    return bytes === undefined ? undefined : decodeChange(bytes);
  }

  apply(entry: FollowedEntry): void {
    if (!entry.kind.startsWith('policy-')) return;
    const body = decodeEntry(entry.kind, entry.payload);
    if (isPolicyBody(body)) this.applyBody(entry.stamp, body);
  }

  /** Takes an entry in without decoding it again. One already contained changes nothing. */
  applyBody(stamp: PolicyStamp, body: PolicyBody): void {
    if (stamp.position <= this.#standing.changedPosition) return;
    switch (body.kind) {
      case 'policy-revision':
        this.#keep(stamp, body);
        break;
      case 'policy-activation':
        this.#activate(stamp, body);
        break;
      case 'policy-shadow':
        this.#shadow(stamp, body);
        break;
      default:
        body satisfies never;
    }
  }

  takeChanges(): readonly StateChange[] {
    const keys = this.#untaken;
    this.#untaken = new Set();
    return [...keys].flatMap((key) => {
      const value = this.#pending.get(key);
      return value === undefined ? [] : [{ table: 'meta' as const, key, value }];
    });
  }

  settled(changes: readonly StateChange[]): void {
    for (const { table, key, value } of changes) {
      if (table === 'meta' && this.#pending.get(key) === value) this.#pending.delete(key);
    }
  }

  #keep(stamp: PolicyStamp, body: PolicyRevisionBody): void {
    const { number, hash, parent, author, message } = body;
    this.#set(
      BY_NUMBER + String(number),
      encodeKeptRevision({ body, position: stamp.position, createdAt: stamp.receivedAt }),
    );
    this.#set(BY_HASH + hash, Buffer.from(String(number)));
    const activates = body.activates ?? false;
    const latest = Math.max(this.#standing.latest, number);
    this.#stand(
      stamp,
      activates ? { latest, ...this.#activated(stamp, number) } : { latest },
      change('created', { number, previous: parent, actor: author, reason: message, activates }),
    );
  }

  #activate(stamp: PolicyStamp, body: PolicyActivationBody): void {
    const { number, previous, actor, reason, rollback, override } = body;
    const standing = this.#activated(stamp, number);
    this.#stand(
      stamp,
      rollback === true ? { ...standing, earlier: this.#standing.earlier.slice(0, -1) } : standing,
      change(rollback === true ? 'rolled-back' : 'activated', {
        number,
        previous,
        actor,
        reason,
        overrideReason: override?.reason ?? '',
        failedCaseCount: override?.failedCaseCount ?? 0,
        activates: true,
      }),
    );
  }

  /** What decides is no candidate any more: its shadow ends. */
  #activated({ position }: PolicyStamp, number: number) {
    const { active, earlier, shadows } = this.#standing;
    return {
      active: number,
      activePosition: position,
      earlier: active === 0 ? earlier : [...earlier, active].slice(-MAX_EARLIER),
      shadows: shadows.filter((shadow) => shadow !== number),
    };
  }

  #shadow(stamp: PolicyStamp, body: PolicyShadowBody): void {
    const { number, starts, actor, reason } = body;
    const others = this.#standing.shadows.filter((shadow) => shadow !== number);
    this.#stand(
      stamp,
      { shadows: starts ? [...others, number] : others },
      change(starts ? 'shadow-started' : 'shadow-stopped', {
        number,
        previous: this.#standing.active,
        actor,
        reason,
      }),
    );
  }

  #stand(stamp: PolicyStamp, standing: Partial<PolicyStanding>, made: PolicyChange): void {
    const changeCount = this.#standing.changeCount + 1;
    this.#standing = { ...this.#standing, ...standing, changeCount, changedPosition: stamp.position };
    this.#set(STANDING_KEY, encodeStanding(this.#standing));
    this.#set(CHANGE + String(changeCount), encodeChange({ ...made, changedAt: stamp.receivedAt }));
  }

  #read(key: string): Uint8Array | undefined {
    return this.#pending.get(key) ?? this.#state.get('meta', key);
  }

  #set(key: string, value: Uint8Array): void {
    this.#pending.set(key, value);
    this.#untaken.add(key);
  }
}

function isPolicyBody(body: JournalEntryBody | { readonly kind: 'unknown' }): body is PolicyBody {
  return (
    body.kind === 'policy-revision' || body.kind === 'policy-activation' || body.kind === 'policy-shadow'
  );
}

const NO_CHANGE: Omit<PolicyChange, 'kind'> = {
  number: 0,
  previous: 0,
  actor: '',
  reason: '',
  overrideReason: '',
  failedCaseCount: 0,
  changedAt: 0,
  activates: false,
};

function change(kind: PolicyChange['kind'], facts: Partial<PolicyChange>): PolicyChange {
  return { ...NO_CHANGE, ...facts, kind };
}
