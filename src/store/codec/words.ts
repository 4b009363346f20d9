import type { AliasForm } from '../../decision/evidence.js';
import type { ProviderCap } from '../../decision/input.js';
import {
  CHANNELS,
  type Channel,
  DECISIONS,
  DESTINATION_DOUBTS,
  DESTINATION_KINDS,
  DESTINATION_TAGS,
  type Decision,
  type DestinationDoubt,
  type DestinationKind,
  type DestinationTag,
  FEED_STATES,
  type FeedState,
  PROVIDER_EVENT_TYPES,
  type ProviderEventType,
  SIGNAL_TYPES,
  type SignalType,
} from '../../decision/vocabulary.js';
import type { WordEffect } from './entry-bodies.js';

const CAP_SEVERITIES: readonly ProviderCap['most'][] = ['STEP_UP', 'HOLD'];
const CAP_CAUSES: readonly ProviderCap['cause'][] = ['GOVERNED', 'MAX_DECISION'];
const WORD_EFFECTS: readonly WordEffect['effect'][] = ['MOVED', 'GOVERNED'];
const ALIAS_FORMS: readonly AliasForm[] = ['exact', 'canonical', 'guessed', 'pair'];

/**
 * Reads words of one vocabulary. A word it knows comes back as the one shared string; a newer one is carried as it is,
 * so that writing the record again loses nothing. Rules name the words they mean, so one nobody knows matches nothing.
 */
function reader<Word extends string>(words: readonly Word[]): (text: string) => Word {
  const known = new Map<string, Word>(words.map((word) => [word, word]));
  return (text) => known.get(text) ?? carried(text);
}

function carried<Word extends string>(text: string): Word {
  // The one place where a stored word is taken on trust: see above why it must be.
  return text as Word;
}

export const signalType: (text: string) => SignalType = reader(SIGNAL_TYPES);
export const providerEventType: (text: string) => ProviderEventType = reader(PROVIDER_EVENT_TYPES);
export const channel: (text: string) => Channel = reader(CHANNELS);
export const decision: (text: string) => Decision = reader(DECISIONS);
export const feedState: (text: string) => FeedState = reader(FEED_STATES);
export const destinationDoubt: (text: string) => DestinationDoubt = reader(DESTINATION_DOUBTS);
export const destinationTag: (text: string) => DestinationTag = reader(DESTINATION_TAGS);
export const destinationKind: (text: string) => DestinationKind = reader(DESTINATION_KINDS);
export const aliasForm: (text: string) => AliasForm = reader(ALIAS_FORMS);
export const capSeverity: (text: string) => ProviderCap['most'] = reader(CAP_SEVERITIES);
export const capCause: (text: string) => ProviderCap['cause'] = reader(CAP_CAUSES);
export const wordEffect: (text: string) => WordEffect['effect'] = reader(WORD_EFFECTS);
