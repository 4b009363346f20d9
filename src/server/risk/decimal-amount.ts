/** Digits before the point, and after it, that an amount may have once it is written out. */
const MAX_DIGITS = 38;

/** Longest text that is looked at: 38 + 38 digits, a sign, a point, an exponent, and zeros that say nothing. */
const MAX_TEXT_LENGTH = 128;

/** What decimals look like when JavaScript, Python, Java, C# and Go print them; `1.`, `.5` and `+1` among them. */
const PRINTED = /^\+?(\d*)\.?(\d*)(?:[eE]([+-]?)0*(\d+))?$/;

/** More digits than an exponent within the bounds can have. */
const MAX_EXPONENT_DIGITS = 3;

export type AmountReading =
  /** Plain digits: no sign, no exponent, no zero that could be left out, at most 38 digits on each side of the point. */
  | { readonly kind: 'valid'; readonly amount: string }
  /** No decimal, a negative one, or one of more digits. */
  | { readonly kind: 'not-decimal' }
  | { readonly kind: 'zero' };

const NOT_DECIMAL: AmountReading = { kind: 'not-decimal' };
const IS_ZERO: AmountReading = { kind: 'zero' };

/** Nearly every amount: already in the form that is given back. */
const PLAIN = /^(?:[1-9]\d{0,37}(?:\.\d{0,37}[1-9])?|0\.\d{0,37}[1-9])$/;

/**
 * Reads a positive decimal in whatever form a program printed it. Exactly, by moving digits of the text, never through a floating
 * number. Texts that mean the same amount give the same one. What it costs is bounded by the text's length, whatever
 * the exponent says.
 */
export function readAmount(text: string): AmountReading {
  if (PLAIN.test(text)) return { kind: 'valid', amount: text };
  const parts = text.length > MAX_TEXT_LENGTH ? null : PRINTED.exec(text);
  if (parts === null) return NOT_DECIMAL;
  const [, whole = '', fraction = '', exponentSign, exponent = ''] = parts;
  if (whole === '' && fraction === '') return NOT_DECIMAL;
  const digits = withoutLeadingZeros(whole + fraction);
  if (digits === '') return IS_ZERO;
  if (exponent.length > MAX_EXPONENT_DIGITS) return NOT_DECIMAL;
  const shift = exponentSign === '-' ? -Number(exponent) : Number(exponent);
  // The value is `digits` with the point this many places before the end.
  return placed(digits, fraction.length - shift);
}

function placed(digits: string, places: number): AmountReading {
  const significant = withoutTrailingZeros(digits);
  const decimals = places - (digits.length - significant.length);
  if (decimals <= 0) {
    if (significant.length - decimals > MAX_DIGITS) return NOT_DECIMAL;
    return { kind: 'valid', amount: significant + '0'.repeat(-decimals) };
  }
  const wholeLength = significant.length - decimals;
  if (decimals > MAX_DIGITS || wholeLength > MAX_DIGITS) return NOT_DECIMAL;
  if (wholeLength <= 0) return { kind: 'valid', amount: `0.${'0'.repeat(-wholeLength)}${significant}` };
  return { kind: 'valid', amount: `${significant.slice(0, wholeLength)}.${significant.slice(wholeLength)}` };
}

function withoutLeadingZeros(digits: string): string {
  let start = 0;
  while (digits.charCodeAt(start) === ZERO) start += 1;
  return digits.slice(start);
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === ZERO) end -= 1;
  return digits.slice(0, end);
}

/** Code of the character 0. */
const ZERO = 0x30;
