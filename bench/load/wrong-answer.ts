/** A side said something else than it must: a defect, however busy the machine is. */
export class WrongAnswerError extends Error {
  override readonly name = 'WrongAnswerError';
  readonly code = 'WRONG_ANSWER';
}

/** With this a child of the bench ends when answers were wrong, so that its parent can tell them from a busy machine. */
export const WRONG_ANSWER_EXIT_CODE = 3;
