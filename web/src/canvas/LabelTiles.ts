/** Fetches label tiles into the store: batches, decoded in a worker, one request on the way for each urgency. */
import { send } from "../api/http";
import type { Frame } from "./frames";
import { keyOf, type TileStore } from "./TileStore";

type Place = [number, number, number];
const BATCH = 64;

export class LabelTiles {
  private readonly worker = new Worker(new URL("./decode.worker.ts", import.meta.url), { type: "module" });
  private readonly answers = new Map<number, { resolve: (frames: Frame[]) => void; reject: (fault: Error) => void }>();
  private asked = 0;
  private wanted: Place[] = [];
  private busy = false;
  private closed = false;

  constructor(
    private readonly layer: number,
    private readonly store: TileStore,
    private readonly onTiles: () => void,
    private readonly onFault: (fault: Error) => void,
    private readonly onBusy: (isBusy: boolean) => void,
  ) {
    this.worker.onmessage = ({ data }) => {
      const answer = this.answers.get(data.id);
      this.answers.delete(data.id);
      if (data.fault) answer?.reject(new Error(data.fault));
      else answer?.resolve(data.frames);
    };
  }

  close(): void {
    this.closed = true;
    this.worker.terminate();
  }

  /** What the screen shows now; what is here already is not asked for. */
  want(tiles: Place[]): void {
    this.wanted = tiles.filter((tile) => !this.store.get(...tile));
    if (this.busy) return;
    if (this.wanted.length) void this.next();
    else this.onBusy(false);
  }

  private async next(): Promise<void> {
    this.busy = true;
    this.onBusy(true);
    try {
      while (this.wanted.length && !this.closed) {
        const batch = this.wanted.slice(0, BATCH);
        await this.load(batch);
        const got = new Set(batch.map((tile) => keyOf(...tile)));
        this.wanted = this.wanted.filter((tile) => !got.has(keyOf(...tile)));
      }
    } catch (fault) {
      this.wanted = [];
      if (!this.closed) this.onFault(fault as Error);
    } finally {
      this.busy = false;
      this.onBusy(false);
    }
  }

  /** Fetch tiles now; of those that are here only what the server has newer. What was painted meanwhile stays. */
  async load(tiles: Place[]): Promise<void> {
    for (let i = 0; i < tiles.length; i += BATCH) {
      const batch = tiles.slice(i, i + BATCH);
      const before = new Map(batch.map((tile) => [keyOf(...tile), this.store.get(...tile)?.revision]));
      const heads = batch.map((tile) => [...tile, this.store.get(...tile)?.head ?? -1]);
      const answer = await send("POST", `/layers/${this.layer}/tiles`, { tiles: heads });
      for (const frame of await this.decode(await answer.arrayBuffer())) {
        const key = keyOf(frame.level, frame.y, frame.x);
        const now = this.store.get(frame.level, frame.y, frame.x);
        if (before.get(key) === now?.revision && !now?.held) this.store.put(frame);
      }
    }
    this.onTiles();
  }

  private decode(body: ArrayBuffer): Promise<Frame[]> {
    const id = this.asked++;
    return new Promise((resolve, reject) => {
      this.answers.set(id, { resolve, reject });
      this.worker.postMessage({ id, body }, [body]);
    });
  }
}
