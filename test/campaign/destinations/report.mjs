const HEAD = [
  'network',
  'keys',
  'places',
  'spellings',
  'compared',
  'faults',
  'µs',
  'worst',
  'hostile',
  'libraries',
];

function rows(results) {
  return results.map((one) => [
    one.network,
    one.keys,
    one.places,
    one.spellings,
    one.compared,
    one.faults.length,
    one.typicalUs?.toFixed(1) ?? '-',
    one.worstUs?.toFixed(1) ?? '-',
    one.hostileUs?.toFixed(1) ?? '-',
    one.versions.join(', '),
  ]);
}

/** The report as text: a table, the disagreements, the faults. */
export function tabulate(results, { seed, count }) {
  const cells = [HEAD, ...rows(results)].map((row) => row.map(String));
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column === 9 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join('  ')
      .trimEnd(),
  );
  lines.push(...disagreementsOf(results));
  for (const { network, faults } of results) {
    for (const { what, place, ...spelling } of faults)
      lines.push(`FAULT ${network}, ${place}: ${what}: ${JSON.stringify(spelling)}`);
  }
  const bad = results.filter(({ faults }) => faults.length > 0).length;
  lines.push(`${results.length} networks, ${count} keys each, ${bad} with faults. --seed ${seed}`);
  return lines.join('\n');
}

/** One line for each library and reason, whatever the network; new ones with what they were seen with. */
function disagreementsOf(results) {
  const known = new Map();
  const lines = [];
  for (const { network, disagreements } of results) {
    for (const { library, kind, why, times, examples } of disagreements) {
      if (why === undefined) {
        lines.push(`NEW ${network}: ${library} ${kind}, ${times} times: ${examples.join(' ; ')}`);
        continue;
      }
      const row = known.get(`${library}${kind}${why}`) ?? { library, kind, why, times: 0, networks: [] };
      row.times += times;
      row.networks.push(network);
      known.set(`${library}${kind}${why}`, row);
    }
  }
  const told = [...known.values()].map(
    (row) => `${row.library} ${row.kind}, ${row.times} times (${row.networks.join(', ')}): ${row.why}`,
  );
  return [...told.sort(), ...lines];
}
