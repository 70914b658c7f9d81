/** Colours that stay apart for colour-blind eyes. */
export type Rgb = [number, number, number];

/** Okabe and Ito, Color Universal Design (2008), without black. */
export const KINDS: Rgb[] = [[86, 180, 233], [230, 159, 0], [0, 158, 115], [240, 228, 66], [0, 114, 178], [213, 94, 0], [204, 121, 167]];

/** viridis at nine equal steps (van der Walt and Smith, CC0). */
const VIRIDIS: Rgb[] = [[68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121], [109, 205, 89], [253, 231, 37]];

export function parseHex(text: string): Rgb {
  return [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16)) as Rgb;
}

/** A colour for a number of its own: neighbours in number are far apart in hue. */
export function colourOfNumber(number: number): Rgb {
  const hue = (number * 0.61803398875) % 1;
  const light = 0.62 + 0.14 * ((number * 0.38196601125) % 1);
  const channel = (shift: number) => {
    const k = (shift + hue * 12) % 12;
    return Math.round(255 * (light - 0.62 * Math.min(light, 1 - light) * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** A place 0 to 1 on viridis. */
export function viridis(share: number): Rgb {
  const place = Math.min(1, Math.max(0, share)) * (VIRIDIS.length - 1);
  const i = Math.min(VIRIDIS.length - 2, Math.floor(place));
  return VIRIDIS[i].map((from, channel) => Math.round(from + (place - i) * (VIRIDIS[i + 1][channel] - from))) as Rgb;
}

/** False colours of grey: 256 texels of RGBA. */
export function ramp(name: "grey" | "viridis" | "fire"): Uint8Array {
  const texels = new Uint8Array(1024);
  for (let i = 0; i < 256; i++) {
    const share = i / 255;
    const fire: Rgb = [255 * Math.min(1, share * 2.4), 255 * Math.min(1, Math.max(0, share * 2.2 - 0.7)), 255 * Math.max(0, share * 3.4 - 2.4)];
    texels.set([...(name === "viridis" ? viridis(share) : name === "fire" ? fire : [i, i, i]), 255], i * 4);
  }
  return texels;
}

/** The values at 2 and 98 percent of what is known: the ends of a colour scale. */
export function colourRange(values: Iterable<number>): [number, number] {
  const sorted = Float64Array.from([...values].filter(Number.isFinite)).sort();
  if (sorted.length === 0) return [0, 1];
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  return [at(0.02), Math.max(at(0.98), at(0.02) + 1e-12)];
}
