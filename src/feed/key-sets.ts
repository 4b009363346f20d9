import { join } from 'node:path';
import type { UnixMs } from '../decision/vocabulary.js';
import type { VerificationKey } from './jwks.js';
import { verificationKeys } from './key-set.js';
import { KeySetFollower, type KeySetHappening } from './key-set-follower.js';
import { KEY_SET_TIMES, type KeySetTimes } from './key-set-schedule.js';
import type { ProviderRegistry, RegisteredProvider } from './registry.js';

export interface KeySetsOptions {
  /** Folder for the last good sets; absent: they are kept in memory only. */
  readonly folder: string | undefined;
  readonly times?: Partial<KeySetTimes>;
  readonly nowMs: () => UnixMs;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Other keys of this provider count from now on. */
  readonly changed: (provider: string) => void;
  readonly happened: (provider: string, happening: KeySetHappening) => void;
}

interface Followed {
  readonly follower: KeySetFollower;
  /** What it was made for; a change makes a new one. */
  readonly source: string;
}

/** The key sets of all providers that are registered with an address. */
export class KeySets {
  readonly #options: KeySetsOptions;
  readonly #followed = new Map<string, Followed>();
  #leaving: Promise<void> = Promise.resolve();

  constructor(options: KeySetsOptions) {
    this.#options = options;
  }

  /** Follows what this registry names. Resolves when sets kept on disk are taken up; the network is not waited for. */
  async follow(registry: ProviderRegistry): Promise<void> {
    const starting: Promise<void>[] = [];
    for (const [id, { follower, source }] of this.#followed) {
      const provider = registry.providers.get(id);
      if (provider !== undefined && sourceOf(provider) === source) continue;
      this.#followed.delete(id);
      this.#leaving = this.#leaving.then(() => follower.stop());
    }
    for (const provider of registry.providers.values()) {
      const source = sourceOf(provider);
      if (source === undefined || this.#followed.has(provider.id)) continue;
      const follower = this.#followerOf(provider);
      if (follower === undefined) continue;
      this.#followed.set(provider.id, { follower, source });
      starting.push(follower.start());
    }
    await Promise.all(starting);
  }

  /** The keys held for a provider; undefined if it is not registered with an address. */
  readonly keysOf = (provider: string): readonly VerificationKey[] | undefined => {
    const followed = this.#followed.get(provider);
    return followed === undefined ? undefined : verificationKeys(followed.follower.held);
  };

  /** When the set of a provider was last confirmed by its server; undefined if never. */
  checkedAt(provider: string): UnixMs | undefined {
    return this.#followed.get(provider)?.follower.checkedAt;
  }

  /** A message came under a key that this provider does not have. */
  missed(provider: string): void {
    this.#followed.get(provider)?.follower.missed();
  }

  async stop(): Promise<void> {
    const followers = [...this.#followed.values()].map(({ follower }) => follower.stop());
    await Promise.all([this.#leaving, ...followers]);
  }

  #followerOf({ id, keysUrl, algorithms }: RegisteredProvider): KeySetFollower | undefined {
    const { folder, times, nowMs, random, changed, happened } = this.#options;
    if (keysUrl === undefined) return undefined;
    return new KeySetFollower({
      address: keysUrl,
      algorithms,
      file: folder === undefined ? undefined : join(folder, `${id}.json`),
      times: { ...KEY_SET_TIMES, ...times },
      nowMs,
      random,
      changed: () => changed(id),
      happened: (happening) => happened(id, happening),
    });
  }
}

/** Undefined without an address. */
function sourceOf({ keysUrl, algorithms }: RegisteredProvider): string | undefined {
  return keysUrl === undefined ? undefined : JSON.stringify([keysUrl, algorithms]);
}
