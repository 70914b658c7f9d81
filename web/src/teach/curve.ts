/** Lines of a chart: places of values in a box of so many pixels, and round numbers for its axis. */
export interface Range {
  low: number;
  high: number;
}

/** From the smallest to the largest value, with zero where it is near; a range of its own for one value. */
export function rangeOf(values: number[]): Range {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const from = low >= 0 && low < high * 0.6 ? 0 : low;
  return high > from ? { low: from, high } : { low: from - 0.5, high: high + 0.5 };
}

/** Round numbers within a range, about so many of them. */
export function ticks({ low, high }: Range, about: number): number[] {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough * 0.999)!;
  const found: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

/** A path through points, in a box that `across` and `down` fill. */
export function pathOf(points: [number, number][], across: Range, down: Range, width: number, height: number): string {
  const place = ([x, y]: [number, number]) => `${placeOf(x, across, width).toFixed(1)} ${(height - placeOf(y, down, height)).toFixed(1)}`;
  return points.length ? `M${points.map(place).join("L")}` : "";
}

export const placeOf = (value: number, { low, high }: Range, length: number): number => ((value - low) / (high - low)) * length;

/** Minutes and seconds, for the eye. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min${whole % 60 && minutes < 10 ? ` ${whole % 60} s` : ""}` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
