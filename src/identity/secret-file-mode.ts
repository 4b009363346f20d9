import type { Stats } from 'node:fs';

const OTHERS = 0o007;
const GROUP_READ = 0o040;
const GROUP_WRITE_OR_RUN = 0o030;
const OWNER_RUN = 0o100;

/** Windows keeps no such modes: Node reports 0666 for every file. */
const IS_POSIX = process.platform !== 'win32';

/** The groups of this process, the effective one first. */
function ownGroups(): readonly number[] {
  return [process.getegid?.(), ...(process.getgroups?.() ?? [])].filter((group) => group !== undefined);
}

/**
 * Whether a file with keys is kept from others: mode 0600 or less, or read by a group that this process is in, as
 * Kubernetes mounts a Secret (`defaultMode: 0440` with the pod's `fsGroup`).
 *
 * @returns what to do about it; undefined if nothing is wrong
 */
export function secretFileProblem(
  found: Pick<Stats, 'mode' | 'gid'>,
  groups: readonly number[] = ownGroups(),
): string | undefined {
  if (!IS_POSIX) return undefined;
  const mode = found.mode & 0o777;
  const isGroupsOwn = groups.includes(found.gid);
  const isOpen =
    (mode & (OTHERS | GROUP_WRITE_OR_RUN | OWNER_RUN)) !== 0 || ((mode & GROUP_READ) !== 0 && !isGroupsOwn);
  if (!isOpen) return undefined;
  return (
    `has mode 0${mode.toString(8)}: run chmod 600 on it, or chmod 440 with a group that this process is in ` +
    '(Kubernetes: defaultMode 0440 and fsGroup), and rotate its keys if others could read it'
  );
}
