import type { ServerHttp2Session } from 'node:http2';
import { expect, test } from 'vitest';
import { grpcFrame } from '../../../bench/load/grpc-frame.js';
import { Http2Connection } from '../../../bench/load/http2/connection.js';
import { literalHeaderBlock } from '../../../bench/load/http2/hpack-literals.js';
import { http2Server } from './servers.js';

test('a lent connection that the peer ends can be closed, although its calls never are over', async () => {
  const sessions: ServerHttp2Session[] = [];
  const address = await http2Server(
    {},
    () => undefined,
    (session) => sessions.push(session),
  );
  const [host = '', port] = address.split(':');
  const headerBlock = literalHeaderBlock([[':method', 'POST']]);
  const connection = await Http2Connection.open({ host, port: Number(port), headerBlock });
  const failures: string[] = [];
  connection.lend({
    requests: [grpcFrame(Buffer.from('never sent'))],
    onEnd: () => expect.unreachable('the call was never sent'),
    onAllowed: () => undefined,
    write: () => undefined,
    onFailed: (reason) => failures.push(reason),
  });
  const closed = connection.close();
  sessions[0]?.destroy();
  await closed;
  expect(failures).not.toEqual([]);
});
