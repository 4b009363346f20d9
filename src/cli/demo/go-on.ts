import { styled, type Terminal } from '../terminal.js';

/** A call that a person can make right away, as one line of shell. */
export function exampleCall(method: string, request: object, address: string): string {
  return [
    'npx buf curl --protocol grpc --http2-prior-knowledge --schema proto',
    `-d '${JSON.stringify(request)}'`,
    `http://${address}/holdfast.v1.RiskService/${method}`,
  ].join(' ');
}

/** Example calls against a service on the default address. They work as printed, from the project's folder. */
export function exampleCalls(address: string, occurredAt: string): readonly string[] {
  const reset = {
    signals: [
      {
        account_id: 'a-1',
        type: 'SIGNAL_TYPE_PASSWORD_RESET',
        channel: 'CHANNEL_EMAIL',
        email: 'victim@att.net',
        occurred_at: occurredAt,
      },
    ],
  };
  const ask = {
    withdrawal_id: 'w-1',
    account_id: 'a-1',
    email: 'victim@att.net',
    asset: 'BTC',
    amount: '1.5',
    reference_value: 134000,
    balance_share: 0.94,
    destination: { address: 'bc1q2spueagxtvq76s0663t00jz6lxw3hjrprjyl3v', network: 'bitcoin' },
  };
  return [
    exampleCall('ReportSignals', reset, address),
    exampleCall('AssessWithdrawal', ask, address),
    exampleCall('ListAssessments', { account_id: 'a-1' }, address),
  ];
}

/** How to go on after the demo. */
export function goOn(terminal: Terminal): string {
  const occurredAt = new Date(Date.now() - 1_800_000).toISOString();
  const calls = exampleCalls('127.0.0.1:50051', occurredAt).map((call) => `  ${call}`);
  return [
    '',
    styled(terminal, 'bold', 'Go on'),
    'Run the service in one terminal:',
    '  npm start',
    'and ask it from another:',
    ...calls,
    "The policy that decided is policies/default.yaml; try your own with 'node dist/main.js policy check FILE'.",
  ].join('\n');
}
