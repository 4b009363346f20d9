import type { IncomingMessage } from 'node:http';

export type BodyReading =
  | { readonly kind: 'complete'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  /** The sender went away, or was cut for being slow. */
  | { readonly kind: 'aborted' };

/**
 * Reads a request's body. What is beyond `maxBytes` is read and dropped up to as much again, so that a sender that is
 * a little over hears so rather than find its connection cut; then reading ends.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<BodyReading> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.byteLength;
      if (length <= maxBytes) chunks.push(chunk);
      else if (length > 2 * maxBytes) {
        request.pause();
        resolve({ kind: 'too-large' });
      }
    });
    request.on('end', () => {
      resolve(length > maxBytes ? { kind: 'too-large' } : { kind: 'complete', bytes: Buffer.concat(chunks) });
    });
    // After `end` these come too, and change nothing.
    request.on('close', () => resolve({ kind: 'aborted' }));
    request.on('error', () => resolve({ kind: 'aborted' }));
  });
}
