const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:.';

/** A text with one fault, or in another case: what people and programs do to addresses. */
export function damaged(text, random) {
  const at = random.below(text.length);
  const letter = text.charAt(at);
  switch (random.below(8)) {
    case 0:
      return `${text.slice(0, at)}${random.pick([...LETTERS])}${text.slice(at + 1)}`;
    case 1:
      return `${text.slice(0, at)}${text.slice(at + 1)}`;
    case 2:
      return `${text.slice(0, at)}${letter}${text.slice(at)}`;
    case 3:
      return text.toUpperCase();
    case 4:
      return text.toLowerCase();
    case 5: {
      const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
      return `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
    }
    case 6:
      return `${text.slice(0, -1)}${random.pick([...LETTERS])}`;
    default:
      return `${text.slice(0, at)}${text.charAt(at + 1)}${letter}${text.slice(at + 2)}`;
  }
}
