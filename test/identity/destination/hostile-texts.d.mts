export function hostileTexts(): string[];
