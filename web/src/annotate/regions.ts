/** What fill and split do to one instance, on a window of numbers around it. */
export interface Window {
  width: number;
  height: number;
  numbers: Uint32Array;
}

/** Components (four neighbours) of the pixels that `belongs` names: 0 elsewhere, 1, 2, ... in raster order. */
export function components(window: Window, belongs: (place: number) => boolean): { of: Int32Array; sizes: number[] } {
  const { width, height } = window;
  const of = new Int32Array(width * height);
  const sizes = [0];
  const stack: number[] = [];
  for (let start = 0; start < of.length; start++) {
    if (of[start] || !belongs(start)) continue;
    const name = sizes.push(0) - 1;
    of[start] = name;
    stack.push(start);
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      sizes[name]++;
      for (const next of neighbours(place, width, of.length))
        if (!of[next] && belongs(next)) {
          of[next] = name;
          stack.push(next);
        }
    }
  }
  return { of, sizes };
}

export function neighbours(place: number, width: number, size: number): number[] {
  const found: number[] = [];
  if (place >= width) found.push(place - width);
  if (place + width < size) found.push(place + width);
  if (place % width > 0) found.push(place - 1);
  if (place % width < width - 1) found.push(place + 1);
  return found;
}

/** Background pixels that the instance closes in; the window must reach one pixel beyond it. */
export function holes(window: Window, number: number): number[] {
  const { width, height } = window;
  const { of } = components(window, (place) => window.numbers[place] !== number);
  const outer = new Set<number>();
  for (let place = 0; place < of.length; place++) {
    const [y, x] = [Math.floor(place / width), place % width];
    if (y === 0 || x === 0 || y === height - 1 || x === width - 1) outer.add(of[place]);
  }
  const found: number[] = [];
  of.forEach((name, place) => {
    if (name && !outer.has(name) && window.numbers[place] === 0) found.push(place);
  });
  return found;
}

/**
 * The instance cut along pixels: places of each part but the largest, which keeps the number. Pixels of the cut go to
 * the nearest part. Empty when the cut does not part it.
 */
export function split(window: Window, number: number, cut: Set<number>): number[][] {
  const own = (place: number) => window.numbers[place] === number;
  const { of, sizes } = components(window, (place) => own(place) && !cut.has(place));
  if (sizes.length <= 2) return [];
  let edge = [...of.keys()].filter((place) => of[place]);
  while (edge.length) {
    const grown: number[] = [];
    for (const place of edge)
      for (const next of neighbours(place, window.width, of.length))
        if (!of[next] && own(next)) {
          of[next] = of[place];
          grown.push(next);
        }
    edge = grown;
  }
  const largest = sizes.indexOf(Math.max(...sizes));
  const parts: number[][] = sizes.map(() => []);
  of.forEach((name, place) => name && parts[name].push(place));
  return parts.filter((part, name) => name > 0 && name !== largest && part.length > 0);
}
