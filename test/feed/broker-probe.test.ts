import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { findAnsweringBroker } from '../../src/feed/broker-probe.js';

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** Something that listens; gives its port. */
async function listening(greet: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    greet(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const find = (...addresses: string[]) => findAnsweringBroker(addresses, new AbortController().signal);

describe('the address that answers', () => {
  test('is the first that introduces itself; those before it are left without a socket', async () => {
    const silent = await listening(() => undefined);
    const web = await listening((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const rude = await listening((socket) => socket.destroy());
    const broker = await listening((socket) =>
      socket.write('INFO {"server_id":"x","max_payload":65536}\r\n'),
    );
    const found = await find(...[silent, web, rude, broker].map((port) => `nats://127.0.0.1:${port}`));
    expect(found).toEqual({
      named: `127.0.0.1:${broker}`,
      digits: `127.0.0.1:${broker}`,
      speaksTls: false,
    });
    await expect.poll(() => sockets.size).toBe(0);
  });

  test('keeps its name beside its digits, and says whether it speaks TLS', async () => {
    const broker = await listening((socket) => {
      socket.write('INFO {"server_id":"x","tls_required":');
      setImmediate(() => socket.write(' true}\r\n'));
    });
    expect(await find(`nats://localhost:${broker}`)).toEqual({
      named: `localhost:${broker}`,
      digits: `127.0.0.1:${broker}`,
      speaksTls: true,
    });
  });

  test.each([
    ['says nothing', () => undefined, 'takes connections and says nothing'],
    ['speaks something else', (socket: Socket) => void socket.write('SSH-2.0\r\n'), 'no NATS server'],
    ['hangs up', (socket: Socket) => void socket.destroy(), 'ended the connection'],
  ])('where it %s, the error says so', async (_, greet, cause) => {
    const port = await listening(greet);
    const failed = find(`nats://127.0.0.1:${port}`);
    await expect(failed).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
      message: expect.stringContaining(cause),
    });
  });

  test('a name that nobody knows, and a port that nobody has', async () => {
    await expect(find('nats://nobody.invalid:4222')).rejects.toThrow('its name is not known');
    await expect(find('nats://127.0.0.1:1')).rejects.toThrow('ECONNREFUSED');
  });

  test('a stop ends the look at once', async () => {
    const port = await listening(() => undefined);
    const stop = new AbortController();
    const looking = findAnsweringBroker([`nats://127.0.0.1:${port}`], stop.signal);
    stop.abort();
    await expect(looking).rejects.toThrow('stopped');
    await expect.poll(() => sockets.size).toBe(0);
  });
});
