/** Tiles of the picture, fetched as they come into view. */
import type { Pyramid } from "../api/types";
import { BASE } from "../api/http";
import { SIDE } from "./frames";
import { keyOf, type Rectangle } from "./TileStore";

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

  /** Grey values, 0 to 255, of a box of a level, row by row; tiles that are not here are fetched. */
  async window(box: Rectangle, level = 0): Promise<Uint8Array> {
    const [width, height] = [box.right - box.left, box.bottom - box.top];
    const surface = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
    for (let y = Math.floor(box.top / SIDE); y * SIDE < box.bottom; y++)
      for (let x = Math.floor(box.left / SIDE); x * SIDE < box.right; x++) surface.drawImage(this.get(level, y, x) ?? (await this.load(level, y, x)), x * SIDE - box.left, y * SIDE - box.top);
    return surface.getImageData(0, 0, width, height).data.filter((_, i) => i % 4 === 0) as unknown as Uint8Array;
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
      await this.load(level, y, x);
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

  private async load(level: number, y: number, x: number): Promise<ImageBitmap> {
    const answer = await fetch(`${BASE}/images/${this.image}/tiles/${this.pyramid.key}/${level}/${y}/${x}`);
    if (!answer.ok) throw new Error(answer.statusText);
    const bitmap = await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    this.tiles.set(keyOf(level, y, x), bitmap);
    return bitmap;
  }

  private forget(): void {
    for (const [key, bitmap] of this.tiles) {
      if (this.tiles.size <= MOST) return;
      bitmap.close();
      this.tiles.delete(key);
    }
  }
}
