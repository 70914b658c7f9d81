import { expect, it, vi } from "vitest";

vi.hoisted(() => {
  vi.stubGlobal("location", { hash: "" });
  vi.stubGlobal("addEventListener", () => undefined);
});
const { parse } = await import("../src/app/router.svelte");
const { pressed, SHORTCUTS } = await import("../src/annotate/shortcuts");

it.each([["#/start?token=a%2Bb", "start", 0], ["#/p/12/images", "images", 12], ["#/i/7", "viewer", 7], ["", "projects", 0], ["#/i/x", "projects", 0], ["#/p/-1", "projects", 0]])("%s leads to %s", (hash, screen, id) => {
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
