import { isIP } from 'node:net';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { UnixMs } from '../../decision/vocabulary.js';
import { readAmount } from './decimal-amount.js';
import { EARLIEST_SECONDS, MAX_AHEAD_MS, MAX_TIMESTAMP_SECONDS } from './limits.js';
import { unixMsOf } from './wire.js';

/** A field of a request and the rule that it breaks. */
export interface Violation {
  /** Path in the request, e.g. `signals[2].occurred_at`. */
  readonly field: string;
  /** UPPER_SNAKE_CASE code of the rule. */
  readonly reason: string;
  /** The rule in words. Never repeats what was sent. */
  readonly description: string;
}

// C0 and C1 control characters and DEL: they break logs, keys and terminals.
function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
  }
  return false;
}

function isLongerThan(text: string, maxCharacters: number): boolean {
  // Code units never number fewer than code points, so the common case needs no second look.
  if (text.length <= maxCharacters) return false;
  return [...text].length > maxCharacters;
}

const COUNTRY = /^[A-Z]{2}$/;

/** Gathers violations while a request is read, so that a caller hears of all of them at once. */
export class FieldRules {
  /**
   * @param now a time more than {@link MAX_AHEAD_MS} after it is refused
   * @param prefix put before each field's name, e.g. `signals[2].`
   * @param violations where they are gathered
   */
  constructor(
    readonly now: UnixMs,
    private readonly prefix = '',
    readonly violations: Violation[] = [],
  ) {}

  /** The same rules for a part of the request; its violations are gathered here. */
  within(prefix: string): FieldRules {
    return new FieldRules(this.now, this.prefix + prefix, this.violations);
  }

  refuse(field: string, reason: string, description: string): void {
    this.violations.push({ field: this.prefix + field, reason, description });
  }

  /** A text that may be empty. */
  optionalText(field: string, text: string, maxCharacters: number): string {
    if (text === '') return text;
    if (isLongerThan(text, maxCharacters)) {
      this.refuse(field, 'TOO_LONG', `must have at most ${maxCharacters} characters`);
    } else if (hasControlCharacter(text)) {
      this.refuse(field, 'CONTROL_CHARACTER', 'must not contain control characters');
    }
    return text;
  }

  requiredText(field: string, text: string, maxCharacters: number): string {
    if (text === '') this.refuse(field, 'REQUIRED', 'is required');
    return this.optionalText(field, text, maxCharacters);
  }

  /** A time that may be absent. Up to five minutes ahead is taken as now. */
  optionalTime(field: string, timestamp: Timestamp | undefined): UnixMs | undefined {
    const time = this.optionalBound(field, timestamp);
    if (time === undefined) return undefined;
    if (time > this.now + MAX_AHEAD_MS) {
      this.refuse(field, 'IN_FUTURE', 'must not be more than 5 minutes ahead');
      return undefined;
    }
    return Math.min(time, this.now);
  }

  /**
   * A time that may be absent and may lie ahead, such as a bound of a search. One of before 2009 is what clients send who
   * meant to leave it out: 0 is 1970, and Go and C# begin in the year 1. Taking it for a fact would make everything old.
   */
  optionalBound(field: string, timestamp: Timestamp | undefined): UnixMs | undefined {
    if (timestamp === undefined) return undefined;
    const { seconds, nanos } = timestamp;
    if (seconds > MAX_TIMESTAMP_SECONDS || nanos < 0 || nanos > 999_999_999) {
      this.refuse(field, 'OUT_OF_RANGE', 'must be a time between the years 2009 and 9999');
      return undefined;
    }
    if (seconds < EARLIEST_SECONDS) {
      this.refuse(field, 'BEFORE_2009', 'must not be before 2009-01-03; leave out a time that is not known');
      return undefined;
    }
    return unixMsOf(timestamp);
  }

  requiredTime(field: string, timestamp: Timestamp | undefined): UnixMs | undefined {
    if (timestamp === undefined) this.refuse(field, 'REQUIRED', 'is required');
    return this.optionalTime(field, timestamp);
  }

  /** A number from `min` to `max` that may be absent. */
  optionalNumber(field: string, value: number | undefined, min: number, max: number): number | undefined {
    if (value === undefined) return undefined;
    if (!Number.isFinite(value)) {
      this.refuse(field, 'NOT_FINITE', 'must be a finite number');
      return undefined;
    }
    if (value < min || value > max) {
      this.refuse(field, 'OUT_OF_RANGE', `must be from ${min} to ${max}`);
      return undefined;
    }
    return value;
  }

  /** An enum that may be unspecified; an unknown number is refused. */
  optionalWord<W extends string>(field: string, words: readonly W[], wireNumber: number): W | undefined {
    const word = words[wireNumber - 1];
    if (word === undefined && wireNumber !== 0) {
      this.refuse(field, 'UNKNOWN_ENUM_VALUE', 'must be a known value');
    }
    return word;
  }

  requiredWord<W extends string>(field: string, words: readonly W[], wireNumber: number): W | undefined {
    if (wireNumber === 0) this.refuse(field, 'REQUIRED', 'must be specified');
    return this.optionalWord(field, words, wireNumber);
  }

  /** @returns the amount in the one form that its value has; meaningless if a rule is broken */
  amount(field: string, text: string): string {
    if (text === '') {
      this.refuse(field, 'REQUIRED', 'is required');
      return text;
    }
    const reading = readAmount(text);
    switch (reading.kind) {
      case 'valid':
        return reading.amount;
      case 'not-decimal':
        this.refuse(
          field,
          'NOT_DECIMAL',
          'must be a decimal such as 0.25 or 2.5e-7, with at most 38 digits on each side of the point',
        );
        return text;
      case 'zero':
        this.refuse(field, 'NOT_POSITIVE', 'must be more than zero');
        return text;
      default:
        return reading satisfies never;
    }
  }

  optionalCountry(field: string, text: string): string {
    if (text !== '' && !COUNTRY.test(text)) {
      this.refuse(field, 'NOT_A_COUNTRY', 'must be an ISO 3166-1 alpha-2 code in upper case');
    }
    return text;
  }

  optionalIp(field: string, text: string): string {
    if (text !== '' && isIP(text) === 0) {
      this.refuse(field, 'NOT_AN_IP_ADDRESS', 'must be an IPv4 or IPv6 address');
    }
    return text;
  }

  atMost(field: string, count: number, max: number): void {
    if (count > max) this.refuse(field, 'TOO_MANY', `must have at most ${max} entries`);
  }
}
