import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../config.js';
import { Decision } from '../../gen/holdfast/v1/decision_pb.js';
import { type AssessWithdrawalResponse, RiskService } from '../../gen/holdfast/v1/risk_service_pb.js';
import { startService } from '../../service.js';
import { GrpcClient } from '../grpc-client.js';
import { startProblem } from '../serve.js';
import { EXIT, json, styled, styledDecision, type Terminal, table } from '../terminal.js';
import { goOn } from './go-on.js';
import { type Scene, story } from './story.js';

export interface DemoOptions {
  readonly json?: boolean;
  readonly keep?: boolean;
  /** False: do not look for a broker. */
  readonly nats?: boolean;
}

/** One answer of the story. */
interface Told {
  readonly scene: string;
  readonly who: string;
  readonly decision: string;
  readonly score: number;
  readonly holdUntil: Date | undefined;
  readonly reasons: readonly string[];
  readonly untrusted: boolean;
}

/**
 * `holdfast demo`: starts a service on defaults in a temporary folder, plays the story through its gRPC port, shows
 * what was answered, and removes the folder again.
 *
 * @returns the exit code
 */
export async function demo(options: DemoOptions, terminal: Terminal): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-demo-'));
  try {
    return await play(folder, options, terminal);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function play(folder: string, options: DemoOptions, terminal: Terminal): Promise<number> {
  // A demo must not depend on, or disturb, what else is set or runs on the machine.
  const read = readConfig({
    HOLDFAST_GRPC_ADDRESS: '127.0.0.1:0',
    HOLDFAST_OPS_ADDRESS: '127.0.0.1:0',
    HOLDFAST_DATA_DIR: folder,
    HOLDFAST_LOG_LEVEL: 'silent',
  });
  if (read.kind === 'invalid') throw new Error(read.problems.join('; '));
  let service: Awaited<ReturnType<typeof startService>>;
  try {
    service = await startService(read.config);
  } catch (error) {
    terminal.err(startProblem(error));
    return EXIT.failed;
  }
  const client = new GrpcClient(service.grpcAddress);
  try {
    const told: Told[] = [];
    for (const scene of story(Date.now())) {
      if (scene.needsProvider) continue;
      told.push(...(await playScene(scene, client)));
      if (!options.json) tellScene(scene, told, terminal);
    }
    if (options.json) terminal.out(json(told));
    else terminal.out(goOn(terminal));
  } finally {
    client.close();
    await service.stop('the demo is over');
  }
  return EXIT.ok;
}

async function playScene(scene: Scene, client: GrpcClient): Promise<Told[]> {
  const told: Told[] = [];
  for (const step of scene.steps) {
    switch (step.kind) {
      case 'signals':
        await client.call(RiskService.method.reportSignals, { signals: [...step.signals] });
        break;
      case 'ask': {
        const answer = await client.call(RiskService.method.assessWithdrawal, step.request);
        told.push(toldOf(scene.title, step.who, answer));
        break;
      }
      case 'provider':
        break;
      default:
        step satisfies never;
    }
  }
  return told;
}

function toldOf(scene: string, who: string, answer: AssessWithdrawalResponse): Told {
  const { holdUntil } = answer;
  return {
    scene,
    who,
    decision: Decision[answer.decision],
    score: answer.score,
    holdUntil: holdUntil === undefined ? undefined : new Date(Number(holdUntil.seconds) * 1000),
    reasons: answer.reasons.map((reason) => reason.code),
    untrusted: answer.untrustedChannels.length > 0,
  };
}

function tellScene(scene: Scene, all: readonly Told[], terminal: Terminal): void {
  terminal.out(`\n${styled(terminal, 'bold', scene.title)}  ${styled(terminal, 'dim', scene.what)}`);
  const rows = all
    .filter((one) => one.scene === scene.title)
    .map((one) => [
      one.who,
      styledDecision(terminal, one.decision),
      one.score.toFixed(1),
      one.holdUntil === undefined ? '-' : one.holdUntil.toISOString().replace('.000', ''),
      shortReasons(one.reasons),
    ]);
  terminal.out(
    table(
      terminal,
      [
        { title: 'WHO' },
        { title: 'DECISION' },
        { title: 'SCORE', align: 'right' },
        { title: 'HOLD UNTIL' },
        { title: 'REASONS', maxWidth: 100 },
      ],
      rows,
    ),
  );
}

/** Enough of the reasons to tell answers apart; all of them are in the answer itself, and in `--json`. */
const SHOWN_REASONS = 4;

function shortReasons(reasons: readonly string[]): string {
  if (reasons.length === 0) return '-';
  const shown = reasons.slice(0, SHOWN_REASONS).join(', ');
  const left = reasons.length - SHOWN_REASONS;
  return left > 0 ? `${shown}, and ${left} more` : shown;
}
