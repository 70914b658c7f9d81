/** Shapes as spans of pixels: a pixel belongs to a shape when its centre does. Pixel (0, 0) reaches from 0 to 1. */
export interface Point {
  x: number;
  y: number;
}
/** Receives the pixels `left` to `right` (exclusive) of a row. */
export type Span = (y: number, left: number, right: number) => void;

const firstInside = (edge: number): number => Math.ceil(edge - 0.5);

/** All that lies within `radius` of the line from a to b. */
export function capsule(a: Point, b: Point, radius: number, span: Span): void {
  const reach = Math.max(radius, 0.5);
  for (let y = firstInside(Math.min(a.y, b.y) - reach); y + 0.5 < Math.max(a.y, b.y) + reach; y++) {
    const found = across(a, b, reach, y + 0.5);
    if (found) span(y, firstInside(found[0]), firstInside(found[1]));
  }
}

/** Left and right end of a capsule (a convex shape) on a horizontal line: the union of its discs there. */
function across(a: Point, b: Point, radius: number, y: number): [number, number] | null {
  let left = Infinity;
  let right = -Infinity;
  const add = (from: number, to: number) => {
    left = Math.min(left, from);
    right = Math.max(right, to);
  };
  for (const end of [a, b]) {
    const square = radius * radius - (y - end.y) ** 2;
    if (square >= 0) add(end.x - Math.sqrt(square), end.x + Math.sqrt(square));
  }
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (length > 0) {
    const nx = (-(b.y - a.y) / length) * radius;
    const ny = ((b.x - a.x) / length) * radius;
    for (const side of [1, -1]) {
      const [from, to] = [{ x: a.x + side * nx, y: a.y + side * ny }, { x: b.x + side * nx, y: b.y + side * ny }];
      if (from.y !== to.y && (from.y <= y) !== (to.y <= y)) {
        const x = from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x);
        add(x, x);
      }
    }
  }
  return left < right ? [left, right] : null;
}

/** A closed ring, by the even-odd rule. */
export function polygon(ring: Point[], span: Span): void {
  const ys = ring.map((point) => point.y);
  for (let y = firstInside(Math.min(...ys)); y + 0.5 < Math.max(...ys); y++) {
    const cuts = crossings(ring, y + 0.5);
    for (let i = 0; i + 1 < cuts.length; i += 2) {
      const [left, right] = [firstInside(cuts[i]), firstInside(cuts[i + 1])];
      if (left < right) span(y, left, right);
    }
  }
}

function crossings(ring: Point[], y: number): number[] {
  const cuts: number[] = [];
  ring.forEach((a, i) => {
    const b = ring[(i + 1) % ring.length];
    if (a.y <= y !== b.y <= y) cuts.push(a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x));
  });
  return cuts.sort((left, right) => left - right);
}

export function isInside(ring: Point[], point: Point): boolean {
  return crossings(ring, point.y).filter((x) => x <= point.x).length % 2 === 1;
}
