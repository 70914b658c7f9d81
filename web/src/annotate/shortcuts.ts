/** Keys: one table, from which handling and the shortcut sheet are made. */
import type { Key } from "../ui/messages.svelte";
import type { Bench } from "./Bench.svelte";
import { look } from "./look.svelte";
import type { ToolName, Tools } from "./Tools.svelte";

type Group = "tools" | "change" | "judge" | "see";
export interface Shortcut {
  keys: string;
  says: Key;
  group: Group;
  does: (bench: Bench, tools: Tools) => unknown;
}
export const GROUPS: Group[] = ["tools", "change", "judge", "see"];
const ZOOM = 1.5;
const CONTRAST = 0.03;
const tool = (keys: string, name: ToolName): Shortcut => ({ keys, says: `tool.${name}`, group: "tools", does: (_, tools) => tools.choose(name) });
const size = (factor: number) => (_: Bench, tools: Tools) => (tools.radius = Math.min(256, Math.max(1, factor > 1 ? Math.ceil(tools.radius * factor) : Math.floor(tools.radius * factor))));
const contrast = (step: number) => () => (look.high = Math.min(1, Math.max(look.low + 0.05, look.high + step)));

export const SHORTCUTS: Shortcut[] = [
  tool("V", "move"),
  tool("B", "brush"),
  tool("E", "erase"),
  tool("P", "polygon"),
  tool("L", "lasso"),
  tool("W", "wand"),
  tool("D", "copy"),
  tool("S", "split"),
  tool("C", "assist"),
  tool("X", "box"),
  tool("G", "region"),
  tool("R", "ruler"),
  tool("Shift+R", "scale"),
  { keys: "[", says: "keys.smaller", group: "tools", does: size(1 / 1.25) },
  { keys: "]", says: "keys.larger", group: "tools", does: size(1.25) },
  { keys: "Q", says: "keys.mode", group: "tools", does: (_, tools) => tools.nextMode() },
  { keys: "Enter", says: "keys.close", group: "tools", does: (_, tools) => tools.close() },
  { keys: "Backspace", says: "keys.back", group: "tools", does: (_, tools) => tools.stepBack() },
  { keys: "Escape", says: "keys.escape", group: "tools", does: (bench, tools) => tools.cancel() || bench.select([]) },
  { keys: "F", says: "keys.fill", group: "change", does: (_, tools) => tools.fillHoles() },
  { keys: "O", says: "keys.smooth", group: "change", does: (_, tools) => tools.smooth() },
  { keys: "Shift+ArrowUp", says: "keys.grow", group: "change", does: (_, tools) => tools.grow() },
  { keys: "Shift+ArrowDown", says: "keys.shrink", group: "change", does: (_, tools) => tools.shrink() },
  { keys: "M", says: "keys.merge", group: "change", does: (bench) => bench.merge() },
  { keys: "Shift+S", says: "keys.split-by-model", group: "change", does: (_, tools) => tools.splitByModel() },
  { keys: "Delete", says: "keys.delete", group: "change", does: (bench) => bench.remove() },
  { keys: "Ctrl+Z", says: "keys.undo", group: "change", does: (bench, tools) => tools.stepBack() || bench.step("undo") },
  { keys: "Ctrl+Shift+Z", says: "keys.redo", group: "change", does: (bench) => bench.step("redo") },
  { keys: "N", says: "keys.next", group: "judge", does: (bench) => bench.nextDoubtful(1) },
  { keys: "Shift+N", says: "keys.previous", group: "judge", does: (bench) => bench.nextDoubtful(-1) },
  { keys: "A", says: "keys.accept", group: "judge", does: (bench) => bench.set("state", 2) },
  { keys: "!", says: "keys.flag", group: "judge", does: (bench) => bench.toggle("flagged") },
  { keys: "Ctrl+L", says: "keys.lock", group: "judge", does: (bench) => bench.toggle("locked") },
  { keys: "Y", says: "keys.similar", group: "judge", does: (_, tools) => tools.assist.similar() },
  { keys: "T", says: "keys.same-kind", group: "judge", does: (bench, tools) => bench.set("kind", tools.kind) },
  { keys: "0", says: "keys.no-kind", group: "judge", does: (bench) => bench.set("kind", 0) },
  { keys: "Z", says: "keys.zoom-selection", group: "see", does: (bench) => bench.selection.size && bench.view?.show(bench.boxOf([...bench.selection][0])) },
  { keys: "Home", says: "keys.fit", group: "see", does: (bench) => bench.view?.fit() },
  { keys: "+", says: "keys.zoom-in", group: "see", does: (bench) => bench.view?.zoomBy(ZOOM) },
  { keys: "-", says: "keys.zoom-out", group: "see", does: (bench) => bench.view?.zoomBy(1 / ZOOM) },
  { keys: "H", says: "keys.hide-fill", group: "see", does: () => (look.filled = !look.filled) },
  { keys: "U", says: "keys.outlines", group: "see", does: () => (look.outline = look.outline ? 0 : 1) },
  { keys: "I", says: "look.invert", group: "see", does: () => (look.inverted = !look.inverted) },
  { keys: ",", says: "keys.darker", group: "see", does: contrast(CONTRAST) },
  { keys: ".", says: "keys.brighter", group: "see", does: contrast(-CONTRAST) },
];

/** The keys of what a text of the table says. */
export const keysOf = (says: Key): string => SHORTCUTS.find((each) => each.says === says)?.keys ?? "";

/** The keys that are pressed, written as in the table. */
export function pressed(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey">): string {
  const letter = event.key.length === 1 && /[a-z]/i.test(event.key);
  const key = letter ? event.key.toUpperCase() : event.key;
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  const shift = event.shiftKey && (letter || event.key.length > 1) ? "Shift+" : "";
  return control + shift + key;
}
