/** What the model proposes: by a click, in a box, in a region again with other thresholds, or as parts of one instance. */
import { request, type ApiError } from "../api/http";
import type { Proposal } from "../api/types";
import { tell } from "../app/notices.svelte";
import { wording } from "../app/session.svelte";
import type { Rectangle } from "../canvas/TileStore";
import { t } from "../ui/messages.svelte";
import type { Bench } from "./Bench.svelte";
import { unpack, type Run } from "./Patch";
import { boxOf } from "./places";
import type { Point } from "./shapes";
import { Stroke } from "./Stroke";

/** So many new instances at most in one proposal. */
const NUMBERS = 1024;
const SIMILAR_AT_FIRST = 10;

export interface Thresholds {
  probability: number;
  merge: number;
  min_area: number;
  minimum_confidence: number;
}
export const USUAL: Thresholds = { probability: 0.5, merge: 0.35, min_area: 12, minimum_confidence: 0 };
interface Preview {
  box: Rectangle;
  numbers: number[];
  touched: number[];
  stroke: Stroke;
}

export class Assist {
  busy = $state(false);
  thresholds = $state<Thresholds>({ ...USUAL });
  /** A region that the model looked at again: shown, but not kept yet. */
  preview = $state.raw<Preview | null>(null);
  /** What "find similar" found last: asked again with that selection, it finds twice as many. */
  private likeness = { seeds: [] as number[], selection: "", limit: 0 };

  constructor(
    private readonly bench: Bench,
    private readonly kind: () => number,
  ) {}

  /** The instance under a point. */
  async click(point: Point, mode: string): Promise<void> {
    await this.propose("click", { y: Math.floor(point.y), x: Math.floor(point.x), mode }, (proposal, runs) => this.keep("click", proposal, runs));
  }

  /** All instances in a box. */
  async box(box: Rectangle, mode: string): Promise<void> {
    await this.propose("box", { ...box, mode }, (proposal, runs) => this.keep("box", proposal, runs));
  }

  /** One instance cut where the flow parts. */
  async split(number: number): Promise<void> {
    await this.propose("split", { number }, (proposal, runs) => this.keep("split", { ...proposal, numbers: [number, ...proposal.numbers] }, runs), "first");
  }

  /** A region with the thresholds as they are set now; shown until it is kept or given up. */
  async look(box: Rectangle): Promise<void> {
    this.giveUp();
    await this.propose("region", { ...box, ...this.thresholds }, async (proposal, runs) => {
      const stroke = await this.draw(proposal, runs);
      this.preview = { box, numbers: proposal.numbers, touched: proposal.touched, stroke };
      stroke.show();
      this.bench.redraw();
    });
  }

  async accept(): Promise<void> {
    const shown = this.preview;
    if (!shown) return;
    this.preview = null;
    this.bench.spend(shown.numbers.length);
    await this.bench.keep(shown.stroke, "region", this.kind());
    this.bench.select(shown.numbers);
  }

  /** Take the preview away; returns whether there was one. */
  giveUp(): boolean {
    const shown = this.preview;
    this.preview = null;
    shown?.stroke.revert();
    this.bench.redraw();
    return shown !== null;
  }

  /** Select what is most like the selection; once more for the same: twice as many. */
  async similar(): Promise<void> {
    const numbers = [...this.bench.selection];
    if (numbers.length === 0) return tell(t("assist.similar-to-what"));
    const isAgain = numbers.join() === this.likeness.selection;
    const seeds = isAgain ? this.likeness.seeds : numbers.slice(0, 1000);
    const limit = isAgain ? this.likeness.limit * 2 : SIMILAR_AT_FIRST;
    await this.working(async () => {
      await this.bench.flush();
      const found = await request<{ numbers: number[] }>("POST", `/layers/${this.bench.layer.id}/assist/similar`, { numbers: seeds, limit });
      this.bench.select([...seeds, ...found.numbers]);
      this.likeness = { seeds, selection: [...this.bench.selection].join(), limit };
      tell(t("assist.similar-found", { n: found.numbers.length }));
    });
  }

  private async propose(what: string, body: object, then: (proposal: Proposal, runs: Run[]) => Promise<void>, name = "number"): Promise<void> {
    await this.working(async () => {
      await this.bench.flush();
      const first = await this.bench.numbersInARow(NUMBERS);
      const proposal = await request<Proposal>("POST", `/layers/${this.bench.layer.id}/assist/${what}`, { ...body, [name]: first });
      if (proposal.numbers.length > NUMBERS) return tell(t("assist.too-many"), "warning");
      const runs = await unpack(proposal.patch);
      if (runs.length === 0) return tell(t(what === "split" ? "assist.one-piece" : "assist.nothing"));
      await then(proposal, runs);
    });
  }

  private async working(what: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await what();
    } catch (fault) {
      tell(wording(fault), (fault as ApiError).type === "not_looked_at" ? "plain" : "warning");
    } finally {
      this.busy = false;
    }
  }

  private async draw(proposal: Proposal, runs: Run[]): Promise<Stroke> {
    await this.bench.need(boxOf(runs.flatMap((run) => [run, { x: run.x + run.length, y: run.y + 1 }])));
    for (const number of proposal.numbers) this.bench.colourNew(number, this.kind());
    const stroke = new Stroke(this.bench.store, (old) => old);
    stroke.runs(runs);
    return stroke;
  }

  private async keep(tool: string, proposal: Proposal, runs: Run[]): Promise<void> {
    const stroke = await this.draw(proposal, runs);
    stroke.show();
    this.bench.spend(proposal.numbers.length);
    await this.bench.keep(stroke, tool, this.kind());
    this.bench.select(proposal.numbers);
  }
}
