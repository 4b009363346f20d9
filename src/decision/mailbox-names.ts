import type { AccountRecord, MailboxLink } from './evidence.js';
import type { Pseudonym } from './vocabulary.js';

/** Whether the alias names the mailbox, under whichever key. */
export function linkHasAlias(link: MailboxLink, alias: Pseudonym): boolean {
  return link.alias === alias || link.aliases.some((entry) => entry.alias === alias);
}

/**
 * All aliases of the mailboxes of an account that this one names: dots, a tag or a sister domain make another exact alias of
 * the same mailbox, and only what they fold to is the same.
 */
export function namesOf(alias: Pseudonym, { mailboxes }: AccountRecord): readonly Pseudonym[] {
  const names = [alias];
  for (const link of mailboxes) {
    if (linkHasAlias(link, alias)) names.push(link.alias, ...link.aliases.map((entry) => entry.alias));
  }
  return names;
}
