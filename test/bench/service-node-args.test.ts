import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SERVICE_NODE_ARGS } from '../../bench/sides/holdfast.js';

const semiSpaceArgs = (text: string): readonly string[] =>
  text.match(/--m(?:in|ax)-semi-space-size=\d+/g) ?? [];

describe('how Node is started for the service', () => {
  it('is the same in the bench, in the image and in `npm start`', () => {
    const image = /^CMD (.*)$/m.exec(readFileSync('Dockerfile', 'utf8'));
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(SERVICE_NODE_ARGS).toHaveLength(2);
    expect(semiSpaceArgs(image?.[1] ?? '')).toEqual(SERVICE_NODE_ARGS);
    expect(semiSpaceArgs(scripts.start)).toEqual(SERVICE_NODE_ARGS);
  });
});
