/** Texts of the longest kind that is decoded, made to keep each decoder and each pattern busy. */
export function hostileTexts() {
  const longest = 1_024;
  return [
    '1'.repeat(longest),
    'z'.repeat(128),
    `1${'z'.repeat(127)}`,
    'f'.repeat(longest),
    `0x${'f'.repeat(1_022)}`,
    `0x${'0'.repeat(1_021)}g`,
    `addr1${'q'.repeat(251)}`,
    `bc1${'q'.repeat(253)}`,
    `u1${'q'.repeat(254)}`,
    `lnbc1${'q'.repeat(1_019)}`,
    `lno1${'q'.repeat(1_020)}`,
    `${'a.'.repeat(127)}aa`,
    `${'a.'.repeat(511)}aa`,
    `${'a-'.repeat(31)}aa!`,
    `${'a'.repeat(64)}*${'a.'.repeat(95)}`,
    `ethereum:${'a'.repeat(80)}/transfer?${'address=&'.repeat(100)}`,
    `?${'memo=%41&'.repeat(113)}`,
    'q'.repeat(112),
    'A'.repeat(106),
    '4'.repeat(106),
    '4'.repeat(95),
    `DdzFF${'z'.repeat(123)}`,
    `${'aaaaa-'.repeat(12)}aaa`,
    `S${'Z'.repeat(42)}`,
    `${'\u200b'.repeat(512)}x${'\u200b'.repeat(511)}`,
    `${'%'.repeat(512)}?${'%'.repeat(511)}`,
    ':0x'.repeat(341),
    '.'.repeat(longest),
  ];
}
