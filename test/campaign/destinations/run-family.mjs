import { explanationOf } from './known.mjs';
import { damaged } from './mutations.mjs';

/** Faults are kept up to so many: one is enough to look at. */
const MAX_FAULTS = 20;
const DAMAGED_A_KEY = 6;

/** Prefixes that are a part of addresses; others are schemes, which libraries do not read. */
const OWN_PREFIX = /^(?:bitcoincash|ecash|etoken|kaspa|ronin|ed25519|-?\d+):/i;

/** An address alone: no payment request, no blanks around it. */
function isBare(text) {
  return !/[?\s\u200b]|:\/\//.test(text) && !text.replace(OWN_PREFIX, '').includes(':');
}

/** @returns a tag as the reader takes it: absent is not told, null is none */
function tagOf({ tag, type }) {
  if (tag === undefined) return { kind: 'not-told' };
  return tag === null
    ? { kind: 'none' }
    : { kind: 'value', value: tag, ...(type === undefined ? {} : { type }) };
}

const spelled = (spelling) => (typeof spelling === 'string' ? { text: spelling } : spelling);

/**
 * Derives `count` keys of a network by its own libraries, and compares: one place has one identity in every spelling, two
 * places have two, and what a library refuses or joins our reader does as well.
 */
export async function runFamily(family, random, count, reader) {
  const { network, peers = [] } = family;
  const read = (text, tag = { kind: 'not-told' }) => reader.readDestination(network, text, tag);
  const keyOf = (reading) => reader.destinationKey(reading).join('\n');
  const faults = [];
  const found = new Map();
  const texts = [];
  const counts = { places: 0, spellings: 0, compared: 0 };
  const fault = (what, spelling, place) => {
    if (faults.length < MAX_FAULTS) faults.push({ what, ...spelled(spelling), place });
  };
  const placeOf = new Map();

  for (let n = 0; n < count; n++) {
    const places = await family.places(random);
    for (const { name, spellings } of places) {
      counts.places += spellings.length === 0 ? 0 : 1;
      let first;
      for (const spelling of spellings.map(spelled)) {
        counts.spellings++;
        const reading = read(spelling.text, tagOf(spelling));
        if (reading.doubt !== undefined) {
          fault(reading.doubt, spelling, name);
          continue;
        }
        const key = keyOf(reading);
        first ??= key;
        if (key !== first) fault('ANOTHER PLACE', spelling, name);
        const owner = placeOf.get(key);
        if (owner !== undefined && owner !== `${n}/${name}`) fault(`ONE WITH ${owner}`, spelling, name);
        placeOf.set(key, `${n}/${name}`);
        if (texts.length < 20_000) texts.push(spelling.text);
        for (const peer of peers) await compare(peer, spelling.text, spelled(spellings[0]).text);
      }
      const plain = spellings.map(spelled).filter(({ tag }) => tag === undefined);
      for (let turn = 0; turn < DAMAGED_A_KEY && plain.length > 0; turn++) {
        const { text } = random.pick(plain);
        const other = damaged(text, random);
        const reading = read(other);
        const kept = `text:${other.replace(/^[\s\u200b]+|[\s\u200b]+$/g, '')}`;
        const unread = reading.doubt === 'ADDRESS_UNREADABLE' && reading.account !== kept;
        if (unread) fault('NOT KEPT AS IT IS', other, name);
        for (const peer of peers) await compare(peer, other, text);
      }
    }
    for (const text of family.unread?.(random) ?? []) {
      if (read(text).doubt !== 'ADDRESS_UNREADABLE') fault('READ', text, 'unreadable');
    }
    for (const spelling of (family.conflicts?.(random) ?? []).map(spelled)) {
      const { doubt } = read(spelling.text, tagOf(spelling));
      if (doubt !== 'DESTINATION_TAG_CONFLICT') fault(`NO CONFLICT: ${doubt}`, spelling, 'conflict');
    }
  }
  return { network, keys: count, ...counts, faults, disagreements: [...found.values()], texts };

  /** Reads a text by a library, and says where the two disagree; `like` is a spelling of the place it was made from. */
  async function compare(peer, text, like) {
    if (!isBare(text) || !isBare(like)) return;
    counts.compared++;
    const reading = read(text);
    const ours = reading.doubt === undefined;
    const theirs = peer.validate === undefined ? peer.read(text) : await peer.validate(text);
    const reads = theirs !== undefined && theirs !== false;
    const ourPlace = read(like);
    const weJoin = keyOf(ourPlace) === keyOf(reading);
    if (ours && !reads)
      note(peer, weJoin ? 'refuses a spelling' : 'refuses what we read as another place', text, like);
    if (!ours && reads) note(peer, 'reads what we refuse', text);
    if (!ours || !reads || peer.validate !== undefined) return;
    const theirPlace = peer.read(like);
    if (theirPlace === undefined || ourPlace.doubt !== undefined) return;
    const theyJoin = theirPlace === theirs;
    if (weJoin && !theyJoin) note(peer, 'splits what we join', text, like);
    if (!weJoin && theyJoin) note(peer, 'joins what we split', text, like);
  }

  function note({ name }, kind, text, reference) {
    const why = explanationOf(network, name, kind, text);
    const key = `${name}\n${kind}\n${why}`;
    const entry = found.get(key) ?? { library: name, kind, why, times: 0, examples: [] };
    entry.times++;
    if (entry.examples.length < 6)
      entry.examples.push(reference === undefined ? text : `${text} | ${reference}`);
    found.set(key, entry);
  }
}
