import { formerTag } from './destinations.js';
import type { UseRecord } from './evidence.js';
import type { FactorFacts, RequestFacts } from './input.js';
import { shortName } from './short-name.js';

/** What can serve a withdrawal and be new: first characters of its tags. */
export type UsedKind = 'd' | 'f' | 'a';

/** Names the session's device in the ledger; undefined if the exchange did not. */
export function deviceTag({ deviceId }: RequestFacts): string | undefined {
  return deviceId === undefined ? undefined : `d${shortName(deviceId)}`;
}

export function destinationTag({ destination }: RequestFacts): string {
  return `a${shortName(destination.id)}`;
}

/** A factor is told by its channel, its name and when it was enrolled: enrolled again it is another one. */
export function factorTag({ channel, id, enrolledAt }: FactorFacts): string | undefined {
  if (id === undefined && enrolledAt === undefined) return undefined;
  return `f${channel}${id === undefined ? '' : shortName(id)}${enrolledAt?.toString(36) ?? ''}`;
}

/** The use of the destination: by its tag, or by the one that it had before places were read. */
export function destinationUse(
  uses: readonly UseRecord[] | undefined,
  request: RequestFacts,
): UseRecord | undefined {
  return useOf(uses, destinationTag(request)) ?? useOf(uses, formerTag(request.destination));
}

/** The use of what has this tag; undefined if it served no allowed withdrawal of real size. */
export function useOf(
  uses: readonly UseRecord[] | undefined,
  tag: string | undefined,
): UseRecord | undefined {
  return tag === undefined ? undefined : uses?.find((use) => use.tag === tag);
}
