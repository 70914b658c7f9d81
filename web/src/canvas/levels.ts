/** Ends of contrast that fit a picture: all but so small a share of its pixels lies between them. */
const SHARE = 0.003;

/** From grey values 0 to 255: the ends, 0 to 1. */
export function fittingRange(grey: Uint8Array): { low: number; high: number } {
  const counts = new Uint32Array(256);
  for (const value of grey) counts[value]++;
  const out = grey.length * SHARE;
  const end = (values: number[]): number => {
    let sum = 0;
    return values.find((value) => (sum += counts[value]) > out) ?? values[0];
  };
  const rising = [...counts.keys()];
  const [low, high] = [end(rising), end([...rising].reverse())];
  return high > low ? { low: low / 255, high: high / 255 } : { low: 0, high: 1 };
}
