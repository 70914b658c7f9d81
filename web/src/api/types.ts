/** Bodies of the server's answers, as the page reads them. */
export interface Page<T> {
  items: T[];
  next: number | string | null;
}
export interface Session {
  account: { id: number; name: string; display_name: string; is_administrator: boolean; language: string };
  version: string;
  single_user: boolean;
}
export interface Kind {
  number: number;
  name: string;
  colour: string;
  key: string | null;
}
export interface Project {
  id: number;
  name: string;
  description: string;
  kinds: Kind[];
  /** The model that suggests; null from servers that have but one. */
  model: { id: number | null; name: string } | null;
  image_count: number;
  instance_count: number;
  created_at: string;
}
export interface Pyramid {
  key: string;
  levels: number;
  tile_px: number;
  low: number;
  high: number;
  bits: number;
}
export interface Picture {
  id: number;
  project_id: number;
  name: string;
  state: "ingesting" | "ready" | "failed" | string;
  error: string;
  width_px: number;
  height_px: number;
  pixel_size_nm: number | null;
  pixel_size_source: string;
  instance_count: number;
  layer_id: number | null;
  warnings: string[];
  notes: string[];
  has_report: boolean;
  has_measurements: boolean;
  pyramid: Pyramid | null;
  scale_bar: Record<string, unknown> | null;
}
export interface Layer {
  id: number;
  image_id: number;
  seq: number;
  levels: number;
  width_px: number;
  height_px: number;
  instance_count: number;
}
export interface Figures {
  seq: number;
  count: number;
  whole_count: number;
  area_fraction: number;
  unit: "nm" | "px";
  d10: number | null;
  d50: number | null;
  d90: number | null;
  mean: number | null;
  mean_area: number | null;
  histogram: { edges: number[]; counts: number[] };
}
export interface Job {
  id: number;
  kind: string;
  project_id: number | null;
  image_id: number | null;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  stage: string;
  done: number;
  total: number;
  error: string;
  result: { artefact?: string; name?: string; bytes?: number; [other: string]: unknown };
}
export interface ModelFact {
  name: string;
  default: boolean;
  description: string;
  nominal_diameter_px: number;
}
export interface ModeFact {
  name: string;
  title: string;
}
export interface FormatFact {
  name: string;
  description: string;
}
export interface HistoryItem {
  seq: number;
  edit_id: string;
  kind: string;
  tool: string;
  author: string;
  at: string;
  undone: boolean;
  undoes: number | null;
  box: Edges | null;
}
export interface Version {
  id: number;
  seq: number;
  kind: string;
  name: string | null;
  instance_count: number;
  at: string;
}
export interface Edges {
  top: number;
  left: number;
  bottom: number;
  right: number;
}
export type Row = Record<string, number>;
export interface Edit {
  edit_id: string;
  version: 1;
  kind: "paint" | "merge" | "delete" | "set";
  tool: string;
  touched: { number: number; seen: number }[];
  patch?: string;
  new?: { number: number; kind: number }[];
  numbers?: number[];
  into?: number;
  field?: "kind" | "state" | "locked" | "flagged";
  value?: number | boolean;
}
export interface EditResult {
  edit_id: string;
  status: "accepted" | "repeated" | "conflict" | "refused";
  seq: number | null;
  reason: string;
  rows: Row[];
  tiles: [number, number, number][];
  /** In a conflict: the instances that others have changed. */
  instances: { number: number; changed_seq: number; by: string; at: string }[];
}
export interface Proposal {
  patch: string;
  numbers: number[];
  confidence: number[];
  touched: number[];
  pixels: number;
}
