/** Edits that the server has not accepted yet, in IndexedDB: they survive a reload and a killed browser. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Edit } from "../api/types";

export interface Waiting {
  order?: number;
  layer: number;
  /** The tab that made it: fresh numbers are its own, whoever sends the edit. */
  client: string;
  edit: Edit;
  /** Why the server refused it; such an edit waits for its author to decide. */
  refused: string;
  /** Who was first, where that is known. */
  by?: string;
}
interface Schema extends DBSchema {
  edits: { key: number; value: Waiting; indexes: { layer: number } };
}

export class Outbox {
  private constructor(private readonly database: IDBPDatabase<Schema>) {}

  static async open(name = "uniaims"): Promise<Outbox> {
    const upgrade = (database: IDBPDatabase<Schema>) => {
      database.createObjectStore("edits", { keyPath: "order", autoIncrement: true }).createIndex("layer", "layer");
    };
    return new Outbox(await openDB<Schema>(name, 1, { upgrade }));
  }

  async add(layer: number, client: string, edit: Edit): Promise<void> {
    await this.database.add("edits", { layer, client, edit, refused: "" });
  }

  /** What waits for a layer, oldest first. */
  async waiting(layer: number, refused = false): Promise<Waiting[]> {
    const found = await this.database.getAllFromIndex("edits", "layer", layer);
    return found.filter((each) => (each.refused !== "") === refused);
  }

  async remove(each: Waiting): Promise<void> {
    await this.database.delete("edits", each.order!);
  }

  async refuse(each: Waiting, reason: string, by = ""): Promise<void> {
    await this.database.put("edits", { ...each, refused: reason, by });
  }

  close(): void {
    this.database.close();
  }
}

/** When an edit was made, in ms since 1970: its id begins with that. */
export const madeAt = (id: string): number => parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** A UUID of version 7: rises with time, so that edits sort by when they were made. */
export function editId(now = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(now / 256 ** (5 - i)) % 256;
  bytes[6] = (bytes[6] & 15) | 112;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
