/** Keys: one table, from which handling and the shortcut sheet are made. */
import type { Key } from "../ui/messages.svelte";
import type { Bench } from "./Bench.svelte";
import type { Tools } from "./Tools.svelte";

export interface Shortcut {
  keys: string;
  says: Key;
  does: (bench: Bench, tools: Tools) => unknown;
}
const ZOOM = 1.5;

export const SHORTCUTS: Shortcut[] = [
  { keys: "V", says: "tool.move", does: (_, tools) => tools.choose("move") },
  { keys: "B", says: "tool.brush", does: (_, tools) => tools.choose("brush") },
  { keys: "E", says: "tool.erase", does: (_, tools) => tools.choose("erase") },
  { keys: "P", says: "tool.polygon", does: (_, tools) => tools.choose("polygon") },
  { keys: "L", says: "tool.lasso", does: (_, tools) => tools.choose("lasso") },
  { keys: "S", says: "tool.split", does: (_, tools) => tools.choose("split") },
  { keys: "C", says: "tool.assist", does: (_, tools) => tools.choose("assist") },
  { keys: "R", says: "tool.ruler", does: (_, tools) => tools.choose("ruler") },
  { keys: "Shift+R", says: "tool.scale", does: (_, tools) => tools.choose("scale") },
  { keys: "[", says: "keys.smaller", does: (_, tools) => (tools.radius = Math.max(1, Math.round(tools.radius / 1.25))) },
  { keys: "]", says: "keys.larger", does: (_, tools) => (tools.radius = Math.min(256, Math.ceil(tools.radius * 1.25))) },
  { keys: "Q", says: "keys.mode", does: (_, tools) => (tools.mode = tools.mode === "over" ? "below" : "over") },
  { keys: "F", says: "keys.fill", does: (_, tools) => tools.fillHoles() },
  { keys: "M", says: "keys.merge", does: (bench) => bench.merge() },
  { keys: "Delete", says: "keys.delete", does: (bench) => bench.remove() },
  { keys: "Enter", says: "keys.close", does: (_, tools) => tools.close() },
  { keys: "Backspace", says: "keys.back", does: (_, tools) => tools.stepBack() },
  { keys: "Escape", says: "keys.escape", does: (bench, tools) => tools.cancel() || bench.select([]) },
  { keys: "Ctrl+Z", says: "keys.undo", does: (bench, tools) => tools.stepBack() || bench.step("undo") },
  { keys: "Ctrl+Shift+Z", says: "keys.redo", does: (bench) => bench.step("redo") },
  { keys: "N", says: "keys.next", does: (bench) => bench.nextDoubtful(1) },
  { keys: "Shift+N", says: "keys.previous", does: (bench) => bench.nextDoubtful(-1) },
  { keys: "A", says: "keys.accept", does: (bench) => bench.set("state", 2) },
  { keys: "!", says: "keys.flag", does: (bench) => bench.toggle("flagged") },
  { keys: "Ctrl+L", says: "keys.lock", does: (bench) => bench.toggle("locked") },
  { keys: "Z", says: "keys.zoom-selection", does: (bench) => bench.selection.size && bench.view?.show(bench.boxOf([...bench.selection][0])) },
  { keys: "0", says: "keys.no-kind", does: (bench) => bench.set("kind", 0) },
  { keys: "Home", says: "keys.fit", does: (bench) => bench.view?.fit() },
  { keys: "+", says: "keys.zoom-in", does: (bench) => bench.view?.zoomBy(ZOOM) },
  { keys: "-", says: "keys.zoom-out", does: (bench) => bench.view?.zoomBy(1 / ZOOM) },
];

/** The keys that are pressed, written as in the table. */
export function pressed(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey">): string {
  const letter = event.key.length === 1 && /[a-z]/i.test(event.key);
  const key = letter ? event.key.toUpperCase() : event.key;
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  const shift = event.shiftKey && (letter || event.key.length > 1) ? "Shift+" : "";
  return control + shift + key;
}
