/** The service refused calls for overload: nothing wrong was answered, but nothing can be compared either. */
export class MachineTooBusyError extends Error {
  override readonly name = 'MachineTooBusyError';
  readonly code = 'MACHINE_TOO_BUSY';
}
