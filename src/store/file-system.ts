import { closeSync, fsyncSync, openSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** File systems, by their number in statfs(2), that may lose a flush or a lock. */
const UNSAFE_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x65735546, 'fuse'],
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlay'],
]);

/** Name of the file system of `folder` if data on it may not survive; undefined when nothing speaks against it. */
export function unsafeFileSystem(folder: string): string | undefined {
  return UNSAFE_FILE_SYSTEMS.get(statfsSync(folder).type);
}

/** Makes the names in a folder, and its own, survive a power loss: flushing a new file does not. */
export function flushFolder(folder: string): void {
  flushFile(folder);
  flushFile(dirname(folder));
}

/** Makes the content of a file, or the names in a folder, survive a power loss. */
export function flushFile(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
