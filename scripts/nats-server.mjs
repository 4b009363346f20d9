#!/usr/bin/env node
// Finds a nats-server to run beside Holdfast on a developer's machine, in tests and in the demo, and prints its path.
// Order: $NATS_SERVER, a modern one fetched before, PATH, then a modern one fetched from Debian's archive.
// `--old` asks for the distribution's own old one (2.9.x), which the code must also run on.
// `--fetch` fetches the modern one even if PATH has a server.
import { execFile } from 'node:child_process';
import { access, constants, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CACHE = fileURLToPath(new URL('../.cache/nats-server/', import.meta.url));
const CACHED = join(CACHE, 'root/usr/sbin/nats-server');
/** Older than this lacks `sync_interval` and fixes that a production broker needs. */
const MODERN = [2, 10];
/** A package index and one package of about 6 MB; a slow mirror may need minutes. */
const FETCH_TIMEOUT_MS = 300_000;

/** A mirror that does not answer by then is not reachable from here. */
const MIRROR_TIMEOUT_S = 10;

const HOW_TO_INSTALL = `no nats-server was found. One of these gives you one:
  - apt-get install nats-server            (Debian, Ubuntu; old, fine for trying out and for tests)
  - brew install nats-server               (macOS)
  - your distribution's package, or the official container image
then put it on PATH, or set NATS_SERVER to its path.`;

/**
 * @typedef {{ path: string, version: string, modern: boolean }} NatsServer
 */

/**
 * Asks a binary for its version.
 * @param {string} path
 * @returns {Promise<NatsServer | undefined>} undefined if it cannot be run
 */
async function probe(path) {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    const match = /v?(\d+)\.(\d+)\.(\d+)/.exec(stdout);
    if (match === null) return undefined;
    const [, major = '0', minor = '0', patch = '0'] = match;
    const modern = Number(major) > MODERN[0] || (Number(major) === MODERN[0] && Number(minor) >= MODERN[1]);
    return { path, version: `${major}.${minor}.${patch}`, modern };
  } catch {
    return undefined;
  }
}

/** @returns {Promise<NatsServer[]>} those on PATH, and where Debian puts it though PATH may lack it */
async function installed() {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];
  const found = [];
  for (const folder of new Set(folders.filter((entry) => entry !== ''))) {
    const server = await probe(join(folder, 'nats-server'));
    if (server !== undefined) found.push(server);
  }
  return found;
}

/** This machine's own Debian source entry, with another suite. */
async function sidSources() {
  const folder = '/etc/apt/sources.list.d';
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.sources')) continue;
    const text = await readFile(join(folder, name), 'utf8');
    const entry = text
      .split(/\n\s*\n/)
      .find((part) => /debian-archive-keyring/.test(part) && /^Suites:/m.test(part));
    if (entry !== undefined) return `${entry.trim().replace(/^Suites:.*$/m, 'Suites: sid')}\n`;
  }
  throw new Error('this machine has no Debian source entry to fetch a newer package by');
}

/**
 * Fetches and unpacks Debian's newest package into the cache. The system stays as it was.
 * @returns {Promise<NatsServer>}
 */
async function fetchModern() {
  const work = join(CACHE, `fetch-${process.pid}`);
  const parts = join(work, 'sources.d');
  for (const part of [parts, join(work, 'lists/partial'), join(work, 'cache/archives/partial')]) {
    await mkdir(part, { recursive: true });
  }
  try {
    await writeFile(join(parts, 'debian.sources'), await sidSources());
    const settings = [
      '-oDir::Etc::SourceList=/dev/null',
      `-oDir::Etc::SourceParts=${parts}`,
      `-oDir::State::Lists=${join(work, 'lists')}`,
      `-oDir::Cache=${join(work, 'cache')}`,
      '-oAPT::Sandbox::User=root',
      '-oAcquire::Retries=0',
      `-oAcquire::http::Timeout=${MIRROR_TIMEOUT_S}`,
      '-qq',
    ];
    await run('apt-get', [...settings, 'update'], { timeout: FETCH_TIMEOUT_MS });
    await run('apt-get', [...settings, 'download', 'nats-server'], { cwd: work, timeout: FETCH_TIMEOUT_MS });
    const deb = (await readdir(work)).find((name) => name.endsWith('.deb'));
    if (deb === undefined) throw new Error('the package manager fetched no package');
    await run('dpkg', ['-x', join(work, deb), join(work, 'root')]);
    const fetched = await probe(join(work, 'root/usr/sbin/nats-server'));
    if (fetched === undefined) throw new Error('the fetched nats-server does not run on this machine');
    await keepFetched(join(work, 'root'));
    return { ...fetched, path: CACHED };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Several processes may fetch at once: the first one's is kept, since the others may be running it already. */
async function keepFetched(root) {
  if ((await probe(CACHED)) !== undefined) return;
  await rm(join(CACHE, 'root'), { recursive: true, force: true });
  try {
    await rename(root, join(CACHE, 'root'));
  } catch (error) {
    if ((await probe(CACHED)) === undefined) throw error;
  }
}

/**
 * Finds every distinct server that can be had without fetching, the preferred one first.
 * @returns {Promise<NatsServer[]>}
 */
export async function knownNatsServers() {
  const named = process.env['NATS_SERVER'];
  const candidates = [];
  if (named !== undefined && named !== '') {
    const server = await probe(named);
    if (server === undefined) throw new Error(`NATS_SERVER names \`${named}\`, which cannot be run`);
    candidates.push(server);
  }
  const cached = await probe(CACHED);
  if (cached !== undefined) candidates.push(cached);
  candidates.push(...(await installed()));
  const byVersion = new Map();
  for (const server of candidates) if (!byVersion.has(server.version)) byVersion.set(server.version, server);
  return [...byVersion.values()];
}

/**
 * Finds a server to run.
 * @param {{ prefer?: 'modern' | 'old' | 'any', fetch?: boolean }} [options] `fetch` (default true): a modern one may be
 *   fetched when none is there
 * @returns {Promise<NatsServer>}
 * @throws Error saying how to install one
 */
export async function findNatsServer({ prefer = 'any', fetch = true } = {}) {
  const known = await knownNatsServers();
  if (prefer === 'old') {
    const old = known.find((server) => !server.modern);
    if (old !== undefined) return old;
  }
  const first = prefer === 'modern' ? known.find((server) => server.modern) : known[0];
  if (first !== undefined) return first;
  if (fetch) {
    try {
      return await fetchModern();
    } catch (error) {
      if (known[0] !== undefined) return known[0];
      throw new Error(`${HOW_TO_INSTALL}\n(fetching Debian's package did not work here)`, { cause: error });
    }
  }
  if (known[0] !== undefined) return known[0];
  throw new Error(HOW_TO_INSTALL);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const prefer = process.argv.includes('--old') ? 'old' : process.argv.includes('--fetch') ? 'modern' : 'any';
  try {
    const server = await findNatsServer({ prefer });
    process.stderr.write(
      `nats-server ${server.version}${server.modern ? '' : ' (old: not for production)'}\n`,
    );
    process.stdout.write(`${server.path}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
