// bench/splits/statistics.ts: shares with how far they can be trusted, and a line of a table.

/** Wilson's interval of a share, 95 %. */
function intervalOf(count: number, total: number): readonly [number, number] {
  if (total === 0) return [0, 1];
  const z = 1.96;
  const share = count / total;
  const middle = share + z ** 2 / (2 * total);
  const half = z * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  const scale = 1 + z ** 2 / total;
  return [(middle - half) / scale, (middle + half) / scale];
}

/** `42 of 100 (42.0 %, 95 %: 32.8 to 51.8)`. */
export function shareText(count: number, total: number): string {
  const [low, high] = intervalOf(count, total);
  const tenths = (share: number): string => (100 * share).toFixed(1);
  return `${count} of ${total} (${tenths(total === 0 ? 0 : count / total)} %, 95 %: ${tenths(low)} to ${tenths(high)})`;
}
