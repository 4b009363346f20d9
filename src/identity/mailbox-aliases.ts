import type { AliasForm, MailboxAlias } from '../decision/evidence.js';
import type { Pseudonym } from '../decision/vocabulary.js';
import { foldedForms } from './folded-forms.js';
import { framed, keyedDigest } from './keyed-digest.js';
import type { HmacKey, Keyring } from './keyring.js';
import type { MailAddress } from './mail-address.js';
import type { OperatorDirectory } from './operator-directory.js';

/**
 * Most aliases of one mailbox, so that eight mailboxes fit into a recorded assessment. A plain address has one and one
 * a pair key; only guesses of a tagged address at a sister domain during two rotations at once are ever left out.
 */
const MAX_ALIASES = 12;

/**
 * The aliases under which events about a mailbox may come: its exact form and what that folds to, under each live
 * match key and each live pair key of the providers that may speak of its domain. The first is the exact form under the
 * newest match key.
 */
export function mailboxAliases(
  address: MailAddress,
  operator: string | undefined,
  keyring: Keyring,
  directory: OperatorDirectory,
): readonly [MailboxAlias, ...MailboxAlias[]] {
  const [newest, ...older] = keyring.matchKeys;
  const pairKeys = directory
    .providersFor(address.domain, operator)
    .flatMap((provider) => (keyring.pairKeys.get(provider) ?? []).map((key) => ({ provider, key })));

  const aliases: [MailboxAlias, ...MailboxAlias[]] = [
    { form: 'exact', alias: matchAlias(newest, address.exact) },
  ];
  const add = (form: AliasForm, alias: Pseudonym): void => {
    if (aliases.length < MAX_ALIASES) aliases.push({ form, alias });
  };
  // In the order of what they prove, so that a cut takes guesses.
  for (const key of older) add('exact', matchAlias(key, address.exact));
  for (const { provider, key } of pairKeys) add('pair', pairAliasOf(provider, key, address.exact));
  for (const { form, canonical } of foldedForms(address, operator)) {
    for (const key of keyring.matchKeys) add(form, matchAlias(key, canonical));
    for (const { provider, key } of pairKeys) add(form, pairAliasOf(provider, key, canonical));
  }
  return aliases;
}

/**
 * The aliases under which an event about a clear address is to be found, newest match key first: its exact form and
 * the canonical one of its operator's own rule, under each live match key. Links hold aliases of the same forms, so
 * either side may have been spelt with dots or tags, and links from before a rotation still match. Never a guessed
 * form: it would make an event about `john+x@example.org` one about `john@example.org`, in full.
 */
export function eventAliases(
  address: MailAddress,
  operator: string | undefined,
  keyring: Keyring,
): readonly Pseudonym[] {
  const canonical = foldedForms(address, operator).find(({ form }) => form === 'canonical')?.canonical;
  const aliases: Pseudonym[] = [];
  for (const key of keyring.matchKeys) {
    aliases.push(matchAlias(key, address.exact));
    if (canonical !== undefined) aliases.push(matchAlias(key, canonical));
  }
  return aliases;
}

function matchAlias(key: HmacKey, form: string): Pseudonym {
  return `m:${key.id}:${keyedDigest(key, framed('mailbox', [form]))}`;
}

/** The alias of a mailbox for which a provider's opaque subject gives the digest. */
export function pairAlias(provider: string, keyId: string, digest: string): Pseudonym {
  return `p:${provider}:${keyId}:${digest}`;
}

/** Over the address alone, without a purpose: the provider computes the same, and the key has no other use. */
function pairAliasOf(provider: string, key: HmacKey, form: string): Pseudonym {
  return pairAlias(provider, key.id, keyedDigest(key, form));
}
