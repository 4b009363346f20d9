import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstMissing } from './compare.mjs';
import { PAGES } from './pages.mjs';
import { readPage, readTranscript } from './read-page.mjs';
import { Shell } from './shell.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Longer than a start with an installation takes on a slow machine. */
const START_MS = 300_000;
const LOOK_MS = 100;

const folder = mkdtempSync(join(tmpdir(), 'holdfast-first-contact-'));
const clone = join(folder, 'holdfast');
const began = Date.now();
const seconds = (fromMs = began) => ((Date.now() - fromMs) / 1000).toFixed(1);

class Stumble extends Error {}

/** Runs commands and compares; what a block `prints` is asked of the last one. */
async function follow(page, { markdown, prepare, milestone }) {
  const steps = readPage(markdown, page);
  const shell = new Shell(clone, {
    NO_COLOR: '1',
    EDITOR: join(clone, 'scripts', 'first-contact', 'editor.sh'),
  });
  let last = '';
  let ran = 0;
  const openedMs = Date.now();
  try {
    if (prepare !== undefined) await runAsShown(shell, { command: prepare, page, line: 0 });
    for (const [index, { kind, argument, text, line }] of steps.entries()) {
      const isShown = steps[index + 1]?.kind === 'prints';
      switch (kind) {
        case 'run':
          for (const { command, prints } of commandsOf(text)) {
            last = await runAsShown(shell, { command, prints, page, line, isShown });
            ran += 1;
            tellMilestone(milestone, command, openedMs);
          }
          break;
        case 'prints':
          compare(page, line, text, last);
          break;
        case 'write':
          writeFileSync(join(clone, argument), `${text}\n`);
          break;
        case 'start':
          if (await answers(argument))
            throw new Stumble(`${page}:${line}: something else answers at ${argument}`);
          await shell.start(text, join(folder, `${ran}.log`));
          await whenAnswering(argument, join(folder, `${ran}.log`), page, line);
          ran += 1;
          break;
        case 'not run':
          break;
        default:
          throw new Error(`no such step: ${kind}`);
      }
    }
  } finally {
    await shell.close();
  }
  console.log(`${page}: ${ran} commands, ${steps.filter(({ kind }) => kind === 'not run').length} not run`);
}

function commandsOf(text) {
  return text.startsWith('$ ') ? readTranscript(text) : [{ command: text }];
}

/** What a page shows of a command may be a refusal; where it shows nothing, the command must end well. */
async function runAsShown(shell, { command, prints = '', page, line, isShown = false }) {
  const { printed, code } = await shell.run(command);
  if (prints !== '') compare(page, line, prints, printed);
  else if (code !== 0 && !isShown)
    throw new Stumble(`${page}:${line}: ended with ${code}: ${command}\n${printed}`);
  return printed;
}

function compare(page, line, shown, printed) {
  const missing = firstMissing(shown, printed);
  if (missing === undefined) return;
  throw new Stumble(`${page}:${line}: what is printed differs at: ${missing}\n--- printed\n${printed}`);
}

function tellMilestone(milestone, command, openedMs) {
  if (milestone !== undefined && command.includes(milestone.after))
    console.log(`${milestone.name}: ${seconds(openedMs)} s from the opening of its page`);
}

async function whenAnswering(address, logFile, page, line) {
  const until = Date.now() + START_MS;
  while (Date.now() < until) {
    if (await answers(address)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Stumble(`${page}:${line}: ${address} does not answer\n${readFileSync(logFile, 'utf8')}`);
}

async function answers(address) {
  if (address.startsWith('http'))
    return fetch(address).then(
      ({ ok }) => ok,
      () => false,
    );
  const { hostname, port } = new URL(address);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => resolve(true)).on('error', () => resolve(false));
    socket.unref().on('connect', () => socket.end());
  });
}

let failed = false;
try {
  const cloned = spawnSync('git', ['clone', '--quiet', ROOT, clone], { stdio: 'inherit' });
  if (cloned.status !== 0) throw new Stumble('the repository cannot be cloned');
  const named = process.argv.slice(2);
  for (const page of named) if (PAGES[page] === undefined) throw new Stumble(`no such page: ${page}`);
  for (const [page, plan] of Object.entries(PAGES)) {
    if (named.length > 0 && !named.includes(page)) continue;
    await follow(page, { ...plan, markdown: readFileSync(join(clone, page), 'utf8') });
  }
  console.log(`all pages followed in ${seconds()} s`);
} catch (error) {
  failed = true;
  console.error(error instanceof Stumble ? error.message : error);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: LOOK_MS });
}
process.exit(failed ? 1 : 0);
