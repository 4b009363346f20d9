import { lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';

/**
 * Removes the file of a Unix socket that a killed process left behind, so that the place can be listened at again. One
 * on which somebody answers, and what is no socket, is left alone: listening then fails, as it should.
 *
 * @param address `unix:/path`; of others there is nothing to remove
 */
export async function removeLeftoverSocket(address: string): Promise<void> {
  if (!address.startsWith('unix:')) return;
  const path = address.slice('unix:'.length);
  if (!isSocket(path) || (await isAnswered(path))) return;
  unlinkSync(path);
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}

/** Whatever goes wrong but a refusal may mean that somebody is there. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}
