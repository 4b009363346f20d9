import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProviderEventRecord } from '../../src/decision/evidence.js';
import { generateSigningKey } from '../../src/feed/provider/key-files.js';
import type { AssessWithdrawalResponse } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { type RequestInit, START, startTestService, type TestService, temporaryFolder } from './harness.js';
import { DAY_MS, theft } from './requests.js';

/** One provider may hold two accounts a day, and each of its incidents one. */
const SMALL_LIMITS = `    governor: { window_hours: 24, max_accounts: 2 }
    cohort_governor: { max_accounts: 1 }
`;

/** A service without a broker, with one registered provider. */
export async function startGoverned(limits = SMALL_LIMITS): Promise<TestService> {
  const folder = temporaryFolder();
  const { publicJwk } = await generateSigningKey('k1', 'EdDSA');
  writeFileSync(join(folder, 'att.jwks.json'), JSON.stringify({ keys: [publicJwk] }));
  const file = join(folder, 'providers.yaml');
  writeFileSync(
    file,
    `providers:
  - id: att
    issuer: https://mail.att.example
    operator: att
    keys: { jwks_file: att.jwks.json }
    subjects: [email]
    cohorts: own-domains
${limits}`,
  );
  return startTestService({ folder, env: { HOLDFAST_PROVIDERS_FILE: file } });
}

/** What the feed writes when the provider names a customer's mailbox as compromised. */
export async function nameMailboxOf(running: TestService, customer: number): Promise<void> {
  const [alias] = running.mailbox(`c${customer}@att.net`).aliases;
  if (alias === undefined) throw new Error('a mailbox has at least one alias');
  const event: ProviderEventRecord = {
    type: 'CREDENTIAL_COMPROMISE',
    provider: 'att',
    id: `token-${customer}`,
    occurredAt: START - 3 * DAY_MS,
    issuedAt: START - DAY_MS,
    receivedAt: START - DAY_MS,
    timeIs: 'OCCURRED',
    unauthorised: true,
    confidence: 1,
  };
  await running.write('', {
    kind: 'provider-event',
    provider: event.provider,
    tokenId: event.id,
    content: { kind: 'event', alias: alias.alias, event },
  });
}

let asked = 0;

/** A withdrawal that is allowed, unless the provider's word about the customer's mailbox holds it. */
export function askOf(
  running: TestService,
  customer: number,
  changes: RequestInit = {},
): Promise<AssessWithdrawalResponse> {
  asked += 1;
  const email = `c${customer}@att.net`;
  return running.assess(theft(`w-${asked}`, { accountId: `account-${customer}`, email, ...changes }));
}
