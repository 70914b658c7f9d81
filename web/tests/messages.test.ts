import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import english from "../messages/en.json";
import chinese from "../messages/zh.json";

vi.hoisted(() => {
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
  vi.stubGlobal("navigator", { language: "en" });
});
const { fill } = await import("../src/ui/messages.svelte");

const files = readdirSync(new URL("../src", import.meta.url), { recursive: true, encoding: "utf8" }).filter((name) => /\.(svelte|ts)$/.test(name));
const source = new Map(files.map((name) => [name, readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8")]));
const parameters = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort();

describe("texts", () => {
  it("both languages have the same keys", () => expect(Object.keys(chinese)).toEqual(Object.keys(english)));

  it.each(Object.entries(english))("%s takes the same values in both", (key, text) => {
    const other = (chinese as Record<string, string>)[key];
    expect(other.trim()).not.toBe("");
    expect(parameters(other)).toEqual(parameters(text));
  });

  it("each one is used somewhere", () => {
    const whole = [...source.values()].join("\n");
    const families = [...whole.matchAll(/[`"]([a-z]+\.)\$\{/g)].map((match) => match[1]);
    const unused = Object.keys(english).filter((key) => !whole.includes(`"${key}"`) && !families.some((family) => key.startsWith(family)));
    expect(unused).toEqual([]);
  });

  it.each([...source].filter(([name]) => name.endsWith(".svelte")))("%s holds no text of its own", (_, text) => {
    const markup = text.replace(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>|<!--[\s\S]*?-->/g, "");
    const bare = markup.replace(/\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/g, "").replace(/<(?:[^<>"]|"[^"]*")*>/g, "\n");
    const words = [...bare.matchAll(/[A-Za-z\u4e00-\u9fff]{3,}/g)].map((match) => match[0]);
    expect(words.filter((word) => !["Uni", "AIMS", "ONNX", "Shift", "Space", "Alt"].includes(word))).toEqual([]);
  });

  it("puts values in, in the form that the number takes", () => {
    expect([1, 2].map((n) => fill("{n} object | {n} objects", { n }, "en"))).toEqual(["1 object", "2 objects"]);
    expect(fill("{name}: <b>", { name: "<i>&" }, "en")).toBe("<i>&: <b>");
    expect(fill("共 {n} 个", { n: 12345 }, "zh")).toBe("共 12,345 个");
  });
});
