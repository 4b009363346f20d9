import type { DescMethod } from '@bufbuild/protobuf';
import type { ChannelOptions } from '@grpc/grpc-js';

const KIB = 1024;

/** What a method may cost before its handler is asked. */
export interface MethodLimits {
  /** Largest request message in bytes as sent (after decompression), protobuf encoded. */
  readonly maxRequestBytes: number;
  /**
   * Deepest nesting of messages that is decoded. The deepest message of the contract has 4 levels; the rest is room
   * for it to grow.
   */
  readonly maxNesting: number;
  /** Whether the method is refused under overload. What operators and risk teams need to end an overload is not. */
  readonly sheddable: boolean;
}

const DEFAULT_LIMITS: MethodLimits = { maxRequestBytes: 64 * KIB, maxNesting: 20, sheddable: false };

/**
 * The largest assessment request within the limits of the contract (64 signals of 16 attributes) is about 40 KiB, the
 * largest batch of 500 signals about 300 KiB.
 */
const METHOD_LIMITS: Readonly<Record<string, MethodLimits>> = {
  'holdfast.v1.RiskService.AssessWithdrawal': { ...DEFAULT_LIMITS, sheddable: true },
  'holdfast.v1.RiskService.ReportSignals': {
    ...DEFAULT_LIMITS,
    maxRequestBytes: 512 * KIB,
    sheddable: true,
  },
  'holdfast.v1.RiskService.ReportClientDecisions': {
    ...DEFAULT_LIMITS,
    maxRequestBytes: 512 * KIB,
    sheddable: true,
  },
};

/** Policy documents are long texts, and simulations carry cases with them. */
const SERVICE_LIMITS: Readonly<Record<string, MethodLimits>> = {
  'holdfast.v1.PolicyService': { ...DEFAULT_LIMITS, maxRequestBytes: 1024 * KIB },
};

/** The limits of a method: its own, else its service's, else 64 KiB and never shed. */
export function limitsOf(method: DescMethod): MethodLimits {
  const service = method.parent.typeName;
  return METHOD_LIMITS[`${service}.${method.name}`] ?? SERVICE_LIMITS[service] ?? DEFAULT_LIMITS;
}

/** Largest request of any method: what the transport accepts at all. */
export const MAX_REQUEST_BYTES = 1024 * KIB;

/** A page of 500 assessments is about 1.5 MiB. */
export const MAX_RESPONSE_BYTES = 4096 * KIB;

/**
 * Largest metadata of a call: names and values of all entries. The HTTP/2 stack has a limit on the number of entries
 * (128) but accepts 70 KB in one of them.
 */
export const MAX_METADATA_BYTES = 8 * KIB;

/** A request must be complete this long after its headers: the transport itself would wait for ever. */
export const REQUEST_TIMEOUT_MS = 1_000;

/** How long a drain waits for calls in flight before it ends them. */
export const DRAIN_TIMEOUT_MS = 5_000;

/** What the transport would otherwise leave without a limit. */
export const CHANNEL_OPTIONS: ChannelOptions = {
  // Per connection. Above it a client queues; below it one connection cannot fill the memory.
  'grpc.max_concurrent_streams': 200,
  'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
  'grpc.max_send_message_length': MAX_RESPONSE_BYTES,
  // Finds peers that died without a word.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // Long-lived connections pin their client to one replica behind a connection-level balancer.
  'grpc.max_connection_age_ms': 600_000,
  // After that a connection takes no new calls; those under way may end. A simulation of millions takes many minutes, a
  // caller who does not take what is sent is cut off long before.
  'grpc.max_connection_age_grace_ms': 3_600_000,
  'grpc.max_connection_idle_ms': 300_000,
  // Channelz keeps a record of each call and connection.
  'grpc.enable_channelz': 0,
};
