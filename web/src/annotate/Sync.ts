/** Sends the outbox of one layer: one request on the way at a time, in order, again until the server has answered. */
import { ApiError, post } from "../api/http";
import type { Edit, EditResult } from "../api/types";
import { Outbox, type Waiting } from "./Outbox";

export type SyncState = "saved" | "saving" | "offline" | "refused";
const AT_ONCE = 64;
const DELAY_MS = 150;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

type Send = (edits: Edit[], client: string) => Promise<{ seq: number; results: EditResult[] }>;

export class Sync {
  private running: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = false;
  private failures = 0;
  private closed = false;

  constructor(
    private readonly outbox: Outbox,
    private readonly layer: number,
    private readonly client: string,
    private readonly send: Send,
    private readonly onResult: (edit: Edit, result: EditResult) => void,
    private readonly onState: (state: SyncState, error: ApiError | null) => void,
  ) {}

  static to(layer: number): Send {
    return (edits, client) => post(`/layers/${layer}/edits`, { client, edits });
  }

  async add(edit: Edit): Promise<void> {
    await this.outbox.add(this.layer, this.client, edit);
    this.onState("saving", null);
    this.later(DELAY_MS);
  }

  /** Send all that waits; returns when the outbox is empty or the server can't be reached. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.asked = true;
    this.running ??= this.drainAll();
    return this.running;
  }

  /** Who asks while the last answer is being taken in has what came since sent as well. */
  private async drainAll(): Promise<void> {
    try {
      while (this.asked) {
        this.asked = false;
        await this.drain();
      }
    } finally {
      this.running = null;
    }
  }

  /** Edits that the server did not take, oldest first. */
  refused(): Promise<Waiting[]> {
    return this.outbox.waiting(this.layer, true);
  }

  /** Forget an edit that the server did not take. */
  async drop(each: Waiting): Promise<void> {
    await this.outbox.remove(each);
    await this.flush();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private later(delay: number): void {
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => void this.flush(), delay);
  }

  private async drain(): Promise<void> {
    for (;;) {
      const waiting = await this.outbox.waiting(this.layer);
      if (waiting.length === 0) return this.rest();
      const batch = firstOfOneClient(waiting);
      try {
        const { results } = await this.send(batch.map(({ edit }) => edit), batch[0].client);
        this.failures = 0;
        for (const [i, each] of batch.entries()) await this.settle(each, results[i]);
      } catch (fault) {
        if (!(fault instanceof ApiError)) throw fault;
        if (fault.status === 422 || fault.status === 413) await this.settleAll(batch, fault);
        else return this.wait(fault);
      }
    }
  }

  private async rest(): Promise<void> {
    const refused = await this.refused();
    this.onState(refused.length ? "refused" : "saved", null);
  }

  private wait(fault: ApiError): void {
    this.onState("offline", fault);
    this.later(RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)]);
  }

  /** A body that the server can't take: one by one, so that one bad edit does not hold up the others. */
  private async settleAll(batch: Waiting[], fault: ApiError): Promise<void> {
    if (batch.length === 1) {
      await this.settle(batch[0], refusal(batch[0].edit, fault.detail));
      return;
    }
    for (const each of batch) {
      const answer = await this.send([each.edit], each.client).catch((error: ApiError) => {
        if (error.status !== 422 && error.status !== 413) throw error;
        return { results: [refusal(each.edit, error.detail)] };
      });
      await this.settle(each, answer.results[0]);
    }
  }

  private async settle(each: Waiting, result: EditResult): Promise<void> {
    if (result.status === "accepted" || result.status === "repeated") await this.outbox.remove(each);
    else await this.outbox.refuse(each, result.reason || result.status, [...new Set(result.instances.map(({ by }) => by))].filter(Boolean).join(", "));
    this.onResult(each.edit, result);
  }
}

function firstOfOneClient(waiting: Waiting[]): Waiting[] {
  const other = waiting.findIndex((each) => each.client !== waiting[0].client);
  return waiting.slice(0, Math.min(AT_ONCE, other < 0 ? waiting.length : other));
}

const refusal = (edit: Edit, reason: string): EditResult => ({ edit_id: edit.edit_id, status: "refused", seq: null, reason, rows: [], tiles: [], instances: [] });
