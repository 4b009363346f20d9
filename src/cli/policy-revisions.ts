import { userInfo } from 'node:os';
import { toJson } from '@bufbuild/protobuf';
import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import { Decision } from '../gen/holdfast/v1/decision_pb.js';
import {
  ActivatePolicyRevisionResponseSchema,
  ListPolicyChangesResponseSchema,
  type PolicyCaseReport,
  PolicyChangeKind,
  type PolicyRevision,
  PolicyService,
  RollbackPolicyResponseSchema,
  type ShadowSummary,
  ShadowSummarySchema,
  StartShadowResponseSchema,
} from '../gen/holdfast/v1/policy_service_pb.js';
import type { Env } from './history.js';
import { askService } from './service-client.js';
import { table } from './table.js';
import { CommandError, EXIT, json, styledDecision, type Terminal } from './terminal.js';

/** Checking a policy and running its cases takes a moment. */
const TIMEOUT_MS = 30_000;

export interface ChangeOptions {
  /** Why. */
  readonly reason?: string;
  /** Who; absent: the name of the operating system's user. */
  readonly actor?: string;
  readonly json?: boolean;
}

export interface ActivateOptions extends ChangeOptions {
  /** Names the live revision that the caller has seen; absent: the one that is live now. */
  readonly etag?: string;
  readonly override?: string;
}

/** `holdfast policy activate NUMBER`: switches a revision on. */
export async function policyActivate(
  number: number,
  options: ActivateOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const { method } = PolicyService;
  const response = await askService(env, async (client) => {
    const etag = options.etag ?? (await client.call(method.getPolicyRevision, {})).etag;
    const change = { actor: actorOf(options), reason: options.reason ?? '' };
    const request = { ...change, number, etag, overrideReason: options.override ?? '' };
    return client.call(method.activatePolicyRevision, request, TIMEOUT_MS);
  });
  if (options.json) terminal.out(json(toJson(ActivatePolicyRevisionResponseSchema, response)));
  else {
    terminal.out(`${named(response.revision)} decides now`);
    printCases(response.caseReport, terminal);
  }
  return EXIT.ok;
}

/** `holdfast policy rollback`: switches the revision on that was live before. */
export async function policyRollback(
  options: ActivateOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const response = await askService(env, (client) =>
    client.call(PolicyService.method.rollbackPolicy, {
      actor: actorOf(options),
      reason: options.reason ?? '',
      etag: options.etag ?? '',
    }),
  );
  if (options.json) terminal.out(json(toJson(RollbackPolicyResponseSchema, response)));
  else terminal.out(`${named(response.revision)} decides again`);
  return EXIT.ok;
}

/** `holdfast policy shadow start | stop | show NUMBER`. */
export async function policyShadow(
  action: string,
  number: number,
  options: ChangeOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const { method } = PolicyService;
  const change = { number, actor: actorOf(options), reason: options.reason ?? '' };
  switch (action) {
    case 'start': {
      const response = await askService(env, (client) => client.call(method.startShadow, change));
      if (options.json) terminal.out(json(toJson(StartShadowResponseSchema, response)));
      else terminal.out(`${named(response.revision)} decides beside, without effect`);
      return EXIT.ok;
    }
    case 'stop': {
      const { summary } = await askService(env, (client) => client.call(method.stopShadow, change));
      showSummary(summary, options, terminal);
      return EXIT.ok;
    }
    case 'show': {
      const response = await askService(env, (client) => client.call(method.getPolicyRevision, { number }));
      showSummary(response.shadowSummary, options, terminal);
      return EXIT.ok;
    }
    default:
      throw new CommandError(`there is no \`policy shadow ${action}\`: start, stop or show`);
  }
}

export interface LogOptions {
  readonly json?: boolean;
  /** Absent: as many as the service gives at once. */
  readonly limit?: number;
  /** Also what each change did to the rules. */
  readonly diff?: boolean;
}

/** `holdfast policy log`: who changed what, when and why, newest first. */
export async function policyLog(options: LogOptions, env: Env, terminal: Terminal): Promise<number> {
  const response = await askService(env, (client) =>
    client.call(
      PolicyService.method.listPolicyChanges,
      { pageSize: options.limit ?? 0, withDifferences: options.diff ?? false },
      TIMEOUT_MS,
    ),
  );
  if (options.json) {
    terminal.out(json(toJson(ListPolicyChangesResponseSchema, response)));
    return EXIT.ok;
  }
  terminal.out(
    table(
      terminal,
      [
        { title: 'when' },
        { title: 'what' },
        { title: 'revision', align: 'right' },
        { title: 'before', align: 'right' },
        { title: 'who' },
        { title: 'why', maxWidth: 60 },
      ],
      response.changes.map((change) => [
        timeText(change.changedAt),
        wordsOf(change.kind),
        String(change.number),
        change.previous === 0 ? '-' : String(change.previous),
        change.actor,
        change.overrideReason === ''
          ? change.reason
          : `${change.reason} (cases fail: ${change.overrideReason})`,
      ]),
    ),
  );
  for (const { kind, number, previous, differences } of response.changes) {
    if (differences.length === 0) continue;
    terminal.out(`\nrevision ${number} after ${previous}, ${wordsOf(kind)}`);
    for (const difference of differences) terminal.out(`  ${difference}`);
  }
  return EXIT.ok;
}

function wordsOf(kind: PolicyChangeKind): string {
  return (PolicyChangeKind[kind] ?? '').toLowerCase().replaceAll('_', ' ');
}

/** Who changes something, as recorded. */
export function actorOf({ actor }: ChangeOptions): string {
  return actor ?? userInfo().username;
}

/** A revision as texts for people name it. */
export function named(revision: PolicyRevision | undefined): string {
  const { number = 0, hash = '' } = revision?.ref ?? {};
  return `revision ${number} (${hash.slice(0, 12)})`;
}

function timeText(time: Timestamp | undefined): string {
  return time === undefined ? '' : timestampDate(time).toISOString().slice(0, 19).replace('T', ' ');
}

/** How the cases of a revision came out; failing ones with the difference. */
export function printCases(report: PolicyCaseReport | undefined, terminal: Terminal): void {
  if (report === undefined) return;
  terminal.out(`cases: ${report.passedCount} pass, ${report.failedCount} fail`);
  for (const { file, name, cause } of report.failures) terminal.out(`  ${file}: ${name}: ${cause}`);
}

function showSummary(summary: ShadowSummary | undefined, options: ChangeOptions, terminal: Terminal): void {
  if (summary === undefined) throw new CommandError('this revision does not run in shadow', EXIT.failed);
  if (options.json) {
    terminal.out(json(toJson(ShadowSummarySchema, summary)));
    return;
  }
  terminal.out(
    `${summary.comparedCount} compared since ${timeText(summary.since)}, ${summary.droppedCount} left out`,
  );
  terminal.out(
    table(
      terminal,
      [
        { title: 'live' },
        { title: 'shadow' },
        { title: 'count', align: 'right' },
        { title: 'value', align: 'right' },
      ],
      summary.flips.map(({ before, after, count, value }) => [
        styledDecision(terminal, Decision[before] ?? ''),
        styledDecision(terminal, Decision[after] ?? ''),
        String(count),
        value.toLocaleString('en-US', { maximumFractionDigits: 0 }),
      ]),
    ),
  );
}
