/** Tools: each a small state chart of begin, move, end; what is being drawn is kept in `draft` until it is done. */
import { request, type ApiError } from "../api/http";
import type { Picture, Proposal } from "../api/types";
import { tell } from "../app/notices.svelte";
import { wording } from "../app/session.svelte";
import { t } from "../ui/messages.svelte";
import { COARSEST_PX, type Bench } from "./Bench.svelte";
import { LOCKED } from "./Instances";
import { unpack } from "./Patch";
import { holes, split } from "./regions";
import { capsule, isInside, polygon, type Point } from "./shapes";
import { Stroke, type Rule } from "./Stroke";

export type ToolName = "move" | "brush" | "erase" | "polygon" | "lasso" | "split" | "assist" | "ruler" | "scale";
/** What painting does to pixels of other instances. */
export type PaintMode = "over" | "below";
const NEAR_PX = 10;
export const isDrawing = (tool: ToolName): boolean => ["brush", "erase", "polygon", "split"].includes(tool);

export class Tools {
  name = $state<ToolName>("move");
  radius = $state(12);
  mode = $state<PaintMode>("over");
  kind = $state(0);
  /** The shape in hand, in pixels of the picture. */
  draft = $state.raw<Point[]>([]);
  pointer = $state.raw<Point | null>(null);
  busy = $state(false);
  private stroke: Stroke | null = null;
  private last: Point | null = null;
  private painting = 0;

  constructor(private readonly bench: Bench) {}

  choose(name: ToolName): void {
    this.cancel();
    this.name = name;
    this.bench.prepareToPaint(isDrawing(name) || name === "assist");
  }

  /** Whether the tool wants presses of the pointer, so that the map must not pan. */
  get takesPresses(): boolean {
    return this.name !== "move";
  }

  get isTooFarOut(): boolean {
    return isDrawing(this.name) && (this.bench.sight?.resolution ?? 1) > COARSEST_PX;
  }

  /** Give up the shape in hand; returns whether there was one. */
  cancel(): boolean {
    const had = this.draft.length > 0 || this.stroke !== null;
    this.stroke?.revert();
    this.stroke = null;
    this.last = null;
    this.draft = [];
    this.bench.redraw();
    return had;
  }

  /** Undo within the shape in hand; returns whether there is one. */
  stepBack(): boolean {
    if (this.stroke) return this.cancel();
    if (this.draft.length === 0) return false;
    this.draft = this.draft.slice(0, -1);
    return true;
  }

  begin(point: Point, straight: boolean): void {
    if (this.isTooFarOut) return tell(t("correct.zoom-in"));
    switch (this.name) {
      case "brush":
      case "erase":
        return this.beginStroke(point, straight);
      case "polygon":
        return this.addCorner(point);
      case "assist":
        return void this.ask(point);
      default:
        this.draft = [point, point];
    }
  }

  move(point: Point, isPressed: boolean): void {
    this.pointer = point;
    if (!isPressed) return;
    if (this.stroke && this.last) this.paintTo(point);
    else if (this.name === "lasso" || this.name === "split") this.draft = [...this.draft, point];
    else if (this.name === "ruler" || this.name === "scale") this.draft = [this.draft[0] ?? point, point];
  }

  end(): void {
    if (this.stroke) return this.endStroke();
    if (this.name === "lasso" && this.draft.length > 2) this.catchInside();
    if (this.name === "split" && this.draft.length > 1) void this.cut(this.draft);
    if (this.name === "lasso" || this.name === "split") this.draft = [];
  }

  /** Close the polygon in hand and paint it. */
  close(): void {
    const ring = this.draft;
    this.draft = [];
    if (ring.length > 2) void this.fillRing(ring);
  }

  // Painting

  private rule(number: number): Rule {
    const locked = (old: number) => old !== 0 && (this.bench.instances.of("flags", old) & LOCKED) > 0;
    if (number === 0) {
      const only = this.mode === "below" ? this.bench.selection : null;
      return (old) => (old === 0 || locked(old) || (only && !only.has(old)) ? old : 0);
    }
    return this.mode === "below" ? (old) => (old === 0 ? number : old) : (old) => (old === number || locked(old) ? old : number);
  }

  /** The one selected instance, or a new number. */
  private target(): number | undefined {
    return this.bench.selection.size === 1 ? [...this.bench.selection][0] : this.bench.freshNumber();
  }

  private beginStroke(point: Point, straight: boolean): void {
    const number = this.name === "erase" ? 0 : this.target();
    if (number === undefined) return tell(t("correct.no-numbers"), "warning");
    this.painting = number;
    this.colourNew(number);
    this.stroke = new Stroke(this.bench.store, this.rule(number));
    if (!straight || !this.last) this.last = point;
    this.paintTo(point);
  }

  private colourNew(number: number): void {
    if (number && !this.bench.instances.has(number)) this.bench.lookUp.colour(number, this.bench.kindColour(this.kind));
  }

  private paintTo(point: Point): void {
    capsule(this.last!, point, this.radius, this.stroke!.span);
    this.last = point;
    this.stroke!.show();
    this.bench.redraw();
  }

  private endStroke(): void {
    const stroke = this.stroke!;
    this.stroke = null;
    if (stroke.missing.size) {
      stroke.revert();
      return tell(t("correct.not-loaded"), "warning");
    }
    void this.finish(stroke, this.name, this.painting);
  }

  private async finish(stroke: Stroke, tool: string, number: number): Promise<void> {
    stroke.show();
    this.bench.redraw();
    await this.bench.keep(stroke, tool, this.kind);
    if (number) this.bench.select([number]);
  }

  private addCorner(point: Point): void {
    const first = this.draft[0];
    const near = NEAR_PX * (this.bench.sight?.resolution ?? 1);
    if (this.draft.length > 2 && Math.hypot(point.x - first.x, point.y - first.y) < near) return this.close();
    this.draft = [...this.draft, point];
  }

  private async fillRing(ring: Point[]): Promise<void> {
    const number = this.target();
    if (number === undefined) return tell(t("correct.no-numbers"), "warning");
    await this.bench.need(boxOf(ring));
    this.colourNew(number);
    const stroke = new Stroke(this.bench.store, this.rule(number));
    polygon(ring, stroke.span);
    await this.finish(stroke, "polygon", number);
  }

  private catchInside(): void {
    const { instances } = this.bench;
    const [numbers, areas, ys, xs] = (["number", "area", "rep_y", "rep_x"] as const).map((name) => instances.column(name));
    const box = boxOf(this.draft);
    const inside = [...numbers.keys()].filter((i) => areas[i] > 0 && ys[i] >= box.top && ys[i] < box.bottom && xs[i] >= box.left && xs[i] < box.right && isInside(this.draft, { x: xs[i] + 0.5, y: ys[i] + 0.5 }));
    this.bench.select(inside.map((i) => numbers[i]));
    tell(t("correct.selected", { n: inside.length }));
  }

  /** Close the holes of what is selected. */
  async fillHoles(): Promise<void> {
    for (const number of this.bench.selection) {
      const found = await this.window(number);
      const stroke = new Stroke(this.bench.store, this.rule(number));
      for (const place of holes(found, number)) dot(stroke, found, place);
      await this.finish(stroke, "fill", number);
    }
  }

  private async cut(line: Point[]): Promise<void> {
    const number = this.bench.selection.size === 1 ? [...this.bench.selection][0] : this.under(line);
    if (!number) return tell(t("correct.split-what"));
    const found = await this.window(number);
    const along = new Set<number>();
    const mark = (y: number, left: number, right: number) => {
      for (let x = left; x < right; x++) if (x >= found.left && x < found.left + found.width) along.add((y - found.top) * found.width + x - found.left);
    };
    for (let i = 0; i + 1 < line.length; i++) capsule(line[i], line[i + 1], 0.75, mark);
    const parts = split(found, number, along);
    if (parts.length === 0) return tell(t("correct.not-split"));
    await this.number(parts, found, number);
  }

  private async number(parts: number[][], window: Found, number: number): Promise<void> {
    const fresh = parts.map(() => this.bench.freshNumber());
    if (fresh.includes(undefined)) return tell(t("correct.no-numbers"), "warning");
    let to = 0;
    const stroke = new Stroke(this.bench.store, () => to);
    parts.forEach((part, i) => {
      to = fresh[i]!;
      this.colourNew(to);
      for (const place of part) dot(stroke, window, place);
    });
    await this.finish(stroke, "split", number);
    this.bench.select([number, ...(fresh as number[])]);
  }

  /** The instance that most points of a line lie on. */
  private under(line: Point[]): number {
    const counts = new Map<number, number>();
    for (const point of line) {
      const number = this.bench.store.numberAt(Math.floor(point.y), Math.floor(point.x)) ?? 0;
      if (number) counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
  }

  private async window(number: number): Promise<Found> {
    const { top, left, bottom, right } = this.bench.boxOf(number);
    const { width, height } = this.bench.store;
    const box = { top: Math.max(0, top - 1), left: Math.max(0, left - 1), bottom: Math.min(height, bottom + 1), right: Math.min(width, right + 1) };
    await this.bench.need(box);
    return { ...box, width: box.right - box.left, height: box.bottom - box.top, numbers: this.bench.store.window(box)! };
  }

  // With the model

  private async ask(point: Point): Promise<void> {
    const number = this.bench.freshNumber();
    if (number === undefined || this.busy) return tell(t("correct.no-numbers"), "warning");
    this.busy = true;
    try {
      await this.bench.flush();
      const body = { y: Math.floor(point.y), x: Math.floor(point.x), number, mode: this.mode };
      const proposal = await request<Proposal>("POST", `/layers/${this.bench.layer.id}/assist/click`, body);
      await this.accept(proposal);
    } catch (fault) {
      tell(wording(fault), (fault as ApiError).type === "not_looked_at" ? "plain" : "warning");
    } finally {
      this.busy = false;
    }
  }

  private async accept(proposal: Proposal): Promise<void> {
    const runs = await unpack(proposal.patch);
    if (runs.length === 0) return tell(t("assist.nothing"));
    await this.bench.need(boxOf(runs.flatMap((run) => [run, { x: run.x + run.length, y: run.y + 1 }])));
    for (const number of proposal.numbers) this.colourNew(number);
    const stroke = new Stroke(this.bench.store, (old) => old);
    stroke.runs(runs);
    await this.finish(stroke, "click", proposal.numbers[0]);
  }

  // Lengths

  /** Length of the line in hand in pixels. */
  get lengthPx(): number {
    const [a, b] = this.draft;
    return a && b ? Math.hypot(b.x - a.x, b.y - a.y) : 0;
  }

  /** The line in hand is this long: the size of a pixel follows. */
  async setScale(lengthNm: number): Promise<void> {
    const body = { pixel_size_nm: lengthNm / this.lengthPx };
    this.bench.picture = await request<Picture>("PATCH", `/images/${this.bench.picture.id}`, body);
    this.choose("move");
    await this.bench.reload();
    tell(t("scale.set"));
  }
}

interface Found {
  top: number;
  left: number;
  width: number;
  height: number;
  numbers: Uint32Array;
}

function dot(stroke: Stroke, window: Found, place: number): void {
  const y = window.top + Math.floor(place / window.width);
  const x = window.left + (place % window.width);
  stroke.span(y, x, x + 1);
}

function boxOf(points: Point[]): { top: number; left: number; bottom: number; right: number } {
  const box = { top: Infinity, left: Infinity, bottom: -Infinity, right: -Infinity };
  for (const { x, y } of points) {
    box.top = Math.min(box.top, Math.floor(y));
    box.left = Math.min(box.left, Math.floor(x));
    box.bottom = Math.max(box.bottom, Math.ceil(y));
    box.right = Math.max(box.right, Math.ceil(x));
  }
  return box;
}
