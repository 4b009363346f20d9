import { basename } from 'node:path';
import { type MessageInitShape, toJson } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import {
  type CreatePolicyRevisionRequestSchema,
  type CreatePolicyRevisionResponse,
  CreatePolicyRevisionResponseSchema,
  PolicyService,
} from '../gen/holdfast/v1/policy_service_pb.js';
import { formatProblem } from '../policy/index.js';
import type { GrpcClient } from './grpc-client.js';
import type { Env } from './history.js';
import { readInput, yamlFilesAt } from './input-file.js';
import { actorOf, type ChangeOptions, named, printCases } from './policy-revisions.js';
import { askService } from './service-client.js';
import { CommandError, EXIT, json, type Terminal } from './terminal.js';

/** Checking a policy and running its cases takes a moment. */
const TIMEOUT_MS = 30_000;

export interface PushOptions extends ChangeOptions {
  /** Case files or folders to keep with the revision; absent: the packaged cases of a policy of its name count. */
  readonly cases?: readonly string[];
}

/**
 * `holdfast policy push FILE`: keeps a policy as a new revision; does not switch it on.
 *
 * @returns the exit code: 0 kept, and its cases pass; 1 kept, but some fail
 * @throws CommandError for files that cannot be read, and for a policy or cases with mistakes, all of which are shown
 */
export async function policyPush(
  file: string,
  options: PushOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const caseFiles = (options.cases ?? []).flatMap(yamlFilesAt);
  const request = {
    text: readInput(file),
    author: actorOf(options),
    message: options.reason ?? '',
    cases: caseFiles.map((path) => ({ name: basename(path), text: readInput(path) })),
  };
  const response = await askService(env, (client) => keepOrExplain(client, request));
  const { problems, caseReport } = response;
  if (options.json) terminal.out(json(toJson(CreatePolicyRevisionResponseSchema, response)));
  if (problems.length > 0) {
    if (!options.json) {
      for (const problem of problems) terminal.out(formatProblem(problem, problem.file || file));
    }
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    throw new CommandError(`${file}: not kept: ${count}`, EXIT.failed);
  }
  if (!options.json) {
    terminal.out(`kept as ${named(response.revision)}; it does not decide yet`);
    printCases(caseReport, terminal);
  }
  return (caseReport?.failedCount ?? 0) === 0 ? EXIT.ok : EXIT.failed;
}

/** Keeps a policy; of one with mistakes asks for all of them, since an error has room for a few. */
async function keepOrExplain(
  client: GrpcClient,
  request: MessageInitShape<typeof CreatePolicyRevisionRequestSchema>,
): Promise<CreatePolicyRevisionResponse> {
  const { createPolicyRevision } = PolicyService.method;
  try {
    return await client.call(createPolicyRevision, request, TIMEOUT_MS);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === status.INVALID_ARGUMENT)) throw error;
    const checked = await client.call(createPolicyRevision, { ...request, validateOnly: true }, TIMEOUT_MS);
    if (checked.problems.length === 0) throw error;
    return checked;
  }
}
