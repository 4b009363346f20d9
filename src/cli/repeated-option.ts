/**
 * Reads an option that may be given several times. Never one with several values: `--only-tier large policy.yaml` would
 * take the file for a tier.
 */
export function repeated(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
