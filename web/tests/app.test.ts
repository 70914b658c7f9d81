import { readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";

vi.hoisted(() => {
  vi.stubGlobal("location", { hash: "" });
  vi.stubGlobal("addEventListener", () => undefined);
});
const { parse } = await import("../src/app/router.svelte");
const { keysOf, pressed, SHORTCUTS } = await import("../src/annotate/shortcuts");
const palette = readFileSync(new URL("../src/annotate/Palette.svelte", import.meta.url), "utf8");

it.each([["#/start?token=a%2Bb", "start", 0], ["#/p/12/images", "images", 12], ["#/p/12/teach", "teach", 12], ["#/i/7", "viewer", 7], ["", "projects", 0], ["#/i/x", "projects", 0], ["#/p/-1", "projects", 0]])("%s leads to %s", (hash, screen, id) => {
  expect(parse(hash)).toMatchObject({ screen, id });
});

it("the token comes out of the address as it is", () => expect(parse("#/start?token=a%2Bb").query.get("token")).toBe("a+b"));

it.each([
  [{ key: "z", ctrlKey: true, metaKey: false, shiftKey: false }, "Ctrl+Z"],
  [{ key: "Z", ctrlKey: false, metaKey: true, shiftKey: true }, "Ctrl+Shift+Z"],
  [{ key: "!", ctrlKey: false, metaKey: false, shiftKey: true }, "!"],
  [{ key: "b", ctrlKey: false, metaKey: false, shiftKey: false }, "B"],
  [{ key: "Delete", ctrlKey: false, metaKey: false, shiftKey: false }, "Delete"],
])("%j is %s", (event, keys) => expect(pressed(event)).toBe(keys));

it("no key does two things", () => {
  const keys = SHORTCUTS.map((shortcut) => shortcut.keys);
  expect(new Set(keys).size).toBe(keys.length);
});

it("all that the palette offers has a key", () => {
  const tools = [...readFileSync(new URL("../src/annotate/Tools.svelte.ts", import.meta.url), "utf8").match(/TOOLS = \[(.*)\]/)![1].matchAll(/"(.*?)"/g)].map((match) => `tool.${match[1]}`);
  const actions = [...palette.matchAll(/action\("\w+", "(.*?)"/g)].map((match) => match[1]);
  expect(tools.length + actions.length).toBeGreaterThan(20);
  expect([...tools, ...actions].filter((says) => !keysOf(says as never))).toEqual([]);
});
