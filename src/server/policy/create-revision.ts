import { create } from '@bufbuild/protobuf';
import type { KeptRevision } from '../../audit/policy-history.js';
import {
  type CreatePolicyRevisionRequest,
  type CreatePolicyRevisionResponse,
  CreatePolicyRevisionResponseSchema,
} from '../../gen/holdfast/v1/policy_service_pb.js';
import type { CaseText } from '../../policy/index.js';
import type { PolicyRevisionBody } from '../../store/codec/entries.js';
import { invalidArgument } from '../errors.js';
import { FieldRules } from '../risk/field-rules.js';
import {
  MAX_ACTOR_CHARACTERS,
  MAX_CASE_FILE_NAME_CHARACTERS,
  MAX_CASE_FILES,
  MAX_REASON_CHARACTERS,
} from './limits.js';
import { caseReportMessage, problemMessage, revisionMessage } from './messages.js';
import type { PolicyParts } from './parts.js';
import { recordChange } from './record-change.js';
import { policyInvalid, requireApiMode } from './require.js';

/**
 * Checks a policy with its cases and, unless `validate_only`, keeps it as a new revision; does not switch it on. A text
 * that is kept already with the same cases gives that revision again, so a retry makes no second one.
 *
 * @throws CallError FAILED_PRECONDITION in file mode, INVALID_ARGUMENT for a wrong request or policy
 * @throws JournalError code `AUDIT_UNAVAILABLE`
 */
export async function createRevision(
  parts: PolicyParts,
  request: CreatePolicyRevisionRequest,
): Promise<CreatePolicyRevisionResponse> {
  requireFields(parts, request);
  if (!request.validateOnly) requireApiMode(parts);
  const cases = request.cases.map(({ name, text }): CaseText => ({ name, text }));
  const checked = await parts.check(request.text, cases);
  if (checked.kind === 'invalid') {
    if (!request.validateOnly) throw policyInvalid(checked.problems);
    return create(CreatePolicyRevisionResponseSchema, { problems: checked.problems.map(problemMessage) });
  }
  const caseReport = caseReportMessage(checked.report);
  if (request.validateOnly) return create(CreatePolicyRevisionResponseSchema, { caseReport });

  const kept = sameRevision(parts, checked.hash, cases) ?? keep(parts, request, checked.hash, cases);
  await parts.journal.whenDurable(kept.position);
  return create(CreatePolicyRevisionResponseSchema, {
    revision: revisionMessage(parts, kept, true),
    caseReport,
  });
}

function requireFields(parts: PolicyParts, request: CreatePolicyRevisionRequest): void {
  const rules = new FieldRules(parts.clock.nowMs());
  if (request.text === '') rules.refuse('text', 'REQUIRED', 'is required');
  if (request.validateOnly) rules.optionalText('author', request.author, MAX_ACTOR_CHARACTERS);
  else rules.requiredText('author', request.author, MAX_ACTOR_CHARACTERS);
  rules.optionalText('message', request.message, MAX_REASON_CHARACTERS);
  rules.atMost('cases', request.cases.length, MAX_CASE_FILES);
  for (const [index, file] of request.cases.entries()) {
    rules.requiredText(`cases[${index}].name`, file.name, MAX_CASE_FILE_NAME_CHARACTERS);
    if (file.text === '') rules.refuse(`cases[${index}].text`, 'REQUIRED', 'is required');
  }
  if (rules.violations.length > 0) throw invalidArgument(rules.violations);
}

function sameRevision(
  { history }: PolicyParts,
  hash: string,
  cases: readonly CaseText[],
): KeptRevision | undefined {
  const mark = history.byHash(hash);
  const kept = mark === undefined ? undefined : history.revision(mark.number);
  const known = kept?.body.cases ?? [];
  const same =
    known.length === cases.length &&
    known.every(({ name, text }, index) => name === cases[index]?.name && text === cases[index].text);
  return same ? kept : undefined;
}

function keep(
  parts: PolicyParts,
  { text, author, message }: CreatePolicyRevisionRequest,
  hash: string,
  cases: readonly CaseText[],
): KeptRevision {
  const { latest, active } = parts.history.standing;
  const body: PolicyRevisionBody = {
    kind: 'policy-revision',
    number: latest + 1,
    hash,
    text,
    author,
    message,
    parent: active,
    ...(cases.length > 0 ? { cases } : {}),
  };
  const { stamp } = recordChange(parts, body);
  return { body, position: stamp.position, createdAt: stamp.receivedAt };
}
