import { InvalidArgumentError } from 'commander';

/** Reads an option that is an integer of at least `least`. */
export function integerFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`must be an integer of at least ${least}`);
    return value;
  };
}

/** Reads an option that is a number from `least` to `most`. */
export function numberWithin(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!(value >= least && value <= most))
      throw new InvalidArgumentError(`must be a number from ${least} to ${most}`);
    return value;
  };
}
