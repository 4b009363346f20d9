export function masked(line: string): string;

export function firstMissing(shown: string, printed: string): string | undefined;
