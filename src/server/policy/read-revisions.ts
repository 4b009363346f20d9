import { create } from '@bufbuild/protobuf';
import { pageToken, readPageToken } from '../../audit/page-token.js';
import {
  type GetPolicyRevisionRequest,
  type GetPolicyRevisionResponse,
  GetPolicyRevisionResponseSchema,
  type ListPolicyChangesRequest,
  type ListPolicyChangesResponse,
  ListPolicyChangesResponseSchema,
  type ListPolicyRevisionsRequest,
  type ListPolicyRevisionsResponse,
  ListPolicyRevisionsResponseSchema,
  type PolicyChange,
  type PolicyRevision,
} from '../../gen/holdfast/v1/policy_service_pb.js';
import { CallError } from '../errors.js';
import type { CallContext } from '../grpc-adapter.js';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../risk/limits.js';
import { etagOf } from './etag.js';
import { MAX_COMPARED_CHANGES } from './limits.js';
import { changeMessage, revisionMessage, shadowSummaryMessage } from './messages.js';
import type { PolicyParts } from './parts.js';
import { requireRevision } from './require.js';

/**
 * Fetches one revision, the live one for number 0, once it is on disk. Of one that runs in shadow the summary contains
 * every answer that was given before the call.
 *
 * @throws CallError NOT_FOUND
 */
export async function getRevision(
  parts: PolicyParts,
  request: GetPolicyRevisionRequest,
): Promise<GetPolicyRevisionResponse> {
  const { history, shadows, journal } = parts;
  const number = request.number === 0 ? history.standing.active : request.number;
  const kept = requireRevision(parts, number);
  await journal.whenDurable(history.standing.changedPosition);
  await shadows.caughtUp();
  const summary = shadows.summary(number);
  return create(GetPolicyRevisionResponseSchema, {
    revision: revisionMessage(parts, kept, true),
    etag: etagOf(history.standing),
    ...(summary === undefined ? {} : { shadowSummary: shadowSummaryMessage(summary) }),
  });
}

/**
 * Lists revisions, newest first, without their texts.
 *
 * @throws CallError INVALID_ARGUMENT
 */
export async function listRevisions(
  parts: PolicyParts,
  request: ListPolicyRevisionsRequest,
  context: Pick<CallContext, 'cancelled' | 'slices'>,
): Promise<ListPolicyRevisionsResponse> {
  const { history, journal } = parts;
  const { numbers, nextPageToken } = pageOf('policy-revisions', history.standing.latest, request);
  await journal.whenDurable(history.standing.changedPosition);
  const revisions: PolicyRevision[] = [];
  for (const number of numbers) {
    await yieldTo(context);
    const kept = history.revision(number);
    if (kept !== undefined) revisions.push(revisionMessage(parts, kept, false));
  }
  return create(ListPolicyRevisionsResponseSchema, { revisions, nextPageToken });
}

/**
 * Lists who changed what, when and why, newest first.
 *
 * @throws CallError INVALID_ARGUMENT
 */
export async function listChanges(
  parts: PolicyParts,
  request: ListPolicyChangesRequest,
  context: Pick<CallContext, 'cancelled' | 'slices'>,
): Promise<ListPolicyChangesResponse> {
  const { history, journal } = parts;
  const most = request.withDifferences ? MAX_COMPARED_CHANGES : MAX_PAGE_SIZE;
  const { numbers, nextPageToken } = pageOf('policy-changes', history.standing.changeCount, request, most);
  await journal.whenDurable(history.standing.changedPosition);
  const differencesOf = request.withDifferences
    ? (await import('./change-differences.js')).changeDifferences
    : undefined;
  const changes: PolicyChange[] = [];
  for (const number of numbers) {
    await yieldTo(context);
    const change = history.change(number);
    if (change === undefined) continue;
    const differences = (await differencesOf?.(parts, change)) ?? [];
    changes.push(changeMessage(change, differences));
  }
  return create(ListPolicyChangesResponseSchema, { changes, nextPageToken });
}

/** Lets answers be given before the next item, if the slice is used up. @throws CallError when the caller has gone */
async function yieldTo(context: Pick<CallContext, 'cancelled' | 'slices'>): Promise<void> {
  const { slices } = context;
  if (slices === undefined || !slices.isOver()) return;
  await slices.next();
  if (context.cancelled()) throw new CallError('DEADLINE_PASSED');
}

interface Page {
  /** Descending. */
  readonly numbers: readonly number[];
  readonly nextPageToken: string;
}

/** A page of things numbered from 1, newest first. */
function pageOf(
  scope: string,
  newest: number,
  request: { readonly pageSize: number; readonly pageToken: string },
  most: number = MAX_PAGE_SIZE,
): Page {
  const before = request.pageToken === '' ? newest + 1 : readPageToken(request.pageToken, scope);
  if (before === undefined) {
    throw new CallError('PAGE_TOKEN_INVALID', undefined, {
      violations: [
        { field: 'page_token', reason: 'NOT_A_TOKEN', description: 'must come from a page of this list' },
      ],
    });
  }
  const size = Math.min(request.pageSize === 0 ? DEFAULT_PAGE_SIZE : request.pageSize, most);
  const from = Math.min(before, newest + 1);
  const numbers = Array.from({ length: Math.min(size, from - 1) }, (_, index) => from - 1 - index);
  const last = from - numbers.length;
  return { numbers, nextPageToken: last > 1 ? pageToken(last, scope) : '' };
}
