/** Bodies of what teaching a model is about. */
import type { Edges } from "../api/types";

export type Split = "train" | "validation" | "test";
export interface Teachable {
  image_id: number;
  name: string;
  width_px: number;
  height_px: number;
  instance_count: number;
  suggested_count: number;
  edited_count: number;
  accepted_count: number;
  versions: number[];
}
/** What a model shall learn from: an image, or a box of it, that somebody has looked at. */
export interface Part {
  image: number;
  box: Edges | null;
  split: Split | null;
}
export interface Dataset {
  id: number;
  number: number;
  note: string;
  image_count: number;
  instance_count: number;
  counts: Record<Split, { parts: number; instances: number }>;
}
export interface ModelName {
  id: number | null;
  name: string;
}
export interface Teaching {
  parent: ModelName;
  settings: { minutes: number; steps: number; batch: number; learning_rate: number; seed: number };
  seconds_per_step: number;
  measured: boolean;
  available: boolean;
  advice: string;
}
export interface LogLine {
  line: number;
  step: number;
  seconds: number;
  loss: number | null;
  ap50: number | null;
}
export interface Sample {
  step: number;
  index: number;
}
interface Compared {
  name: string;
  ap50: number | null;
  count_error: number | null;
}
export interface Comparison {
  parts: number;
  instances: number;
  parent: Compared;
  child: Compared;
  difference: { mean: number; low: number; high: number } | null;
  verdict: "better" | "worse" | "undecided" | "too few";
  sentence: string;
}
export interface Model {
  id: number;
  name: string;
  state: string;
  is_current: boolean;
  parent: ModelName;
  dataset: { id: number; number: number } | null;
  job_id: number | null;
  steps: number;
  comparison: Comparison | null;
  bytes: number;
  created_at: string;
}
