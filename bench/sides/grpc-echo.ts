import { fileURLToPath } from 'node:url';
import { startChild } from '../load/child-process.js';
import { SERVICE_NODE_ARGS } from './holdfast.js';
import type { RunningSide } from './side.js';

/** How much the echo does per call: encode the canned message each time, or send bytes made once. */
export type EchoKind = 'encodes' | 'canned-bytes';

/**
 * The floor: what the transport and the codec cost without any service. Its Node has the flags that the service's has.
 *
 * @param answer a real answer of the service, so that both send the same bytes
 * @param frames the very requests the service is loaded with
 */
export async function startGrpcEcho(
  kind: EchoKind,
  answer: Uint8Array,
  frames: readonly Buffer[],
): Promise<RunningSide> {
  const script = fileURLToPath(new URL('./grpc-echo-server.js', import.meta.url));
  const canned = Buffer.from(answer);
  const flags = kind === 'canned-bytes' ? ['--canned-bytes'] : [];
  const child = startChild(process.execPath, [
    ...SERVICE_NODE_ARGS,
    script,
    canned.toString('base64'),
    ...flags,
  ]);
  const port = await child.line('listening');
  return {
    name: kind === 'encodes' ? 'echo' : 'echo-bytes',
    pid: child.pid,
    address: `127.0.0.1:${port}`,
    path: '/holdfast.v1.RiskService/AssessWithdrawal',
    frames,
    problemOf: (message) => (message.equals(canned) ? undefined : 'the echo did not send its canned answer'),
    stop: () => child.stop(),
  };
}
