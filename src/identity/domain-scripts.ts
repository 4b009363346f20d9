import { getDomain } from 'tldts';
import { LISTED_DOMAINS } from './operator-table.js';

/** How an international domain deceives, or undefined if it does not. */
export type DomainTrick = 'mixed-scripts' | 'look-alike' | undefined;

/**
 * Scripts that may stand alone in a label: those of UTS 31's recommended list in which domains are registered.
 * Latin may join the East Asian ones, as in UTS 39's "highly restrictive" level.
 */
const SCRIPT_SETS: readonly (readonly string[])[] = [
  ['Latin'],
  ['Cyrillic'],
  ['Greek'],
  ['Armenian'],
  ['Georgian'],
  ['Hebrew'],
  ['Arabic'],
  ['Thaana'],
  ['Devanagari'],
  ['Bengali'],
  ['Gurmukhi'],
  ['Gujarati'],
  ['Oriya'],
  ['Tamil'],
  ['Telugu'],
  ['Kannada'],
  ['Malayalam'],
  ['Sinhala'],
  ['Thai'],
  ['Lao'],
  ['Tibetan'],
  ['Myanmar'],
  ['Khmer'],
  ['Ethiopic'],
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
];

const ONE_SCRIPT_LABELS = SCRIPT_SETS.map((scripts) => {
  const classes = [...scripts, 'Common', 'Inherited'].map((script) => `\\p{Script_Extensions=${script}}`);
  return new RegExp(`^[${classes.join('')}]+$`, 'u');
});

/** Letters that print like a Latin one, as pairs: the letter, then what it is taken for (from UTS 39's idea, by eye). */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  [
    // Cyrillic
    'аa сc еe оo рp хx уy іi јj ѕs һh ԁd ԛq ԝw ӏl кk мm тt нh вb ьb гr пn',
    // Greek
    'αa οo νv ρp υu ιi κk τt χx γy ηn ωw εe σo',
    // Armenian
    'օo ոn սu հh զq ցg',
    // Latin beyond ASCII, where taking off the accents is not enough
    'ıi ɡg ɑa łl øo đd ħh ŧt ƅb ɩi ɪi ʟl ʀr ɴn ʏy ŀl',
  ]
    .join(' ')
    .split(' ')
    .map((pair): [string, string] => {
      const [letter = '', latin = ''] = [...pair];
      return [letter, latin];
    }),
);

const MARKS = /\p{M}/gu;
const HAS_LATIN_LETTER = /\p{Script=Latin}/u;
const ASCII_LABEL = /^\p{ASCII}*$/u;

/** What a hurried reader takes the text for: accents off, look-alikes replaced. */
function skeletonOf(text: string): string {
  let skeleton = '';
  for (const letter of text.normalize('NFD').replace(MARKS, ''))
    skeleton += LOOK_ALIKES.get(letter) ?? letter;
  return skeleton;
}

/**
 * Looks for what makes an international domain pass for another: a label in more than one script; a label in another
 * script made only of letters that look Latin, under a Latin top-level domain; a registrable domain that looks like
 * one of a listed mail operator (`gmaıl.com`).
 *
 * @param domain in U-labels, lower case
 */
export function findDomainTrick(domain: string): DomainTrick {
  const labels = domain.split('.');
  const underLatinSuffix = ASCII_LABEL.test(labels[labels.length - 1] ?? '');
  for (const label of labels) {
    if (ASCII_LABEL.test(label)) continue;
    if (!ONE_SCRIPT_LABELS.some((pattern) => pattern.test(label))) return 'mixed-scripts';
    const imitatesLatin = !HAS_LATIN_LETTER.test(label) && ASCII_LABEL.test(skeletonOf(label));
    if (imitatesLatin && underLatinSuffix) return 'look-alike';
  }
  const registrable = getDomain(domain) ?? domain;
  if (!ASCII_LABEL.test(registrable) && LISTED_DOMAINS.has(skeletonOf(registrable))) return 'look-alike';
  return undefined;
}
