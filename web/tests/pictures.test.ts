import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { whenReady } from "../src/api/pictures";

type Answer = object | number | "away";
/** A server that gives these answers one after the other, the last one for ever. */
function answering(...answers: Answer[]): void {
  const next = () => (answers.length > 1 ? answers.shift()! : answers[0]);
  vi.stubGlobal("fetch", async () => {
    const answer = next();
    if (answer === "away") throw new TypeError("no way to it");
    return typeof answer === "number" ? Response.json({ type: "not_found", detail: "gone" }, { status: answer }) : Response.json(answer);
  });
}
const reading = { id: 1, name: "a.tif", state: "ingesting", layer_id: null };
const ready = { ...reading, state: "ready", layer_id: 5 };
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("an image that is still read opens by itself when it is ready, also over a server that is away for a moment", async () => {
  answering(reading, reading, "away", { ...ready, layer_id: null }, ready);
  const waits = vi.fn();
  const opened = whenReady(1, new AbortController().signal, waits);
  await vi.runAllTimersAsync();
  expect(await opened).toMatchObject({ state: "ready", layer_id: 5 });
  expect(waits).toHaveBeenCalledWith(expect.objectContaining({ name: "a.tif" }));
  expect(waits).toHaveBeenCalledTimes(4);
});

it.each<[string, Answer[], object]>([
  ["can't be read", [reading, { ...reading, state: "failed", error: "no picture" }], { detail: "no picture" }],
  ["is removed meanwhile", [reading, 404], { status: 404 }],
  ["can't be reached at first", ["away"], { status: 0 }],
])("an image that %s is told", async (_, answers, wanted) => {
  answering(...answers);
  const opened = expect(whenReady(1, new AbortController().signal, () => undefined)).rejects.toMatchObject(wanted);
  await vi.runAllTimersAsync();
  await opened;
});

it("who leaves the page waits no longer", async () => {
  answering(reading);
  const leaving = new AbortController();
  const opened = whenReady(1, leaving.signal, () => leaving.abort());
  await vi.runAllTimersAsync();
  expect(await opened).toBeNull();
});
