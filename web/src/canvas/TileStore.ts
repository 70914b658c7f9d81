/** Decoded label tiles of one layer, the least recently used leaving first; level n is 1 : 2^n. */
import { type Frame, SIDE } from "./frames";

export interface Tile extends Frame {
  /** Grows with each change, so that whoever holds a copy (the GPU) sees that it is old. */
  revision: number;
  /** A stroke is being painted on it: what comes from the server waits. */
  held?: boolean;
}
export interface Rectangle {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

export const keyOf = (level: number, y: number, x: number): number => (level * 65536 + y) * 65536 + x;

export class TileStore {
  private tiles = new Map<number, Tile>();
  private revision = 0;

  constructor(
    readonly width: number,
    readonly height: number,
    readonly levels: number,
    private readonly most = 160,
  ) {}

  /** Tiles down and across at a level. */
  grid(level: number): [number, number] {
    const across = (size: number) => Math.max(1, Math.ceil(Math.ceil(size / 2 ** level) / SIDE));
    return [across(this.height), across(this.width)];
  }

  get(level: number, y: number, x: number): Tile | undefined {
    const key = keyOf(level, y, x);
    const tile = this.tiles.get(key);
    if (tile) {
      this.tiles.delete(key);
      this.tiles.set(key, tile);
    }
    return tile;
  }

  put(frame: Frame): void {
    const key = keyOf(frame.level, frame.y, frame.x);
    this.tiles.delete(key);
    this.tiles.set(key, { ...frame, revision: ++this.revision });
    for (const [old, tile] of this.tiles) {
      if (this.tiles.size <= this.most) break;
      if (tile.level < this.levels - 1) this.tiles.delete(old);
    }
  }

  clear(): void {
    this.tiles.clear();
  }

  /** Which tiles of a level lie in a rectangle of level-0 pixels. */
  tilesIn(level: number, box: Rectangle): [number, number, number][] {
    const [down, across] = this.grid(level);
    const step = SIDE * 2 ** level;
    const found: [number, number, number][] = [];
    const last = (edge: number, count: number) => Math.min(count, Math.ceil(edge / step));
    for (let y = Math.max(0, Math.floor(box.top / step)); y < last(box.bottom, down); y++)
      for (let x = Math.max(0, Math.floor(box.left / step)); x < last(box.right, across); x++) found.push([level, y, x]);
    return found;
  }

  /** Number at a pixel of level 0, looked up in the finest tile that is here; undefined where none is. */
  numberAt(y: number, x: number): number | undefined {
    if (y < 0 || x < 0 || y >= this.height || x >= this.width) return 0;
    for (let level = 0; level < this.levels; level++) {
      const v = y >> level;
      const u = x >> level;
      const tile = this.tiles.get(keyOf(level, v >> 9, u >> 9));
      if (tile) return tile.numbers[(v & 511) * SIDE + (u & 511)];
    }
    return undefined;
  }

  /** Numbers in a rectangle of level 0, row by row; undefined unless all its tiles are here. */
  window(box: Rectangle): Uint32Array | undefined {
    const width = box.right - box.left;
    const out = new Uint32Array(width * (box.bottom - box.top));
    for (const [, ty, tx] of this.tilesIn(0, box)) {
      const tile = this.get(0, ty, tx);
      if (!tile) return undefined;
      const left = Math.max(box.left, tx * SIDE);
      const right = Math.min(box.right, (tx + 1) * SIDE);
      for (let y = Math.max(box.top, ty * SIDE); y < Math.min(box.bottom, (ty + 1) * SIDE); y++) {
        const from = (y - ty * SIDE) * SIDE - tx * SIDE;
        out.set(tile.numbers.subarray(from + left, from + right), (y - box.top) * width + left - box.left);
      }
    }
    return out;
  }

  /** Say that level-0 tiles were written into in a rectangle: coarser tiles that are here follow (mode of 2 x 2). */
  changed(box: Rectangle): void {
    for (const [level, y, x] of this.tilesIn(0, box)) this.touch(level, y, x);
    for (let level = 1; level < this.levels; level++) this.follow(level, box);
  }

  private touch(level: number, y: number, x: number): void {
    const tile = this.tiles.get(keyOf(level, y, x));
    if (tile) tile.revision = ++this.revision;
  }

  private follow(level: number, box: Rectangle): void {
    const scale = 2 ** level;
    const top = Math.floor(box.top / scale);
    const left = Math.floor(box.left / scale);
    const bottom = Math.min(Math.ceil(box.bottom / scale), Math.ceil(this.height / scale));
    const right = Math.min(Math.ceil(box.right / scale), Math.ceil(this.width / scale));
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) {
        const tile = this.tiles.get(keyOf(level, y >> 9, x >> 9));
        if (tile) this.coarsen(tile, y, x, level - 1);
      }
    for (const [, y, x] of this.tilesIn(level, box)) this.touch(level, y, x);
  }

  private coarsen(tile: Tile, y: number, x: number, finer: number): void {
    const from = this.tiles.get(keyOf(finer, (2 * y) >> 9, (2 * x) >> 9));
    if (!from) return;
    const place = ((2 * y) & 511) * SIDE + ((2 * x) & 511);
    const { numbers } = from;
    tile.numbers[(y & 511) * SIDE + (x & 511)] = mode(numbers[place], numbers[place + 1], numbers[place + SIDE], numbers[place + SIDE + 1]);
  }
}

/** The most frequent of four numbers; of equally frequent ones an instance before the background, then the smaller number. */
export function mode(a: number, b: number, c: number, d: number): number {
  let best = a;
  let most = 0;
  for (const each of [a, b, c, d]) {
    const count = +(a === each) + +(b === each) + +(c === each) + +(d === each);
    const wins = count > most || (count === most && best !== each && each !== 0 && (best === 0 || each < best));
    if (wins) [best, most] = [each, count];
  }
  return best;
}
