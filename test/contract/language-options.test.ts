import { describe, expect, it } from 'vitest';
import { file_holdfast_v1_decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import { file_holdfast_v1_feed_service } from '../../src/gen/holdfast/v1/feed_service_pb.js';
import { file_holdfast_v1_hold_service } from '../../src/gen/holdfast/v1/hold_service_pb.js';
import { file_holdfast_v1_policy_service } from '../../src/gen/holdfast/v1/policy_service_pb.js';
import { file_holdfast_v1_risk_service } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { file_holdfast_v1_signal } from '../../src/gen/holdfast/v1/signal_pb.js';

const files = [
  file_holdfast_v1_decision,
  file_holdfast_v1_feed_service,
  file_holdfast_v1_hold_service,
  file_holdfast_v1_policy_service,
  file_holdfast_v1_risk_service,
  file_holdfast_v1_signal,
];

describe('options for the generators of other languages', () => {
  it.each(files.map(({ proto }) => [proto.name, proto.options] as const))('%s has them', (name, options) => {
    const outer = (name.split('/').at(-1) ?? '')
      .replace('.proto', '')
      .split('_')
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join('');
    expect(options).toMatchObject({
      goPackage: 'holdfast/v1;holdfastv1',
      javaPackage: 'com.holdfast.v1',
      javaMultipleFiles: true,
      javaOuterClassname: `${outer}Proto`,
      csharpNamespace: 'Holdfast.V1',
      rubyPackage: 'Holdfast::V1',
      phpNamespace: 'Holdfast\\V1',
      phpMetadataNamespace: 'Holdfast\\V1\\Metadata',
    });
  });
});
