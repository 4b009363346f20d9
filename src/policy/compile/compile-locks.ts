import type { LockRule, LockShape } from '../../decision/policy-model.js';
import type { LockDocument } from '../policy-document.js';
import type { DocumentPath } from '../policy-problem.js';
import { compileCondition, sourceOf } from './compile-conditions.js';
import type { Draft } from './draft.js';
import { checkRepetitions } from './lock-repetitions.js';
import { reasonText } from './reason-text.js';

const TRIGGERS: ReadonlySet<string> = new Set([
  'signal',
  'event',
  'exposure',
  'cohort',
  'watch',
  'loginFailures',
]);

/** What stands in for `lock_shape` in a policy without composite locks, which never looks at it. */
const UNUSED_SHAPE: LockShape = { destinationKnownAfter: 1, largeShare: 1, valueFloor: 0 };

export function compileLocks(draft: Draft): LockRule[] {
  const locks = (draft.document.locks ?? []).map((lock, index) => compileLock(draft, ['locks', index], lock));
  checkRepetitions(draft, locks);
  return locks;
}

function compileLock(draft: Draft, path: DocumentPath, lock: LockDocument): LockRule {
  draft.claimCode([...path, 'code'], lock.code);
  const trigger = compileCondition(draft, [...path, 'when'], lock.when);
  const shape = lock.shape ?? 'composite';
  const window = draft.duration([...path, 'window'], lock.window);
  const troubled =
    lock.window_with_mailbox_trouble === undefined
      ? undefined
      : draft.duration([...path, 'window_with_mailbox_trouble'], lock.window_with_mailbox_trouble);
  const younger =
    lock.only_destinations_younger_than === undefined
      ? undefined
      : draft.duration([...path, 'only_destinations_younger_than'], lock.only_destinations_younger_than);

  if (shape === 'composite' && !TRIGGERS.has(trigger.kind)) {
    draft.problem(
      [...path, 'when'],
      'a composite lock is triggered by something that happened, not by this request',
    );
  }
  if (shape === 'timer' && !TRIGGERS.has(trigger.kind) && trigger.kind !== 'destinationAge') {
    draft.problem(
      [...path, 'when'],
      'a timer is triggered by something that happened, or by `destination_age`',
    );
  }
  if (trigger.kind === 'destinationAge' && trigger.below > window) {
    draft.problem(
      [...path, 'window'],
      'shorter than the age it looks for, so the rest of that age has no effect',
    );
  }
  if (shape === 'composite' && younger !== undefined) {
    draft.problem(
      [...path, 'only_destinations_younger_than'],
      'is for timers: composite locks use `lock_shape.destination_known_after`',
    );
  }
  if (troubled !== undefined && troubled < window) {
    draft.problem(
      [...path, 'window_with_mailbox_trouble'],
      'must not be shorter than `window`: trouble is no relief',
    );
  }
  return {
    ...reasonText(lock, sourceOf(trigger)),
    trigger,
    window,
    ...(troubled !== undefined && { windowWithMailboxTrouble: troubled }),
    shape,
    ...(younger !== undefined && { onlyDestinationsYoungerThan: younger }),
    release: lock.release ?? 'AUTOMATIC',
  };
}

export function compileLockShape(draft: Draft, locks: readonly LockRule[]): LockShape {
  const shape = draft.document.lock_shape;
  if (shape === undefined) {
    if (locks.some((lock) => lock.shape === 'composite')) {
      draft.problem(['locks'], '`lock_shape` is missing: composite locks need it');
    }
    return UNUSED_SHAPE;
  }
  const path = ['lock_shape'];
  return {
    destinationKnownAfter: draft.duration(
      [...path, 'destination_known_after'],
      shape.destination_known_after,
    ),
    largeShare: shape.large_share,
    valueFloor: draft.money([...path, 'value_floor'], shape.value_floor),
  };
}
