import type { RiskParts } from '../risk/parts.js';

/** Everything the HoldService works with. */
export type HoldParts = Pick<RiskParts, 'clock' | 'pseudonyms' | 'view' | 'journal' | 'telemetry'>;
