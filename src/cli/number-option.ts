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
