import type {
  AccountRecord,
  AliasForm,
  CohortRecord,
  FeedView,
  LedgerRecord,
  MailboxLink,
  MailboxRecord,
  MailboxView,
} from '../../decision/evidence.js';
import type { AssessmentInput, ProviderCap, RequestFacts } from '../../decision/input.js';
import { readAccount, readLink, writeAccount, writeLink } from './account-codec.js';
import { readCohort, writeCohort } from './cohort-codec.js';
import { readLedger, writeLedger } from './ledger-codec.js';
import { readMailbox, writeMailbox } from './mailbox-codec.js';
import { RecordReader } from './record-reader.js';
import { RecordWriter } from './record-writer.js';
import { readRequest, writeRequest } from './request-codec.js';
import { aliasForm, capCause, capSeverity, feedState } from './words.js';
import type { Writable } from './writable.js';

const writer = new RecordWriter();

const NO_ACCOUNT: AccountRecord = { signals: [], loginFailures: [], mailboxes: [] };
const NO_LINK: MailboxLink = { alias: '', aliases: [], domain: '', lastUsedAt: 0 };
const NO_LEDGER: LedgerRecord = { spends: [], holds: [], releases: [] };
const NO_REQUEST: RequestFacts = {
  withdrawalId: '',
  withdrawal: '',
  accountId: '',
  asset: '',
  amount: '',
  destination: { id: '', suffix: '', network: '' },
};

/** Serializes as `holdfast.store.v1.AssessmentInput`. */
export function encodeInput(input: AssessmentInput): Uint8Array {
  writer.reset();
  writeInput(writer, input);
  return writer.take();
}

/** @throws StoreError code `STATE_CORRUPT` */
export function decodeInput(bytes: Uint8Array): AssessmentInput {
  return readInput(new RecordReader(bytes));
}

export function writeInput(to: RecordWriter, input: AssessmentInput): void {
  to.optionalDouble(10, input.clockLead);
  if (input.caps !== undefined) writeCaps(to, input.caps);
  to.flag(8, input.behind);
  for (let index = input.feeds.length - 1; index >= 0; index--) {
    const feed = input.feeds[index];
    if (feed === undefined) continue;
    const mark = to.mark;
    to.optionalDouble(3, feed.watermark);
    to.text(2, feed.state);
    to.text(1, feed.provider);
    to.message(7, mark);
  }
  for (let index = input.cohorts.length - 1; index >= 0; index--) {
    const cohort = input.cohorts[index];
    if (cohort === undefined) continue;
    const mark = to.mark;
    writeCohort(to, cohort);
    to.message(6, mark);
  }
  for (let index = input.mailboxes.length - 1; index >= 0; index--) {
    const view = input.mailboxes[index];
    if (view === undefined) continue;
    const mark = to.mark;
    writeView(to, view, input.account.mailboxes[index]);
    to.message(5, mark);
  }
  const ledgerMark = to.mark;
  writeLedger(to, input.ledger);
  to.message(4, ledgerMark);
  const accountMark = to.mark;
  writeAccount(to, input.account);
  to.message(3, accountMark);
  const requestMark = to.mark;
  writeRequest(to, input.request);
  to.message(2, requestMark);
  to.double(1, input.now);
}

function writeCaps(to: RecordWriter, caps: readonly ProviderCap[]): void {
  for (let index = caps.length - 1; index >= 0; index--) {
    const cap = caps[index];
    if (cap === undefined) continue;
    const mark = to.mark;
    to.text(4, cap.cause);
    to.text(3, cap.most);
    to.text(2, cap.cohortId);
    to.text(1, cap.provider);
    to.message(9, mark);
  }
}

/** @param listed the account's mailbox at the same place: gathered views are made from it, so it is not written twice */
function writeView(to: RecordWriter, view: MailboxView, listed: MailboxLink | undefined): void {
  for (let index = view.records.length - 1; index >= 0; index--) {
    const matched = view.records[index];
    if (matched === undefined) continue;
    const mark = to.mark;
    const recordMark = to.mark;
    writeMailbox(to, matched.record);
    to.message(2, recordMark);
    to.text(1, matched.form);
    to.message(2, mark);
  }
  if (view.link === listed) return;
  const mark = to.mark;
  writeLink(to, view.link);
  to.message(1, mark);
}

/** Reads to the end of the current message. */
export function readInput(from: RecordReader): AssessmentInput {
  const mailboxes: MailboxView[] = [];
  const cohorts: CohortRecord[] = [];
  const feeds: FeedView[] = [];
  const caps: ProviderCap[] = [];
  const input: Writable<AssessmentInput> = {
    now: 0,
    request: NO_REQUEST,
    account: NO_ACCOUNT,
    ledger: NO_LEDGER,
    mailboxes,
    cohorts,
    feeds,
    behind: false,
  };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    const outer = tag >= 0x12 && tag <= 0x4a && (tag & 7) === 2 ? from.enter() : undefined;
    switch (tag) {
      case 0x09:
        input.now = from.double();
        break;
      case 0x12:
        input.request = readRequest(from);
        break;
      case 0x1a:
        input.account = readAccount(from);
        break;
      case 0x22:
        input.ledger = readLedger(from);
        break;
      case 0x2a:
        mailboxes.push(readView(from, input.account.mailboxes[mailboxes.length]));
        break;
      case 0x32:
        cohorts.push(readCohort(from));
        break;
      case 0x3a:
        feeds.push(readFeed(from));
        break;
      case 0x40:
        input.behind = from.flag();
        break;
      case 0x4a:
        caps.push(readCap(from));
        break;
      case 0x51:
        input.clockLead = from.double();
        break;
      default:
        from.skip(tag);
    }
    if (outer !== undefined) from.leave(outer);
  }
  if (caps.length > 0) input.caps = caps;
  return input;
}

function readCap(from: RecordReader): ProviderCap {
  const cap: Writable<ProviderCap> = { provider: '', most: 'HOLD', cause: 'GOVERNED' };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) cap.provider = from.text();
    else if (tag === 0x12) cap.cohortId = from.text();
    else if (tag === 0x1a) cap.most = capSeverity(from.text());
    else if (tag === 0x22) cap.cause = capCause(from.text());
    else from.skip(tag);
  }
  return cap;
}

/** The account stands before its views: fields are written in the order of their numbers. */
function readView(from: RecordReader, listed: MailboxLink | undefined): MailboxView {
  const records: { form: AliasForm; record: MailboxRecord }[] = [];
  const view: Writable<MailboxView> = {
    link: listed ?? NO_LINK,
    records,
  };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    const outer = tag === 0x0a || tag === 0x12 ? from.enter() : undefined;
    if (tag === 0x0a) view.link = readLink(from);
    else if (tag === 0x12) records.push(readMatched(from));
    else from.skip(tag);
    if (outer !== undefined) from.leave(outer);
  }
  return view;
}

function readMatched(from: RecordReader): { form: AliasForm; record: MailboxRecord } {
  let form = '';
  let record: MailboxRecord = { events: [], retractions: [] };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) form = from.text();
    else if (tag === 0x12) {
      const outer = from.enter();
      record = readMailbox(from);
      from.leave(outer);
    } else from.skip(tag);
  }
  return { form: aliasForm(form), record };
}

function readFeed(from: RecordReader): FeedView {
  const feed: Writable<FeedView> = { provider: '', state: 'NOT_COVERED' };
  for (let tag = from.next(); tag !== 0; tag = from.next()) {
    if (tag === 0x0a) feed.provider = from.text();
    else if (tag === 0x12) feed.state = feedState(from.text());
    else if (tag === 0x19) feed.watermark = from.double();
    else from.skip(tag);
  }
  return feed;
}
