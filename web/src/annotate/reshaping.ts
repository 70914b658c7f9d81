/** What grow, shrink, smooth and wand do, on a window around one instance: places of pixels that it gains and loses. */
import { neighbours, type Window } from "./regions";

export interface Change {
  gained: number[];
  lost: number[];
}

/** One pixel more all round; the window must reach one pixel beyond. */
export function grown(window: Window, number: number): Change {
  const own = (place: number) => window.numbers[place] === number;
  return { gained: placesOf(window, (place) => !own(place) && around(window, place).some(own)), lost: [] };
}

/** One pixel less all round; where the window ends with the picture nothing is taken away. Nothing at all where nothing would be left. */
export function shrunk(window: Window, number: number): Change {
  const own = (place: number) => window.numbers[place] === number;
  const lost = placesOf(window, (place) => own(place) && around(window, place).some((next) => !own(next)));
  const isAll = lost.length === placesOf(window, own).length;
  return { gained: [], lost: isAll ? [] : lost };
}

/** Each pixel as most of the disc around it is; the window must reach the radius beyond. */
export function smoothed(window: Window, number: number, radius: number): Change {
  const own = Uint8Array.from(window.numbers, (each) => +(each === number));
  const counts = discCounts(own, window, radius);
  const change: Change = { gained: [], lost: [] };
  for (let place = 0; place < own.length; place++) {
    const isMost = counts.own[place] * 2 > counts.all[place];
    if (isMost && !own[place]) change.gained.push(place);
    else if (!isMost && own[place]) change.lost.push(place);
  }
  return change;
}

/** Own pixels, and pixels of the window at all, in the disc around each pixel: by sums along rows. */
function discCounts(own: Uint8Array, { width, height }: Window, radius: number): { own: Int32Array; all: Int32Array } {
  const sums = new Int32Array(own.length + 1);
  for (let place = 0; place < own.length; place++) sums[place + 1] = sums[place] + own[place];
  const counts = { own: new Int32Array(own.length), all: new Int32Array(own.length) };
  for (let dy = -radius; dy <= radius; dy++) {
    const reach = Math.floor(Math.sqrt(radius * radius - dy * dy));
    for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++)
      for (let x = 0; x < width; x++) {
        const [left, right] = [Math.max(0, x - reach), Math.min(width, x + reach + 1)];
        const row = (y + dy) * width;
        counts.own[y * width + x] += sums[row + right] - sums[row + left];
        counts.all[y * width + x] += right - left;
      }
  }
  return counts;
}

/** Pixels of the same number joined to the one at `start`, whose mean of 3 x 3 is within `tolerance` of the one there. */
export function flood(grey: Uint8Array, { width, height, numbers }: Window, start: number, tolerance: number): number[] {
  const means = meanOfNine(grey, width, height);
  const seen = new Uint8Array(grey.length);
  const found: number[] = [];
  const stack = [start];
  seen[start] = 1;
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    found.push(place);
    for (const next of neighbours(place, width, grey.length))
      if (!seen[next] && numbers[next] === numbers[start] && Math.abs(means[next] - means[start]) <= tolerance) {
        seen[next] = 1;
        stack.push(next);
      }
  }
  return found;
}

function meanOfNine(grey: Uint8Array, width: number, height: number): Float32Array {
  const means = new Float32Array(grey.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let [sum, count] = [0, 0];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++)
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++, count++) sum += grey[v * width + u];
      means[y * width + x] = sum / count;
    }
  return means;
}

const around = (window: Window, place: number): number[] => neighbours(place, window.width, window.numbers.length);

function placesOf(window: Window, test: (place: number) => boolean): number[] {
  return [...window.numbers.keys()].filter(test);
}
