import { expect, test } from 'vitest';
import { secretFileProblem } from '../../src/identity/secret-file-mode.js';

const OWN_GROUP = 2_000;
const groups = [1_000, OWN_GROUP];

test.each([
  ['its owner alone', 0o600, 0],
  ['its owner, for reading', 0o400, 0],
  ['a Secret of Kubernetes under the group of the pod', 0o440, OWN_GROUP],
  ['the owner, and the own group for reading', 0o640, OWN_GROUP],
])('taken: %s', (_, mode, gid) => {
  expect(secretFileProblem({ mode: 0o100000 | mode, gid }, groups)).toBeUndefined();
});

test.each([
  ['a group of others', 0o440, 3_000],
  ['the own group may write', 0o660, OWN_GROUP],
  ['everybody reads', 0o444, OWN_GROUP],
  ['everybody reads, nobody else', 0o404, OWN_GROUP],
  ['may be run', 0o700, OWN_GROUP],
])('refused: %s; the way out is named', (_, mode, gid) => {
  const problem = secretFileProblem({ mode: 0o100000 | mode, gid }, groups);
  expect(problem).toContain(`mode 0${mode.toString(8)}`);
  expect(problem).toContain('chmod 600');
  expect(problem).toContain('fsGroup');
});
