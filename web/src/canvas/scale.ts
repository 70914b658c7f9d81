/** Lengths for the eye: round scale bars, and numbers with the unit that suits them. */
const UNITS: [string, number][] = [["pm", 1e-3], ["nm", 1], ["µm", 1e3], ["mm", 1e6]];

/** A length in nm with a unit in which it is 1 to 1000. */
export function lengthText(nm: number, digits = 3): string {
  const [unit, size] = [...UNITS].reverse().find(([, size]) => Math.abs(nm) >= size * 0.9995) ?? UNITS[0];
  return `${Number((nm / size).toPrecision(digits))} ${unit}`;
}

/** A number of at most so many digits; whole ones as they are, unknown ones as a dash. */
export function numberText(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(digits)));
}

/** The largest round length (1, 2 or 5 times a power of ten) that is not above `most`. */
export function roundLength(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most) + 1e-9);
  return [5, 2, 1].map((step) => step * power).find((length) => length <= most * (1 + 1e-9)) ?? power;
}
