import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { BENCH_FOLDER, ROOT_FOLDER } from '../paths.js';
import { SERVICE_NODE_ARGS } from '../sides/holdfast.js';

/** On what and with what was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
  /** With which Node runs the service and the echo. */
  readonly serviceNodeArgs: readonly string[];
  /** Commit of the working tree, with `+` when it has changes. */
  readonly commit: string;
}

const PARTS = ['@grpc/grpc-js', '@bufbuild/protobuf', 'lmdb', 'lru-cache'];
const PEERS = ['cerbos', 'json-rules-engine', 'hdr-histogram-js'];

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    versions: {
      node: process.versions.node,
      h2load: textOf('h2load', ['--version']),
      ...versionsOf(ROOT_FOLDER, PARTS),
      ...versionsOf(BENCH_FOLDER, PEERS),
    },
    serviceNodeArgs: SERVICE_NODE_ARGS,
    commit: commit(),
  };
}

function versionsOf(folder: string, packages: readonly string[]): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const name of packages) {
    const manifest: unknown = JSON.parse(
      readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'),
    );
    if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
      versions[name] = String(manifest.version);
    }
  }
  return versions;
}

function commit(): string {
  const head = textOf('git', ['-C', ROOT_FOLDER, 'rev-parse', '--short', 'HEAD']);
  const changes = textOf('git', [
    '-C',
    ROOT_FOLDER,
    'status',
    '--porcelain',
    '--',
    'src',
    'policies',
    'bench',
  ]);
  return changes === '' ? head : `${head}+`;
}

function textOf(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}
