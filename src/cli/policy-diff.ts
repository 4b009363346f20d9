import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../config.js';
import { describeDifferences, describeEffect, formatDifference } from '../policy/diff/index.js';
import { spanDays } from '../policy/simulate/index.js';
import { type Env, readPolicyFile } from './history.js';
import { type Replayed, type ReplayOptions, replayHistory, withHistory } from './policy-simulate.js';
import { simulationJson } from './simulation-json.js';
import { noteSynthetic, oneDecimal } from './simulation-text.js';
import { EXIT, json, styled, type Terminal } from './terminal.js';

/**
 * `holdfast policy diff BEFORE AFTER`: what differs, in words; where there is a history, also what it would have meant.
 *
 * @returns the exit code: 0 the same, 1 they differ
 * @throws CommandError
 */
export async function policyDiff(
  beforeFile: string,
  afterFile: string,
  options: ReplayOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const differences = describeDifferences(
    readPolicyFile(beforeFile).document,
    readPolicyFile(afterFile).document,
  );
  const replayed = hasHistory(options, env)
    ? await withHistory(env, options, (history) =>
        replayHistory(
          history,
          readPolicyFile(afterFile, history.pseudonyms),
          { ...options, before: beforeFile },
          terminal,
        ),
      )
    : undefined;
  if (options.json) {
    terminal.out(
      json({ differences, ...(replayed === undefined ? {} : { effect: simulationJson(replayed) }) }),
    );
  } else {
    for (const difference of differences) terminal.out(formatDifference(difference));
    if (differences.length === 0) terminal.out('the same rules');
    if (replayed !== undefined) printEffect(replayed, terminal);
  }
  return differences.length === 0 ? EXIT.ok : EXIT.failed;
}

/** A folder that was named must be there; the one of the settings may be. */
function hasHistory({ dataDir }: ReplayOptions, env: Env): boolean {
  if (dataDir !== undefined) return true;
  const read = readConfig(env);
  return read.kind === 'valid' && existsSync(join(read.config.dataDir, 'log', 'data.mdb'));
}

function printEffect({ findings, synthetic }: Replayed, terminal: Terminal): void {
  const { simulation } = findings;
  const days = oneDecimal(spanDays(simulation));
  terminal.out(
    `\n${styled(terminal, 'bold', 'What it would have meant')} (${simulation.replayed} assessments, ${days} days)`,
  );
  noteSynthetic(synthetic, terminal);
  for (const sentence of describeEffect(simulation)) terminal.out(`  ${sentence}`);
}
