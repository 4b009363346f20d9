import { existsSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import { type PolicyRevision, PolicyService } from '../gen/holdfast/v1/policy_service_pb.js';
import { CASE_IDENTITY } from './case-identity.js';
import type { GrpcClient } from './grpc-client.js';
import { type ReadPolicyFile, readPolicyFile, readPolicyText } from './history.js';
import { CommandError } from './terminal.js';

/** Names the revision that decides. A file of this name is `./live`. */
const LIVE = 'live';
/** Numbers of revisions are uint32 in the contract. */
const MAX_NUMBER = 0xffff_ffff;
/** The largest page: most services have all their revisions on it. */
const PAGE_SIZE = 500;

/** A policy as a command was told it, and where the service keeps it. */
export interface NamedPolicy extends ReadPolicyFile {
  /** Number of its revision; absent: a file that was not looked for among the revisions. */
  readonly revision?: number;
}

/** Which argument a policy was given as, for messages. */
export type PolicyArgument = 'BEFORE' | 'AFTER';

/**
 * Reads a policy file where no service is asked.
 *
 * @throws CommandError with every problem, and for names that only a service understands
 */
export function readNamedFile(argument: PolicyArgument, name: string): ReadPolicyFile {
  if (!existsSync(name)) {
    if (name === LIVE) {
      throw missing(argument, name, 'with --server, `live` is the revision that decides now');
    }
    if (isNumber(name)) throw missing(argument, name, 'with --server, a number is that of a kept revision');
  }
  return readPolicyFile(name);
}

/**
 * Reads a policy that is a file, `live` or the number of a revision that a service keeps.
 *
 * @throws CommandError with every problem, and when there is neither such a file nor such a revision
 * @throws ServiceError of grpc-js
 */
export async function readNamedPolicy(
  client: GrpcClient,
  argument: PolicyArgument,
  name: string,
): Promise<NamedPolicy> {
  if (name === LIVE) return ofRevision(await fetchRevision(client, argument, 0));
  if (isNumber(name)) return ofRevision(await fetchRevision(client, argument, numberOf(argument, name)));
  if (!existsSync(name)) {
    throw missing(argument, name, 'it must be a policy file, `live` or the number of a kept revision');
  }
  return readPolicyFile(name);
}

/**
 * The number under which a service keeps a policy: its own, or that of the newest revision with the same content.
 *
 * @param name how the command was told it, for the message
 * @throws CommandError when the service does not have it
 * @throws ServiceError of grpc-js
 */
export async function keptNumber(client: GrpcClient, policy: NamedPolicy, name: string): Promise<number> {
  if (policy.revision !== undefined) return policy.revision;
  const { hash } = policy.policy;
  let pageToken = '';
  do {
    const request = { pageSize: PAGE_SIZE, pageToken };
    const page = await client.call(PolicyService.method.listPolicyRevisions, request);
    const found = page.revisions.find(({ ref }) => ref?.hash === hash)?.ref;
    if (found !== undefined) return found.number;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  throw new CommandError(
    `BEFORE: the service has no revision with the content of ${name} (${hash.slice(0, 12)}), and compares only with ` +
      `what it keeps: push it first (holdfast policy push ${name}), or name \`live\` or the number of a revision`,
  );
}

async function fetchRevision(
  client: GrpcClient,
  argument: PolicyArgument,
  number: number,
): Promise<PolicyRevision> {
  try {
    const { revision } = await client.call(PolicyService.method.getPolicyRevision, { number });
    if (revision !== undefined) return revision;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === status.NOT_FOUND)) throw error;
  }
  throw new CommandError(
    `${argument}: the service has no revision ${number}: \`holdfast policy log\` shows those it has`,
  );
}

function ofRevision({ ref, text }: PolicyRevision): NamedPolicy {
  const revision = ref?.number ?? 0;
  return { ...readPolicyText(text, `revision ${revision}`, CASE_IDENTITY, true), revision };
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

function numberOf(argument: PolicyArgument, name: string): number {
  const number = Number(name);
  if (number >= 1 && number <= MAX_NUMBER) return number;
  throw new CommandError(`${argument}: revisions have numbers from 1; \`live\` is the one that decides now`);
}

function missing(argument: PolicyArgument, name: string, hint: string): CommandError {
  return new CommandError(`${argument}: cannot read ${name}: there is no such file; ${hint}`);
}
