/** Tools: each a small state chart of begin, move, end; what is being drawn is kept in `draft` until it is done. */
import { request } from "../api/http";
import type { Picture } from "../api/types";
import { tell } from "../app/notices.svelte";
import type { Rectangle } from "../canvas/TileStore";
import { t } from "../ui/messages.svelte";
import { Assist } from "./Assist.svelte";
import { COARSEST_PX, type Bench } from "./Bench.svelte";
import { LOCKED, SUGGESTED } from "./Instances";
import { boxOf, dot, widened, type Found } from "./places";
import { holes, split } from "./regions";
import { flood, grown, shrunk, smoothed, type Change } from "./reshaping";
import { capsule, isInside, polygon, type Point } from "./shapes";
import { Stroke, type Rule } from "./Stroke";

export const TOOLS = ["move", "brush", "erase", "polygon", "lasso", "wand", "copy", "split", "assist", "box", "region", "ruler", "scale"] as const;
export type ToolName = (typeof TOOLS)[number];
/** What painting does to pixels of other instances: takes them; takes those of suggestions alone; takes none. */
export const MODES = ["over", "below", "only-empty"] as const;
export type PaintMode = (typeof MODES)[number];
const NEAR_PX = 10;
/** The wand looks so far around the click. */
const WAND_PX = 384;
const SMOOTHEST_PX = 12;
const PAINTING: ToolName[] = ["brush", "erase", "polygon", "split", "wand", "copy"];
const WITH_MODEL: ToolName[] = ["assist", "box", "region"];
const isBox = (tool: ToolName): boolean => tool === "box" || tool === "region";

export class Tools {
  name = $state<ToolName>("move");
  radius = $state(12);
  mode = $state<PaintMode>("over");
  kind = $state(0);
  /** The shape in hand, in pixels of the picture. */
  draft = $state.raw<Point[]>([]);
  pointer = $state.raw<Point | null>(null);
  /** How much a pixel may differ from the one under the wand, of 255. */
  tolerance = $state(24);
  /** What "copy" stamps: rows of pixels around the middle of the instance it was taken from. */
  stamp = $state.raw<{ y: number; left: number; right: number }[]>([]);
  readonly assist: Assist;
  private stroke: Stroke | null = null;
  private last: Point | null = null;
  private painting = 0;

  constructor(private readonly bench: Bench) {
    this.assist = new Assist(bench, () => this.kind);
  }

  choose(name: ToolName): void {
    this.cancel();
    this.name = name;
    this.bench.prepareToPaint(PAINTING.includes(name) || WITH_MODEL.includes(name));
    if (name === "copy") void this.takeStamp();
  }

  nextMode(): void {
    this.mode = MODES[(MODES.indexOf(this.mode) + 1) % MODES.length];
  }

  /** Whether the tool wants presses of the pointer, so that the map must not pan. */
  get takesPresses(): boolean {
    return this.name !== "move";
  }

  get isTooFarOut(): boolean {
    return PAINTING.includes(this.name) && (this.bench.sight?.resolution ?? 1) > COARSEST_PX;
  }

  /** Give up the shape in hand; returns whether there was one. */
  cancel(): boolean {
    const had = this.assist.giveUp() || this.draft.length > 0 || this.stroke !== null;
    this.stroke?.revert();
    this.stroke = null;
    this.last = null;
    this.draft = [];
    this.bench.redraw();
    return had;
  }

  /** Undo within the shape in hand; returns whether there is one. */
  stepBack(): boolean {
    if (this.stroke || this.assist.preview) return this.cancel();
    if (this.draft.length === 0) return false;
    this.draft = this.draft.slice(0, -1);
    return true;
  }

  begin(point: Point, straight: boolean): void {
    if (this.isTooFarOut) return tell(t("correct.zoom-in"));
    this.assist.giveUp();
    switch (this.name) {
      case "brush":
      case "erase":
        return this.beginStroke(point, straight);
      case "polygon":
        return this.addCorner(point);
      case "wand":
        return void this.bench.prepare(this.touch(point));
      case "copy":
        return this.press(point);
      case "assist":
        return void this.assist.click(point, this.mode);
      default:
        this.draft = [point, point];
    }
  }

  move(point: Point, isPressed: boolean): void {
    this.pointer = point;
    if (!isPressed) return;
    if (this.stroke && this.last) this.paintTo(point);
    else if (this.name === "lasso" || this.name === "split") this.draft = [...this.draft, point];
    else if (this.name === "ruler" || this.name === "scale" || isBox(this.name)) this.draft = [this.draft[0] ?? point, point];
  }

  end(): void {
    if (this.stroke) return this.endStroke();
    if (this.name === "lasso" && this.draft.length > 2) this.catchInside();
    if (this.name === "split" && this.draft.length > 1) void this.bench.prepare(this.cut(this.draft));
    if (isBox(this.name) && this.draft.length > 1) this.frame();
    if (this.name === "lasso" || this.name === "split" || isBox(this.name)) this.draft = [];
  }

  /** Close the polygon in hand and paint it, or keep what is shown of a region. */
  close(): void {
    if (this.assist.preview) return void this.assist.accept();
    const ring = this.draft;
    this.draft = [];
    if (ring.length > 2) void this.bench.prepare(this.fillRing(ring));
  }

  // Painting

  /** What becomes of a pixel that is painted with this number (0: erased), by the mode; locked instances stay. */
  private rule(number: number): Rule {
    const { instances, selection } = this.bench;
    const isLocked = (old: number) => (instances.of("flags", old) & LOCKED) > 0;
    const gives: Record<PaintMode, Rule> = {
      over: (old) => +(old === 0 || !isLocked(old)),
      below: (old) => +(old === 0 || (!isLocked(old) && instances.of("state", old) === SUGGESTED)),
      "only-empty": (old) => +(old === 0),
    };
    if (number === 0) return (old) => (old !== 0 && !isLocked(old) && (this.mode === "over" || selection.has(old)) ? 0 : old);
    return (old) => (old === number || gives[this.mode](old) ? number : old);
  }

  /** The one selected instance, or a new number. */
  private target(): number | undefined {
    return this.bench.selection.size === 1 ? [...this.bench.selection][0] : this.bench.freshNumber();
  }

  private beginStroke(point: Point, straight: boolean): void {
    const number = this.name === "erase" ? 0 : this.target();
    if (number === undefined) return tell(t("correct.no-numbers"), "warning");
    this.painting = number;
    this.bench.colourNew(number, this.kind);
    this.stroke = new Stroke(this.bench.store, this.rule(number));
    if (!straight || !this.last) this.last = point;
    this.paintTo(point);
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
    this.bench.colourNew(number, this.kind);
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

  /** Paint the pixels around a point that are as bright as it. */
  private async touch(point: Point): Promise<void> {
    const number = this.target();
    if (number === undefined) return tell(t("correct.no-numbers"), "warning");
    const [y, x] = [Math.floor(point.y), Math.floor(point.x)];
    const box = widened({ top: y, left: x, bottom: y + 1, right: x + 1 }, WAND_PX, this.bench.store);
    if (y < box.top || y >= box.bottom || x < box.left || x >= box.right) return;
    const [grey] = await Promise.all([this.bench.grey(box), this.bench.need(box)]);
    const window = { ...box, width: box.right - box.left, height: box.bottom - box.top, numbers: this.bench.store.window(box)! };
    const places = flood(grey, window, (y - box.top) * window.width + x - box.left, this.tolerance);
    this.bench.colourNew(number, this.kind);
    const stroke = new Stroke(this.bench.store, this.rule(number));
    for (const place of places) dot(stroke, window, place);
    await this.finish(stroke, "wand", number);
  }

  /** Take the selected instance as the stamp of "copy". */
  private async takeStamp(): Promise<void> {
    const [number] = this.bench.selection;
    if (!number) return this.stamp.length ? undefined : tell(t("correct.copy-what"));
    const found = await this.window(number, 1);
    const area = this.bench.instances.of("area", number);
    const [middleY, middleX] = (["sum_y", "sum_x"] as const).map((name) => Math.round(this.bench.instances.of(name, number) / area));
    const rows: typeof this.stamp = [];
    for (let place = 0; place < found.numbers.length; place++) {
      if (found.numbers[place] !== number) continue;
      const [y, x] = [found.top + Math.floor(place / found.width) - middleY, found.left + (place % found.width) - middleX];
      const last = rows.at(-1);
      if (last?.y === y && last.right === x) last.right++;
      else rows.push({ y, left: x, right: x + 1 });
    }
    this.stamp = rows;
    this.bench.select([]);
  }

  private press(point: Point): void {
    if (this.stamp.length === 0) return tell(t("correct.copy-what"));
    const number = this.bench.freshNumber();
    if (number === undefined) return tell(t("correct.no-numbers"), "warning");
    this.bench.colourNew(number, this.kind);
    const stroke = new Stroke(this.bench.store, this.rule(number));
    for (const { y, left, right } of this.stamp) stroke.span(Math.floor(point.y) + y, Math.floor(point.x) + left, Math.floor(point.x) + right);
    this.painting = number;
    this.stroke = stroke;
    this.endStroke();
  }

  fillHoles(): Promise<void> {
    return this.reshape("fill", () => 1, (window, number) => ({ gained: holes(window, number), lost: [] }));
  }

  grow(): Promise<void> {
    return this.reshape("grow", () => 1, grown);
  }

  shrink(): Promise<void> {
    return this.reshape("shrink", () => 1, shrunk);
  }

  smooth(): Promise<void> {
    const radius = (number: number) => Math.min(SMOOTHEST_PX, Math.max(2, Math.round(Math.sqrt(this.bench.instances.of("area", number)) / 12)));
    return this.reshape("smooth", radius, (window, number) => smoothed(window, number, radius(number)));
  }

  /** Change the outline of all that is selected, as one edit; the mode says whose pixels may be gained. */
  private reshape(tool: string, margin: (number: number) => number, change: (window: Found, number: number) => Change): Promise<void> {
    return this.bench.prepare(this.reshaped(tool, margin, change));
  }

  private async reshaped(tool: string, margin: (number: number) => number, change: (window: Found, number: number) => Change): Promise<void> {
    const numbers = [...this.bench.selection].filter((number) => !(this.bench.instances.of("flags", number) & LOCKED));
    if (numbers.length === 0) return tell(t("correct.select-first"));
    let rule: Rule = (old) => old;
    const stroke = new Stroke(this.bench.store, (old) => rule(old));
    for (const number of numbers) {
      const window = await this.window(number, margin(number));
      const { gained, lost } = change(window, number);
      rule = this.rule(number);
      for (const place of gained) dot(stroke, window, place);
      rule = (old) => (old === number ? 0 : old);
      for (const place of lost) dot(stroke, window, place);
    }
    const isNothing = stroke.isEmpty;
    await this.finish(stroke, tool, 0);
    if (isNothing) tell(t("correct.no-change"));
  }

  private async cut(line: Point[]): Promise<void> {
    const number = this.bench.selection.size === 1 ? [...this.bench.selection][0] : this.under(line);
    if (!number) return tell(t("correct.split-what"));
    const found = await this.window(number, 1);
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
      this.bench.colourNew(to, this.kind);
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

  private async window(number: number, margin: number): Promise<Found> {
    const box = widened(this.bench.boxOf(number), margin, this.bench.store);
    await this.bench.need(box);
    return { ...box, width: box.right - box.left, height: box.bottom - box.top, numbers: this.bench.store.window(box)! };
  }

  // With the model

  private frame(): void {
    const box: Rectangle = widened(boxOf(this.draft), 0, this.bench.store);
    if (box.bottom - box.top < 3 || box.right - box.left < 3) return tell(t("assist.drag-a-box"));
    void (this.name === "box" ? this.assist.box(box, this.mode) : this.assist.look(box));
  }

  /** Cut the one selected instance where the model sees a border. */
  async splitByModel(): Promise<void> {
    const [number, ...others] = this.bench.selection;
    if (!number || others.length) return tell(t("assist.split-what"));
    await this.assist.split(number);
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
