import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../config.js';
import {
  describeDifferences,
  describeEffect,
  type Effect,
  effectOf,
  formatDifference,
} from '../policy/diff/index.js';
import type { PolicyDocument } from '../policy/index.js';
import { type Env, readPolicyFile } from './history.js';
import { keptNumber, readNamedFile, readNamedPolicy } from './named-policy.js';
import { type Replayed, type ReplayOptions, replayHistory, withHistory } from './policy-simulate.js';
import { servedFilter, simulateServed } from './served-simulation.js';
import { type ServedSimulation, servedEffect, servedSimulationJson } from './served-simulation-json.js';
import { askService } from './service-client.js';
import { simulationJson } from './simulation-json.js';
import { noteSample, noteSynthetic, oneDecimal } from './simulation-text.js';
import { CommandError, EXIT, json, styled, type Terminal } from './terminal.js';

export interface DiffOptions extends ReplayOptions {
  /** Ask the running service, instead of reading a data folder. */
  readonly server?: boolean;
}

/** What a replay found, for people and for programs. */
interface Found {
  readonly effect: Effect;
  /** The data are known to be made up. A service does not tell. */
  readonly synthetic: boolean;
  readonly json: object;
}

/**
 * `holdfast policy diff BEFORE AFTER`: what differs, in words; where there is a history, also what it would have meant.
 *
 * @returns the exit code: 0 the same, 1 they differ
 * @throws CommandError
 */
export async function policyDiff(
  before: string,
  after: string,
  options: DiffOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  if (options.server) {
    const served = await diffServed(before, after, options, env, terminal);
    return show(
      served.before.document,
      served.candidate.document,
      { effect: servedEffect(served.result), synthetic: false, json: servedSimulationJson(served) },
      options,
      terminal,
    );
  }
  const was = readNamedFile('BEFORE', before);
  const is = readNamedFile('AFTER', after);
  const replayed = hasHistory(options, env)
    ? await withHistory(env, options, (history) =>
        replayHistory(history, readPolicyFile(after, history.pseudonyms), { ...options, before }, terminal),
      )
    : undefined;
  return show(was.document, is.document, replayed && foundLocally(replayed), options, terminal);
}

function foundLocally(replayed: Replayed): Found {
  const { findings, synthetic } = replayed;
  return { effect: effectOf(findings.simulation), synthetic, json: simulationJson(replayed) };
}

/** Both policies as the service or their files have them, and what the service says of its own history. */
function diffServed(
  beforeName: string,
  afterName: string,
  options: DiffOptions,
  env: Env,
  terminal: Terminal,
): Promise<ServedSimulation> {
  refuseLocalOptions(options);
  const filter = servedFilter(options);
  return askService(env, async (client) => {
    const before = await readNamedPolicy(client, 'BEFORE', beforeName);
    const candidate = await readNamedPolicy(client, 'AFTER', afterName);
    // `live` is fixed to its number here, so that words and figures are about the same policy whoever activates what.
    const revision = await keptNumber(client, before, beforeName);
    const startedAt = performance.now();
    const result = await simulateServed(client, candidate.text, revision, filter, terminal);
    const seconds = (performance.now() - startedAt) / 1000;
    return { result, before: { ...before, revision }, candidate, seconds };
  });
}

/** @throws CommandError */
function refuseLocalOptions({ dataDir, before, threads }: DiffOptions): void {
  if (dataDir !== undefined) {
    throw new CommandError(
      '--data-dir: not with --server, where the service replays what it recorded itself',
    );
  }
  if (before !== undefined) {
    throw new CommandError('--before: not with --server, where BEFORE says what to compare with');
  }
  if (threads !== undefined) {
    throw new CommandError(
      '--threads: not with --server, where the service decides on one thread beside its answers',
    );
  }
}

function show(
  before: PolicyDocument,
  after: PolicyDocument,
  found: Found | undefined,
  options: DiffOptions,
  terminal: Terminal,
): number {
  const differences = describeDifferences(before, after);
  if (options.json) {
    terminal.out(json({ differences, ...(found === undefined ? {} : { effect: found.json }) }));
  } else {
    for (const difference of differences) terminal.out(formatDifference(difference));
    if (differences.length === 0) terminal.out('the same rules');
    if (found !== undefined) printEffect(found, terminal);
  }
  return differences.length === 0 ? EXIT.ok : EXIT.failed;
}

/** A folder that was named must be there; the one of the settings may be. */
function hasHistory({ dataDir }: ReplayOptions, env: Env): boolean {
  if (dataDir !== undefined) return true;
  const read = readConfig(env);
  return read.kind === 'valid' && existsSync(join(read.config.dataDir, 'log', 'data.mdb'));
}

function printEffect({ effect, synthetic }: Found, terminal: Terminal): void {
  const days = oneDecimal(effect.stretch.days);
  terminal.out(
    `\n${styled(terminal, 'bold', 'What it would have meant')} (${effect.replayed} assessments, ${days} days)`,
  );
  noteSynthetic(synthetic, terminal);
  noteSample(effect.stretch, terminal);
  for (const sentence of describeEffect(effect)) terminal.out(`  ${sentence}`);
}
