/**
 * Reads what a page of documentation wants a newcomer to do. A comment above a fenced block says what the block is:
 *
 *   first contact: run                 commands; in a transcript (`$ command`) with what they print
 *   first contact: start http://...    a command that goes on; the next step waits until the address answers
 *   first contact: prints              what the commands of the block before print
 *   first contact: write FILE          a file that the reader makes
 *   first contact: not run: WHY
 *
 * A block of commands without such a comment is an error: nothing is left out in silence.
 */

const MARK = /^<!-- first contact: (.+) -->$/;
const FENCE = /^\s*```(\w*)/;

/** @returns {{ kind: string, argument: string, language: string, text: string, line: number }[]} in the order of the page */
export function readPage(markdown, page) {
  const steps = [];
  let mark;
  let block;
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = FENCE.exec(line);
    if (block !== undefined) {
      if (fence === null) block.lines.push(line);
      else {
        const step = stepOf(block, page);
        if (step !== undefined) steps.push(step);
        block = undefined;
      }
    } else if (fence !== null) {
      block = { mark, language: fence[1] ?? '', lines: [], line: index + 1 };
      mark = undefined;
    } else if (MARK.test(line)) {
      mark = MARK.exec(line)?.[1];
    } else if (line.trim() !== '') {
      if (mark !== undefined)
        throw new Error(`${page}:${index + 1}: no block follows \`first contact: ${mark}\``);
    }
  }
  return steps;
}

function stepOf({ mark, language, lines, line }, page) {
  const text = lines.join('\n');
  if (mark === undefined) {
    if (language === 'sh' || lines.some((one) => one.startsWith('$ '))) {
      throw new Error(`${page}:${line}: commands without a \`first contact\` comment`);
    }
    return undefined;
  }
  const found = /^(?:(?<plain>run|prints)|(?<kind>start|write) (?<argument>.+)|not run: (?<why>.+))$/.exec(
    mark,
  );
  if (found === null) throw new Error(`${page}:${line}: \`first contact: ${mark}\` is not known`);
  const { plain, kind = plain ?? 'not run', argument, why } = found.groups;
  return { kind, argument: argument ?? why ?? '', language, text, line };
}

/** The commands of a transcript, each with what it prints: `$ command`, then its lines. */
export function readTranscript(text) {
  const commands = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('$ ')) commands.push({ command: line.slice(2), prints: [] });
    else commands.at(-1)?.prints.push(line);
  }
  return commands.map(({ command, prints }) => ({ command, prints: prints.join('\n').trimEnd() }));
}
