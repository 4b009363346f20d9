import type { Condition, LockRule } from '../../decision/policy-model.js';
import type { Draft } from './draft.js';

/**
 * Finds locks that another one hides: whatever triggers them triggers the other, which lasts at least as long. Such a
 * lock looks like protection, and changing it changes nothing.
 */
export function checkRepetitions(draft: Draft, locks: readonly LockRule[]): void {
  locks.forEach((lock, index) => {
    const path = ['locks', index];
    const twin = locks.slice(0, index).find((other) => isSameTrigger(lock, other));
    if (twin !== undefined) {
      draft.problem(
        path,
        `has the same trigger and shape as \`${twin.code}\`, so the longer of the two hides the other`,
      );
      return;
    }
    const other = locks.find((one) => one !== lock && !isSameTrigger(lock, one) && isHiddenBy(lock, one));
    if (other === undefined) return;
    const length = lock.window < other.window ? 'is shorter than' : 'is no longer than';
    draft.problem(
      [...path, 'window'],
      `has no effect: \`${lock.code}\` ${length} \`${other.code}\`, which everything that triggers it triggers too`,
    );
  });
}

function isSameTrigger(lock: LockRule, other: LockRule): boolean {
  return JSON.stringify(lock.trigger) === JSON.stringify(other.trigger) && isSameShape(lock, other);
}

function isSameShape(lock: LockRule, other: LockRule): boolean {
  return lock.shape === other.shape && lock.onlyDestinationsYoungerThan === other.onlyDestinationsYoungerThan;
}

function isHiddenBy(lock: LockRule, other: LockRule): boolean {
  return (
    isSameShape(lock, other) &&
    // A lock that only a person may end adds to one that ends by itself.
    (lock.release === 'AUTOMATIC' || other.release === 'PERSON') &&
    lock.window <= other.window &&
    (lock.windowWithMailboxTrouble ?? lock.window) <= (other.windowWithMailboxTrouble ?? other.window) &&
    isNarrower(lock.trigger, other.trigger)
  );
}

/** Whether everything that meets the first condition meets the second. False whenever in doubt. */
function isNarrower(condition: Condition, other: Condition): boolean {
  if (condition.kind === 'signal' && other.kind === 'signal') {
    return (
      isWithin(condition.types, other.types) &&
      isWithin(condition.channels, other.channels) &&
      (other.inExposure === undefined || other.inExposure === condition.inExposure)
    );
  }
  if (condition.kind === 'event' && other.kind === 'event') {
    return (
      isWithin(condition.types, other.types) &&
      // `followed_by` also moves the time of the match, so only equal ones compare.
      JSON.stringify(condition.followedBy) === JSON.stringify(other.followedBy) &&
      (other.unauthorised !== true || condition.unauthorised === true)
    );
  }
  if (condition.kind === 'destinationAge' && other.kind === 'destinationAge') {
    return condition.below <= other.below;
  }
  return false;
}

/** @param all absent: no limit */
function isWithin(some: readonly string[] | undefined, all: readonly string[] | undefined): boolean {
  return all === undefined || (some?.every((one) => all.includes(one)) ?? false);
}
