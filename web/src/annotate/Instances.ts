/** The instances of a layer as columns, and where each number stands in them. */
import type { Columns } from "../api/columns";
import type { Row } from "../api/types";

export const LOCKED = 1;
export const FLAGGED = 2;
export const AT_BORDER = 4;
export const SUGGESTED = 0;
export const EDITED = 1;
export const ACCEPTED = 2;

const NAMES = ["number", "kind", "state", "flags", "confidence", "changed_seq", "area", "sum_y", "sum_x", "top", "left", "bottom", "right", "rep_y", "rep_x"] as const;
export type Name = (typeof NAMES)[number];

export class Instances {
  /** Rows in use; some may have area 0 (deleted). */
  count = 0;
  private place = new Map<number, number>();
  private columns = {} as Record<Name, Float64Array>;

  constructor(from?: Columns) {
    const count = from?.count ?? 0;
    for (const name of NAMES) this.columns[name] = Float64Array.from(from?.values.get(name) ?? new Float64Array(count));
    this.count = count;
    const numbers = this.columns.number;
    for (let i = 0; i < count; i++) this.place.set(numbers[i], i);
  }

  has(number: number): boolean {
    const i = this.place.get(number);
    return i !== undefined && this.columns.area[i] > 0;
  }

  of(name: Name, number: number): number {
    const i = this.place.get(number);
    return i === undefined ? NaN : this.columns[name][i];
  }

  column(name: Name): Float64Array {
    return this.columns[name].subarray(0, this.count);
  }

  get largest(): number {
    return this.column("number").reduce((most, each) => Math.max(most, each), 0);
  }

  get alive(): number {
    return this.column("area").reduce((sum, area) => sum + +(area > 0), 0);
  }

  /** Take over a row as the server tells it, or parts of one. */
  put(row: Row): void {
    let i = this.place.get(row.number);
    if (i === undefined) {
      i = this.count++;
      if (i >= this.columns.number.length) this.grow();
      for (const name of NAMES) this.columns[name][i] = name === "confidence" ? NaN : 0;
      this.place.set(row.number, i);
    }
    for (const name of NAMES) if (row[name] !== undefined) this.columns[name][i] = row[name] === null ? NaN : row[name];
  }

  /** What an edit of these instances must say that it has seen; numbers that are not here yet are left out. */
  seen(numbers: Iterable<number>): { number: number; seen: number }[] {
    return [...numbers].filter((number) => this.has(number)).map((number) => ({ number, seen: this.of("changed_seq", number) }));
  }

  private grow(): void {
    for (const name of NAMES) {
      const larger = new Float64Array(Math.max(1024, Math.ceil(this.count * 1.5)));
      larger.set(this.columns[name]);
      this.columns[name] = larger;
    }
  }
}

/** What runs of pixels do to the rows of their numbers, until the server tells its own: area, sums, box, state. */
export function follow(instances: Instances, runs: { y: number; x: number; length: number; old: number; new: number }[]): void {
  for (const run of runs) {
    const sumX = run.length * run.x + (run.length * (run.length - 1)) / 2;
    for (const [number, sign] of [[run.old, -1], [run.new, 1]]) {
      if (number === 0) continue;
      const now = (name: Name) => instances.of(name, number) || 0;
      const isNew = sign > 0 && !instances.has(number);
      const row: Row = { number, state: EDITED, area: now("area") + sign * run.length, sum_y: now("sum_y") + sign * run.length * run.y, sum_x: now("sum_x") + sign * sumX };
      if (sign > 0)
        Object.assign(row, {
          top: isNew ? run.y : Math.min(now("top"), run.y),
          left: isNew ? run.x : Math.min(now("left"), run.x),
          bottom: isNew ? run.y + 1 : Math.max(now("bottom"), run.y + 1),
          right: isNew ? run.x + run.length : Math.max(now("right"), run.x + run.length),
        });
      if (isNew) Object.assign(row, { rep_y: run.y, rep_x: run.x });
      instances.put(row);
    }
  }
}
