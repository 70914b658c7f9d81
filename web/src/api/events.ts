/** The server's events of a project and a layer; the browser asks again by itself when the stream breaks. */
import { BASE } from "./http";
import type { Job, Row } from "./types";

export interface Heard {
  edit?: (told: { layer: number; seq: number; client: string; rows: Row[]; tiles: [number, number, number][] }) => void;
  replace?: (told: { layer: number; seq: number }) => void;
  image?: (told: { id: number; project: number; state: string }) => void;
  job?: (told: Job) => void;
  project?: (told: { id: number }) => void;
  reset?: () => void;
}

/** Listen; returns what ends it. */
export function listen(projects: number[], layers: number[], heard: Heard): () => void {
  const stream = new EventSource(`${BASE}/events?projects=${projects.join(",")}&layers=${layers.join(",")}`);
  for (const [name, handler] of Object.entries(heard))
    stream.addEventListener(name, (event) => (handler as (told: unknown) => void)(JSON.parse((event as MessageEvent<string>).data || "{}")));
  return () => stream.close();
}
