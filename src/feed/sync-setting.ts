import { isObject, parseObject } from './token.js';

/** When the broker's servers bring to disk what they have acknowledged. */
export type SyncSetting =
  | { readonly kind: 'always' }
  /** A power loss may take what was acknowledged in this time. */
  | { readonly kind: 'interval'; readonly intervalMs: number }
  /** Nobody could be asked, or the answer does not say. */
  | { readonly kind: 'unknown'; readonly cause: string };

/** Monitoring answers at once or not; reading the stream waits for it at every connection. */
const ASK_TIMEOUT_MS = 750;

/** `/varz` has about 5 KB. */
const MAX_ANSWER_CHARACTERS = 1_000_000;

const NANOS_PER_MS = 1_000_000;

/**
 * Asks the broker's monitoring ports: a client's connection does not tell. The weakest answer counts, since any server of
 * a cluster may hold the copy that is left. Never rejects.
 *
 * @param monitorUrls HOLDFAST_NATS_MONITOR_URL, e.g. `http://127.0.0.1:8222`; one for each server
 */
export async function readSyncSetting(
  monitorUrls: readonly string[],
  signal: AbortSignal,
): Promise<SyncSetting> {
  if (monitorUrls.length === 0) return { kind: 'unknown', cause: 'HOLDFAST_NATS_MONITOR_URL is not set' };
  const settings = await Promise.all(monitorUrls.map((url) => askOne(url, signal)));
  return settings.reduce(weaker);
}

async function askOne(url: string, signal: AbortSignal): Promise<SyncSetting> {
  try {
    const response = await fetch(new URL('/varz', url), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_TIMEOUT_MS)]),
      redirect: 'error',
    });
    if (!response.ok) return { kind: 'unknown', cause: `the monitoring port answered ${response.status}` };
    const text = await response.text();
    return text.length > MAX_ANSWER_CHARACTERS
      ? { kind: 'unknown', cause: 'the monitoring port said too much' }
      : syncSettingIn(text);
  } catch {
    // The cause may quote the address, which may hold credentials.
    return { kind: 'unknown', cause: 'the monitoring port did not answer' };
  }
}

/** What an answer of `/varz` says. */
export function syncSettingIn(varz: string): SyncSetting {
  const jetstream = parseObject(varz)?.['jetstream'];
  const config = isObject(jetstream) ? jetstream['config'] : undefined;
  if (!isObject(config)) return { kind: 'unknown', cause: 'JetStream is not enabled there' };
  if (config['sync_always'] === true) return { kind: 'always' };
  const nanos = config['sync_interval'];
  return typeof nanos === 'number'
    ? { kind: 'interval', intervalMs: nanos / NANOS_PER_MS }
    : { kind: 'unknown', cause: 'this server has no such setting' };
}

function weaker(a: SyncSetting, b: SyncSetting): SyncSetting {
  if (a.kind === 'unknown' || b.kind === 'unknown') return a.kind === 'unknown' ? a : b;
  if (a.kind === 'always') return b;
  return b.kind === 'always' || a.intervalMs >= b.intervalMs ? a : b;
}
