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

/** Texts of the longest kind that is decoded, made to keep each decoder busy. */
export function hostileTexts() {
  const longest = 256;
  return [
    '1'.repeat(longest),
    'z'.repeat(128),
    `1${'z'.repeat(127)}`,
    'f'.repeat(longest),
    `0x${'f'.repeat(254)}`,
    `addr1${'q'.repeat(251)}`,
    `bc1${'q'.repeat(253)}`,
    `u1${'q'.repeat(254)}`,
    `${'a.'.repeat(127)}aa`,
    `${'a-'.repeat(31)}aa!`,
    `${'a'.repeat(64)}*${'a.'.repeat(95)}`,
    `ethereum:${'a'.repeat(80)}/transfer?${'address=&'.repeat(18)}`,
    `?${'memo=%41&'.repeat(28)}`,
    'q'.repeat(112),
    'A'.repeat(106),
    '4'.repeat(106),
    '4'.repeat(95),
    `DdzFF${'z'.repeat(123)}`,
    `${'aaaaa-'.repeat(12)}aaa`,
    `S${'Z'.repeat(42)}`,
    `${'\u200b'.repeat(128)}x${'\u200b'.repeat(127)}`,
    `${'%'.repeat(128)}?${'%'.repeat(127)}`,
  ];
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
