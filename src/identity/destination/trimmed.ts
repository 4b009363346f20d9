/** What prints as nothing: blanks of all kinds, and marks of width, joining and direction that copying brings along. */
const INVISIBLE = /[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/;

/** A text without what prints as nothing at its ends. What stands inside stays: nobody knows what it was. */
export function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && INVISIBLE.test(text.charAt(start))) start++;
  while (end > start && INVISIBLE.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}
