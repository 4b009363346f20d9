/** First patch of each line of Node without CVE-2026-21714, by which a client can leak the server's sessions. */
const FIXED_NODE_VERSIONS: Readonly<Record<number, readonly [minor: number, patch: number]>> = {
  20: [20, 2],
  22: [22, 2],
  24: [14, 1],
};
const NEWEST_FIXED_LINE = 24;

export type NodeVersionCheck =
  | { readonly kind: 'refused'; readonly problem: string }
  | { readonly kind: 'accepted'; readonly advice: string | undefined };

/** Whether this Node can serve, and whether a newer one should. @param version as `process.versions.node` gives it */
export function checkNodeVersion(version: string): NodeVersionCheck {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major < 20 || major === 21 || (major === 20 && minor < 19)) {
    return { kind: 'refused', problem: `Node ${version} is too old: 20.19 or a newer even line is needed` };
  }
  const [fixedMinor, fixedPatch] = FIXED_NODE_VERSIONS[major] ?? [0, 0];
  const fixed =
    major > NEWEST_FIXED_LINE ||
    (major % 2 === 0 && (minor > fixedMinor || (minor === fixedMinor && patch >= fixedPatch)));
  const advice = `Node ${version} has CVE-2026-21714: use 20.20.2, 22.22.2, 24.14.1 or newer`;
  return { kind: 'accepted', advice: fixed ? undefined : advice };
}
