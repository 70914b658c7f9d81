/** What is being painted now: level-0 tiles are written into at once, and copies of them from before give the patch. */
import { SIDE } from "../canvas/frames";
import { keyOf, type Rectangle, type Tile, type TileStore } from "../canvas/TileStore";
import type { Run } from "./Patch";

/** What a pixel with this number becomes. */
export type Rule = (old: number) => number;

export class Stroke {
  private before = new Map<number, { y: number; x: number; tile: Tile; numbers: Uint32Array }>();
  private box: Rectangle = { top: Infinity, left: Infinity, bottom: -Infinity, right: -Infinity };
  /** Tiles that are not here yet: what lies in them is not painted. */
  readonly missing = new Set<string>();

  constructor(
    private readonly store: TileStore,
    private readonly rule: Rule,
  ) {}

  /** Paint the pixels `left` to `right` (exclusive) of a row. */
  span = (y: number, left: number, right: number): void => {
    if (y < 0 || y >= this.store.height) return;
    const stop = Math.min(right, this.store.width);
    for (let x = Math.max(0, left); x < stop; ) {
      const end = Math.min(stop, ((x >> 9) + 1) * SIDE);
      this.part(y, x, end);
      x = end;
    }
  };

  /** Paint runs as they are, whatever the rule says. */
  runs(runs: Run[]): void {
    for (const run of runs) {
      const numbers = this.tile(run.y, run.x);
      if (!numbers) continue;
      const from = (run.y & 511) * SIDE + (run.x & 511);
      numbers.fill(run.new, from, from + run.length);
      this.widen(run.y, run.x, run.x + run.length);
    }
  }

  private part(y: number, left: number, right: number): void {
    const numbers = this.tile(y, left);
    if (!numbers) return;
    const from = (y & 511) * SIDE;
    for (let x = left; x < right; x++) numbers[from + (x & 511)] = this.rule(numbers[from + (x & 511)]);
    this.widen(y, left, right);
  }

  private tile(y: number, x: number): Uint32Array | undefined {
    const [ty, tx] = [y >> 9, x >> 9];
    const tile = this.store.get(0, ty, tx);
    if (!tile) this.missing.add(`${ty},${tx}`);
    else if (!this.before.has(keyOf(0, ty, tx))) {
      tile.held = true;
      this.before.set(keyOf(0, ty, tx), { y: ty, x: tx, tile, numbers: tile.numbers.slice() });
    }
    return tile?.numbers;
  }

  private widen(y: number, left: number, right: number): void {
    const { box } = this;
    this.box = { top: Math.min(box.top, y), left: Math.min(box.left, left), bottom: Math.max(box.bottom, y + 1), right: Math.max(box.right, right) };
  }

  /** Show what was painted since the last call of this. */
  show(): void {
    if (this.box.top < this.box.bottom) this.store.changed(this.box);
  }

  get isEmpty(): boolean {
    return this.patch().length === 0;
  }

  /** The pixels that are another number than before, in raster order; no run crosses a tile. */
  patch(): Run[] {
    const runs: Run[] = [];
    for (const { y, x, numbers } of this.before.values()) {
      const now = this.store.get(0, y, x)?.numbers;
      if (now) compare(numbers, now, y * SIDE, x * SIDE, this.box, runs);
    }
    return runs.sort((a, b) => a.y - b.y || a.x - b.x);
  }

  /** Whether a tile that was painted into was not fetched anew since. */
  private isHere(y: number, x: number, tile: Tile): boolean {
    return this.store.get(0, y, x) === tile;
  }

  /** It is painted: its tiles may be fetched anew. */
  release(): void {
    for (const { tile } of this.before.values()) tile.held = false;
  }

  /** Take all of it back. */
  revert(): void {
    for (const { y, x, tile, numbers } of this.before.values()) if (this.isHere(y, x, tile)) tile.numbers.set(numbers);
    this.show();
    this.release();
    this.before.clear();
  }
}

function compare(before: Uint32Array, now: Uint32Array, top: number, left: number, box: Rectangle, runs: Run[]): void {
  const [first, last] = [Math.max(0, box.left - left), Math.min(SIDE, box.right - left)];
  for (let v = Math.max(0, box.top - top); v < Math.min(SIDE, box.bottom - top); v++) {
    let run: Run | null = null;
    for (let u = first; u < last; u++) {
      const [old, changed] = [before[v * SIDE + u], now[v * SIDE + u]];
      if (old === changed) run = null;
      else if (run && run.old === old && run.new === changed) run.length++;
      else runs.push((run = { y: top + v, x: left + u, length: 1, old, new: changed }));
    }
  }
}
