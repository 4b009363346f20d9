import { Decision } from '../gen/holdfast/v1/decision_pb.js';
import { describeEffect } from '../policy/diff/index.js';
import type { Env } from './history.js';
import { keptNumber, readNamedPolicy } from './named-policy.js';
import type { ReplayOptions } from './policy-simulate.js';
import { servedFilter, simulateServed } from './served-simulation.js';
import { type ServedSimulation, servedEffect, servedSimulationJson } from './served-simulation-json.js';
import { askService } from './service-client.js';
import { noteSample, oneDecimal } from './simulation-text.js';
import { table } from './table.js';
import { CommandError, EXIT, json, styled, styledDecision, type Terminal } from './terminal.js';

/**
 * `holdfast policy simulate CANDIDATE --server`: what a running service says a candidate would have changed over what it
 * recorded. `--before` names a file, `live` (the default) or the number of a revision that it keeps.
 *
 * @returns the exit code
 * @throws CommandError
 */
export async function policySimulateServed(
  file: string,
  options: ReplayOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  refuseLocalOptions(options);
  const filter = servedFilter(options);
  const served = await askService(env, async (client): Promise<ServedSimulation> => {
    const beforeName = options.before ?? 'live';
    const before = await readNamedPolicy(client, 'BEFORE', beforeName);
    const candidate = await readNamedPolicy(client, 'AFTER', file);
    // Fixed here, so that names and figures are about the same policy whoever activates what.
    const revision = await keptNumber(client, before, beforeName);
    const startedAt = performance.now();
    const result = await simulateServed(client, candidate.text, revision, filter, terminal);
    const seconds = (performance.now() - startedAt) / 1000;
    return { result, before: { ...before, revision }, candidate, seconds };
  });
  if (options.json) terminal.out(json(servedSimulationJson(served)));
  else print(served, terminal);
  return EXIT.ok;
}

function refuseLocalOptions({ dataDir, threads }: ReplayOptions): void {
  if (dataDir !== undefined) {
    throw new CommandError(
      '--data-dir: not with --server, where the service replays what it recorded itself',
    );
  }
  if (threads !== undefined) {
    throw new CommandError(
      '--threads: not with --server, where the service decides on one thread beside its answers',
    );
  }
}

function print({ result, before, candidate, seconds }: ServedSimulation, terminal: Terminal): void {
  const effect = servedEffect(result);
  terminal.out(
    `${effect.replayed.toLocaleString('en-US')} assessments of ${oneDecimal(effect.stretch.days)} days, decided again by the ` +
      `service in ${oneDecimal(seconds)} s`,
  );
  noteSample(effect.stretch, terminal);
  terminal.out(
    `before: ${before.policy.name} (${before.policy.hash.slice(0, 12)}), revision ${before.revision}`,
  );
  terminal.out(`after:  ${candidate.policy.name} (${candidate.policy.hash.slice(0, 12)})`);
  terminal.out('');
  for (const sentence of describeEffect(effect)) terminal.out(sentence);
  terminal.out(`\n${styled(terminal, 'bold', 'Changed decisions')}`);
  if (result.flips.length === 0) {
    terminal.out('none');
    return;
  }
  const flips = [...result.flips].sort((a, b) => Number(b.count - a.count));
  terminal.out(
    table(
      terminal,
      [{ title: 'before' }, { title: 'after' }, { title: 'count', align: 'right' }],
      flips.map((flip) => [
        styledDecision(terminal, Decision[flip.before] ?? ''),
        styledDecision(terminal, Decision[flip.after] ?? ''),
        flip.count.toLocaleString('en-US'),
      ]),
    ),
  );
}
