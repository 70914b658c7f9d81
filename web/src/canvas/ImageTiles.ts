/** Tiles of the picture, fetched as they come into view. */
import type { Pyramid } from "../api/types";
import { BASE } from "../api/http";
import { keyOf } from "./TileStore";

const AT_ONCE = 4;
const MOST = 128;

export class ImageTiles {
  private tiles = new Map<number, ImageBitmap>();
  private wanted: [number, number, number][] = [];
  private busy = new Set<number>();
  private failed = new Map<number, number>();

  constructor(
    private readonly image: number,
    readonly pyramid: Pyramid,
    private readonly onTile: () => void,
  ) {}

  get(level: number, y: number, x: number): ImageBitmap | undefined {
    return this.tiles.get(keyOf(level, y, x));
  }

  /** What the screen shows now, the most urgent first; what is no longer wanted is not fetched. */
  want(tiles: [number, number, number][]): void {
    this.wanted = tiles.filter(([level, y, x]) => !this.tiles.has(keyOf(level, y, x)));
    this.next();
  }

  private next(): void {
    while (this.busy.size < AT_ONCE) {
      const tile = this.wanted.find((each) => !this.busy.has(keyOf(...each)) && (this.failed.get(keyOf(...each)) ?? 0) < 3);
      if (!tile) return;
      void this.fetch(tile);
    }
  }

  private async fetch([level, y, x]: [number, number, number]): Promise<void> {
    const key = keyOf(level, y, x);
    this.busy.add(key);
    try {
      const answer = await fetch(`${BASE}/images/${this.image}/tiles/${this.pyramid.key}/${level}/${y}/${x}`);
      if (!answer.ok) throw new Error(answer.statusText);
      this.tiles.set(key, await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none", premultiplyAlpha: "none" }));
      this.wanted = this.wanted.filter((each) => keyOf(...each) !== key);
      this.forget();
    } catch {
      // Asked for again with the next frame, three times at most; the coarser tile stays in its place.
      this.failed.set(key, (this.failed.get(key) ?? 0) + 1);
    } finally {
      this.busy.delete(key);
      this.onTile();
      this.next();
    }
  }

  private forget(): void {
    for (const [key, bitmap] of this.tiles) {
      if (this.tiles.size <= MOST) return;
      bitmap.close();
      this.tiles.delete(key);
    }
  }
}
