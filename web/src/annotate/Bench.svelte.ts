/** The workbench: one picture with its labels, what is selected, and everything that changes them. */
import { readColumns, type Columns } from "../api/columns";
import { listen } from "../api/events";
import { get, post, request, send, type ApiError } from "../api/http";
import type { Edit, EditResult, Figures, Job, Layer, Picture, Project } from "../api/types";
import { wording } from "../app/session.svelte";
import { tell } from "../app/notices.svelte";
import { colourOfNumber, colourRange, KINDS, parseHex, viridis, type Rgb } from "../canvas/colours";
import { ImageTiles } from "../canvas/ImageTiles";
import { LabelLayer, visible, type Sight } from "../canvas/LabelLayer";
import { fittingRange } from "../canvas/levels";
import { LabelTiles } from "../canvas/LabelTiles";
import { FLAGGED_MARK, HIDDEN, LOCKED_MARK, LookUp, SELECTED } from "../canvas/LookUp";
import { TileStore, type Rectangle } from "../canvas/TileStore";
import { Sights } from "../canvas/view";
import { t } from "../ui/messages.svelte";
import { FLAGGED, follow, Instances, LOCKED, SUGGESTED, type Name } from "./Instances";
import { editId, Outbox, type Waiting } from "./Outbox";
import { pack } from "./Patch";
import { colouring, look } from "./look.svelte";
import type { Stroke } from "./Stroke";
import { Sync, type SyncState } from "./Sync";

/** Painting is allowed down to 1:4. */
export const COARSEST_PX = 4;
const NUMBERS_AT_ONCE = 1024;
const NUMBERS_LEFT = 200;
const FIGURES_AFTER_MS = 200;
const COARSE_AFTER_MS = 1500;

/** This tab: the server lets it build on its own edits. */
export function clientName(): string {
  const kept = sessionStorage.getItem("uniaims.client");
  const name = kept ?? editId();
  sessionStorage.setItem("uniaims.client", name);
  return name;
}

export class Bench {
  readonly client = clientName();
  picture = $state.raw<Picture>(null!);
  instances = new Instances();
  isLoaded = $state(false);
  /** Whether labels that are in sight are still on their way: nothing can be painted on them. */
  isFetching = $state(true);
  /** Whether a new instance can be given a number at once. */
  hasNumbers = $state(false);
  /** Grows when rows change: what is made of them is made anew. */
  revision = $state(0);
  selection = $state.raw<ReadonlySet<number>>(new Set());
  hovered = $state(0);
  sight = $state.raw<Sight | null>(null);
  figures = $state.raw<Figures | null>(null);
  measured = $state.raw<Columns | null>(null);
  saving = $state<SyncState>("saved");
  history = $state(0);
  /** Whether a tool paints now: then all pixels of what the screen shows are fetched, however far out it is. */
  paints = $state(false);
  readonly store: TileStore;
  readonly lookUp = new LookUp();
  private gpu: LabelLayer | null = null;
  private sights: Sights | null = null;
  private images: ImageTiles | null = null;
  private tiles: LabelTiles;
  private sync: Sync | null = null;
  private block: number[] = [];
  private row = { first: 0, left: 0 };
  private timers = new Map<string, ReturnType<typeof setTimeout>>();
  private coarse = new Set<string>();
  private measuredRows = new Map<string, { revision: number; values: Float64Array }>();
  private stop: () => void = () => undefined;
  private reloads = 0;
  /** Changes on their way to the outbox, and the last undo or redo. */
  private preparing = new Set<Promise<unknown>>();
  private stepping: Promise<unknown> = Promise.resolve();

  constructor(
    picture: Picture,
    readonly project: Project,
    readonly layer: Layer,
    private readonly onJob: (job: Job) => void,
  ) {
    this.picture = picture;
    this.store = new TileStore(layer.width_px, layer.height_px, layer.levels);
    this.tiles = new LabelTiles(layer.id, this.store, () => this.redraw(), (fault) => tell(wording(fault), "warning"), (isBusy) => (this.isFetching = isBusy));
    if (picture.pyramid) this.images = new ImageTiles(picture.id, picture.pyramid, () => this.redraw());
  }

  /** Begin: draw at once, send what an earlier page left unsent, then fetch the rows. */
  async open(target: HTMLElement): Promise<void> {
    this.gpu = new LabelLayer(this.store, () => this.images, this.lookUp, () => this.redraw());
    const outbox = await Outbox.open();
    this.sync = new Sync(outbox, this.layer.id, this.client, Sync.to(this.layer.id), this.heard, (state, fault) => this.tellState(state, fault));
    await this.sync.flush();
    this.sights = new Sights(target, this.layer.width_px, this.layer.height_px, this.gpu, () => look, (sight, needed) => {
      this.sight = sight;
      this.images?.want(needed.images);
      this.tiles.want(this.paints && sight.resolution <= COARSEST_PX ? [...needed.labels, ...this.store.tilesIn(0, visible(sight))] : needed.labels);
    });
    this.listen();
    await this.reload();
  }

  close(): void {
    this.stop();
    this.sync?.close();
    this.sights?.close();
    this.tiles.close();
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  /** What is known of the picture, rows, measurements and figures anew. */
  async reload(): Promise<void> {
    const turn = ++this.reloads;
    const [picture, answer] = await Promise.all([get<Picture>(`/images/${this.picture.id}`), send("GET", `/layers/${this.layer.id}/instances`)]);
    if (turn !== this.reloads) return; // an older answer, such as one from before the scale was set
    this.picture = picture;
    this.instances = new Instances(readColumns(await answer.arrayBuffer()));
    this.isLoaded = true;
    this.measured = null;
    if (this.picture.has_measurements) await this.loadMeasured();
    this.rowsChanged();
    this.recolour();
    await this.loadFigures();
  }

  /** Everything of the labels anew, after a job or another's restore replaced them. */
  async replaced(): Promise<void> {
    this.store.clear();
    this.redraw();
    await this.reload();
  }

  prepareToPaint(paints: boolean): void {
    this.paints = paints;
    if (paints) void this.fetchNumbers();
    if (paints) this.isFetching = true; // until it is drawn: then it is known what lacks
    this.redraw();
  }

  redraw(): void {
    this.sights?.redraw();
  }

  get view(): Sights | null {
    return this.sights;
  }

  set surround(colour: [number, number, number]) {
    if (this.gpu) this.gpu.surround = colour;
    this.redraw();
  }

  // What is shown

  hover(number: number): void {
    if (this.hovered === number) return;
    this.hovered = number;
    if (this.gpu) this.gpu.hover = number;
    this.redraw();
  }

  select(numbers: Iterable<number>, add = false): void {
    const chosen = new Set(add ? this.selection : []);
    for (const number of numbers) {
      if (add && this.selection.has(number)) chosen.delete(number);
      else if (this.instances.has(number)) chosen.add(number);
    }
    for (const number of this.selection) this.lookUp.mark(number, SELECTED, false);
    for (const number of chosen) this.lookUp.mark(number, SELECTED, true);
    this.selection = chosen;
    this.redraw();
  }

  boxOf(number: number): Rectangle {
    const at = (name: Name) => this.instances.of(name, number);
    return { top: at("top"), left: at("left"), bottom: at("bottom"), right: at("right") };
  }

  /** Select one and bring it into view. */
  visit(number: number, closely = false): void {
    this.select([number]);
    if (closely) this.sights?.show(this.boxOf(number));
    else this.sights?.centre({ x: this.instances.of("rep_x", number), y: this.instances.of("rep_y", number) });
  }

  /** The suggested instance that the model is least sure of after (or before) the selected one. */
  nextDoubtful(step: 1 | -1): void {
    const [numbers, states, areas, confidence] = (["number", "state", "area", "confidence"] as const).map((name) => this.instances.column(name));
    const doubtful = [...numbers.keys()].filter((i) => areas[i] > 0 && states[i] === SUGGESTED && !Number.isNaN(confidence[i]));
    doubtful.sort((a, b) => confidence[a] - confidence[b] || a - b);
    if (doubtful.length === 0) return tell(t("correct.nothing-doubtful"));
    const here = doubtful.findIndex((i) => this.selection.has(numbers[i]));
    const next = here < 0 ? (step > 0 ? 0 : doubtful.length - 1) : (here + step + doubtful.length) % doubtful.length;
    this.visit(numbers[doubtful[next]], true);
  }

  /** Values of a column, one a row: of the list itself, worked out from it, or measured by the server. */
  values(column: string): ArrayLike<number> {
    if (column === "diameter") {
      const side = this.picture.pixel_size_nm ?? 1;
      return this.instances.column("area").map((area) => Math.sqrt((area * 4) / Math.PI) * side);
    }
    if (column.startsWith("measured:")) return this.measuredValues(column.slice(9));
    return this.instances.column(column as Name);
  }

  recolour(): void {
    const numbers = this.instances.column("number");
    const values = colouring.by === "number" || colouring.by === "kind" ? null : this.values(colouring.by);
    const [low, high] = values ? colourRange(Array.from(values)) : [0, 1];
    colouring.range = [low, high];
    for (let i = 0; i < numbers.length; i++) this.lookUp.colour(numbers[i], values ? (Number.isNaN(values[i]) ? [150, 150, 150] : viridis((values[i] - low) / (high - low))) : this.plainColour(i));
    this.remark();
    this.redraw();
  }

  /** Show only these rows of the list, or all. */
  showOnly(rows: Uint32Array | null): void {
    const numbers = this.instances.column("number");
    for (const number of numbers) this.lookUp.mark(number, HIDDEN, rows !== null);
    if (rows) for (const row of rows) this.lookUp.mark(numbers[row], HIDDEN, false);
    this.redraw();
  }

  // Edits

  /** A number for a new instance; undefined while none is here. */
  freshNumber(): number | undefined {
    if (this.block.length < NUMBERS_LEFT) void this.fetchNumbers();
    const number = this.block.shift();
    this.hasNumbers = this.block.length > 0;
    return number;
  }

  async fetchNumbers(): Promise<void> {
    this.later("numbers", 0, async () => {
      const { first, count } = await post<{ first: number; count: number }>(`/layers/${this.layer.id}/numbers`, { count: NUMBERS_AT_ONCE, client: this.client });
      this.block.push(...Array.from({ length: count }, (_, i) => first + i));
      this.hasNumbers = true;
    });
  }

  /** The first of so many numbers one after the other: the same ones again until they are spent. */
  async numbersInARow(count: number): Promise<number> {
    if (this.row.left < count) {
      const { first, count: left } = await post<{ first: number; count: number }>(`/layers/${this.layer.id}/numbers`, { count: 4 * count, client: this.client });
      this.row = { first, left };
    }
    return this.row.first;
  }

  spend(count: number): void {
    this.row = { first: this.row.first + count, left: this.row.left - count };
  }

  /** Give a new instance its colour before its row is there. */
  colourNew(number: number, kind: number): void {
    if (number && !this.instances.has(number)) this.lookUp.colour(number, colouring.by === "number" ? colourOfNumber(number) : this.kindColour(kind));
  }

  /** Grey values of the picture in a box. */
  grey(box: Rectangle): Promise<Uint8Array> {
    return this.images?.window(box) ?? Promise.resolve(new Uint8Array((box.right - box.left) * (box.bottom - box.top)));
  }

  /** Black and white so that the picture, seen as a whole, fills the range. */
  async fitContrast(): Promise<void> {
    const level = this.store.levels - 1;
    const box = { top: 0, left: 0, bottom: Math.ceil(this.store.height / 2 ** level), right: Math.ceil(this.store.width / 2 ** level) };
    if (this.images) Object.assign(look, fittingRange(await this.images.window(box, level)));
  }

  /** Undo and redo wait for a change that is being made ready. */
  async prepare<T>(change: Promise<T>): Promise<T> {
    this.preparing.add(change);
    try {
      return await change;
    } finally {
      this.preparing.delete(change);
    }
  }

  /** Keep a stroke: rows follow at once, the patch goes into the outbox. */
  async keep(stroke: Stroke, tool: string, kind = 0): Promise<void> {
    const runs = stroke.patch();
    stroke.release();
    if (runs.length === 0) return;
    const numbers = new Set(runs.flatMap((run) => [run.old, run.new]));
    numbers.delete(0);
    const fresh = [...numbers].filter((number) => !this.instances.has(number));
    const touched = this.instances.seen(numbers);
    follow(this.instances, runs);
    for (const number of fresh) this.instances.put({ number, kind });
    this.rowsChanged([...numbers]);
    const made = fresh.map((number) => ({ number, kind }));
    await this.prepare(pack(runs).then((patch) => this.add({ kind: "paint", tool, touched, patch, new: made })));
  }

  async merge(): Promise<void> {
    const numbers = [...this.selection];
    if (numbers.length < 2) return tell(t("correct.merge-needs-two"));
    const into = numbers.reduce((most, each) => (this.instances.of("area", each) > this.instances.of("area", most) ? each : most));
    const others = numbers.filter((number) => number !== into);
    this.gpu?.rename(others, into);
    const touched = this.instances.seen(numbers);
    for (const number of others) this.instances.put({ number, area: 0 });
    this.select([into]);
    this.rowsChanged();
    await this.add({ kind: "merge", tool: "merge", numbers, into, touched });
  }

  async remove(): Promise<void> {
    const numbers = [...this.selection].filter((number) => !(this.instances.of("flags", number) & LOCKED));
    if (numbers.length === 0) return;
    this.gpu?.rename(numbers, 0);
    const touched = this.instances.seen(numbers);
    for (const number of numbers) this.instances.put({ number, area: 0 });
    this.select([]);
    this.rowsChanged();
    await this.add({ kind: "delete", tool: "delete", numbers, touched });
  }

  async set(field: "kind" | "state" | "locked" | "flagged", value: number | boolean): Promise<void> {
    const numbers = [...this.selection];
    if (numbers.length === 0) return;
    const touched = this.instances.seen(numbers);
    const bit = field === "locked" ? LOCKED : FLAGGED;
    for (const number of numbers) {
      const flags = this.instances.of("flags", number);
      this.instances.put(typeof value === "boolean" ? { number, flags: value ? flags | bit : flags & ~bit } : { number, [field]: value });
    }
    this.rowsChanged(numbers);
    await this.add({ kind: "set", tool: field, numbers, field, value, touched });
  }

  /** Lock or flag what is selected; take it back where all of it is marked. */
  toggle(field: "locked" | "flagged"): Promise<void> {
    const bit = field === "locked" ? LOCKED : FLAGGED;
    return this.set(field, ![...this.selection].every((number) => this.instances.of("flags", number) & bit));
  }

  /** Undo or redo on the server, which knows the history across reloads; one after the other. */
  step(which: "undo" | "redo"): Promise<void> {
    const done = Promise.allSettled([this.stepping, ...this.preparing]).then(() => this.stepOnce(which));
    this.stepping = done;
    return done;
  }

  private async stepOnce(which: "undo" | "redo"): Promise<void> {
    await this.sync?.flush();
    if (this.saving === "offline") return tell(t("correct.undo-offline"), "warning");
    try {
      const result = await request<EditResult>("POST", `/layers/${this.layer.id}/${which}`, { client: this.client });
      if (result.status === "accepted" || result.status === "repeated") await this.take(result);
      else tell(result.reason, "warning");
    } catch (fault) {
      const nothing = (fault as ApiError).type === "conflict";
      tell(nothing ? t(which === "undo" ? "correct.nothing-to-undo" : "correct.nothing-to-redo") : wording(fault), nothing ? "plain" : "warning");
    }
  }

  async restore(version: number): Promise<void> {
    await this.sync?.flush();
    await post(`/layers/${this.layer.id}/versions/${version}/restore`, { client: this.client });
    await this.replaced();
  }

  /** Edits that the server did not take. */
  async refused(): Promise<Waiting[]> {
    return (await this.sync?.refused()) ?? [];
  }

  async drop(each: Waiting): Promise<void> {
    await this.sync?.drop(each);
  }

  /** Send an edit that was not taken once more, now that its author has seen how things are. */
  async tryAgain(each: Waiting): Promise<void> {
    const touched = this.instances.seen(each.edit.touched.map(({ number }) => number));
    await this.sync?.drop(each);
    await this.sync?.add({ ...each.edit, edit_id: editId(), touched });
    await this.sync?.flush();
  }

  flush(): Promise<void> {
    return this.sync?.flush() ?? Promise.resolve();
  }

  /** Make sure that all level-0 tiles in a box are here. */
  async need(box: Rectangle): Promise<void> {
    const missing = this.store.tilesIn(0, box).filter((tile) => !this.store.get(...tile));
    if (missing.length) await this.tiles.load(missing);
  }

  private async add(edit: Omit<Edit, "edit_id" | "version">): Promise<void> {
    if (this.sync) await this.prepare(this.sync.add({ edit_id: editId(), version: 1, ...edit }));
  }

  private heard = (edit: Edit, result: EditResult): void => {
    if (result.status === "accepted" || result.status === "repeated") void this.take(result, edit);
    else {
      tell(t("correct.refused", { reason: result.reason }), "warning");
      void this.putRight(edit);
    }
  };

  /** The server's word on an edit: its rows are the truth; pixels are fetched where we have not painted them ourselves. */
  private async take(result: EditResult, edit?: Edit): Promise<void> {
    for (const row of result.rows) this.instances.put(row);
    this.rowsChanged(result.rows.map((row) => row.number));
    if (edit?.kind === "paint") for (const tile of result.tiles) this.coarse.add(tile.join());
    else await this.refresh(result.tiles);
    if (edit?.numbers && edit.kind !== "set") this.gpu?.forgetNames(edit.numbers);
    this.later("coarse", COARSE_AFTER_MS, () => this.refreshCoarse());
    this.later("figures", FIGURES_AFTER_MS, () => this.loadFigures());
    this.history++;
    this.redraw();
  }

  /** Fetch what is on the screen or in memory of these level-0 tiles, and of those above them. */
  private async refresh(tiles: [number, number, number][]): Promise<void> {
    const wanted = new Map<string, [number, number, number]>();
    for (const [, y, x] of tiles)
      for (let level = 0; level < this.store.levels; level++) {
        const place: [number, number, number] = [level, y >> level, x >> level];
        if (this.store.get(...place)) wanted.set(place.join(), place);
      }
    await this.tiles.load([...wanted.values()]);
  }

  private async refreshCoarse(): Promise<void> {
    if (this.saving !== "saved") return this.later("coarse", COARSE_AFTER_MS, () => this.refreshCoarse());
    const tiles = [...this.coarse].map((text) => text.split(",").map(Number) as [number, number, number]);
    this.coarse.clear();
    await this.refresh(tiles);
  }

  /** After a refusal: show what the server holds. */
  private async putRight(edit: Edit): Promise<void> {
    this.gpu?.forgetNames(edit.numbers ?? []);
    this.store.clear();
    await this.reload();
  }

  private listen(): void {
    this.stop = listen([this.project.id], [this.layer.id], {
      edit: (told) => {
        if (told.client !== this.client) void this.take({ edit_id: "", status: "accepted", seq: told.seq, reason: "", rows: told.rows, tiles: told.tiles, instances: [] });
      },
      replace: (told) => told.layer === this.layer.id && void this.replaced(),
      job: (told) => {
        this.onJob(told);
        // Results may come after the picture could be opened.
        if (told.image_id === this.picture.id && told.state === "done") this.later("results", 0, () => this.reload());
      },
      reset: () => void this.replaced(),
    });
  }

  private rowsChanged(numbers: number[] = []): void {
    const row = new Map<number, number>();
    if (numbers.length) this.instances.column("number").forEach((number, i) => row.set(number, i));
    for (const number of numbers) {
      const i = row.get(number);
      if (i !== undefined && (colouring.by === "number" || colouring.by === "kind")) this.lookUp.colour(number, this.plainColour(i));
    }
    if (numbers.length) this.remark();
    this.measuredRows.clear();
    this.revision++;
  }

  private remark(): void {
    const [numbers, flags] = [this.instances.column("number"), this.instances.column("flags")];
    for (let i = 0; i < numbers.length; i++) {
      this.lookUp.mark(numbers[i], LOCKED_MARK, (flags[i] & LOCKED) > 0);
      this.lookUp.mark(numbers[i], FLAGGED_MARK, (flags[i] & FLAGGED) > 0);
    }
  }

  private plainColour(row: number): Rgb {
    const kind = this.instances.column("kind")[row];
    if (colouring.by === "number") return colourOfNumber(this.instances.column("number")[row]);
    return this.kindColour(kind);
  }

  kindColour(kind: number): Rgb {
    const known = this.project.kinds.find((each) => each.number === kind);
    return known ? parseHex(known.colour) : kind === 0 ? [86, 180, 233] : KINDS[kind % KINDS.length];
  }

  private measuredValues(column: string): Float64Array {
    const kept = this.measuredRows.get(column);
    if (kept?.revision === this.revision) return kept.values;
    const from = this.measured?.values.get(column);
    const labels = this.measured?.values.get("label");
    const known = new Map<number, number>();
    if (from && labels) for (let i = 0; i < labels.length; i++) known.set(labels[i], from[i]);
    const values = this.instances.column("number").map((number) => known.get(number) ?? NaN);
    this.measuredRows.set(column, { revision: this.revision, values });
    return values;
  }

  private async loadMeasured(): Promise<void> {
    try {
      this.measured = readColumns(await (await send("GET", `/layers/${this.layer.id}/measurements`)).arrayBuffer());
    } catch (fault) {
      if ((fault as ApiError).status !== 404) throw fault;
    }
  }

  private async loadFigures(): Promise<void> {
    this.figures = await get<Figures>(`/layers/${this.layer.id}/figures`);
  }

  private tellState(state: SyncState, fault: ApiError | null): void {
    this.saving = state;
    if (state === "offline" && fault && fault.status !== 0) tell(wording(fault), "warning");
  }

  private later(name: string, delay: number, what: () => Promise<void> | void): void {
    clearTimeout(this.timers.get(name));
    const timer = setTimeout(() => {
      Promise.resolve(what()).catch((fault) => (fault as ApiError).status !== 0 && tell(wording(fault), "warning"));
    }, delay);
    this.timers.set(name, timer);
  }
}
