import { hostileTexts } from './hostile-texts.mjs';

const REPEATS = 7;
const BATCH = 400;

/**
 * Processor time of new addresses. The typical one is the mean over all spellings, the best of some passes, by the process'
 * own clock; the worst is the slowest text, each at the best of its passes: noise only ever adds.
 */
export function measureCost(network, texts, { readDestination }) {
  const sample = texts.slice(0, BATCH);
  if (sample.length === 0) return {};
  const passes = Array.from({ length: REPEATS }, () => {
    const start = process.cpuUsage();
    for (const text of sample) readDestination(network, text);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / sample.length;
  });
  const worst = sample.map((text) => {
    let best = Number.POSITIVE_INFINITY;
    for (let pass = 0; pass < REPEATS; pass++) {
      const start = performance.now();
      readDestination(network, text);
      best = Math.min(best, (performance.now() - start) * 1000);
    }
    return best;
  });
  return {
    typicalUs: Math.min(...passes),
    worstUs: Math.max(...worst),
    ...worstOfHostile(network, readDestination),
  };
}

function worstOfHostile(network, readDestination) {
  let worstUs = 0;
  for (const text of hostileTexts()) {
    let best = Number.POSITIVE_INFINITY;
    for (let pass = 0; pass < 30; pass++) {
      const start = performance.now();
      readDestination(network, text);
      best = Math.min(best, (performance.now() - start) * 1000);
    }
    worstUs = Math.max(worstUs, best);
  }
  return { hostileUs: worstUs };
}
