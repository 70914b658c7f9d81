/** Colour and state of each number: RGBA, 4096 a row; the alpha byte holds marks. What is new since the GPU saw it is told by rows. */
import type { Rgb } from "./colours";

export const HIDDEN = 1;
export const SELECTED = 2;
export const LOCKED_MARK = 4;
export const FLAGGED_MARK = 8;
export const ACROSS = 4096;

export class LookUp {
  texels = new Uint8Array(ACROSS * 4);
  /** Rows written since they were last taken. */
  private dirty = new Set<number>([0]);

  get rows(): number {
    return this.texels.length / (ACROSS * 4);
  }

  colour(number: number, [r, g, b]: Rgb): void {
    this.reach(number);
    this.texels.set([r, g, b], number * 4);
  }

  mark(number: number, mark: number, on: boolean): void {
    this.reach(number);
    const place = number * 4 + 3;
    this.texels[place] = on ? this.texels[place] | mark : this.texels[place] & ~mark;
  }

  takeDirty(): number[] {
    const rows = [...this.dirty];
    this.dirty.clear();
    return rows;
  }

  allDirty(): void {
    for (let row = 0; row < this.rows; row++) this.dirty.add(row);
  }

  private reach(number: number): void {
    const row = Math.floor(number / ACROSS);
    if (row >= this.rows) {
      const larger = new Uint8Array(ACROSS * 4 * Math.ceil((row + 1) * 1.25));
      larger.set(this.texels);
      this.texels = larger;
      this.allDirty();
    }
    this.dirty.add(row);
  }
}
