import { createHash } from 'node:crypto';

/**
 * The text that a policy's hash is taken over: LF line ends, no blanks at line ends, no empty lines at the end but
 * one final LF, no byte order mark. Two texts that differ in nothing else are the same revision.
 */
export function canonicalText(text: string): string {
  const lines = text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.replace(/[ \t]+$/, ''));
  return `${lines.join('\n').replace(/\n+$/, '')}\n`;
}

/** SHA-256 of the canonical text in UTF-8, as 64 lower-case hex digits. */
export function policyHash(text: string): string {
  return createHash('sha256').update(canonicalText(text), 'utf8').digest('hex');
}
