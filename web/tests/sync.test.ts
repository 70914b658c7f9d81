import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { editId, madeAt, Outbox } from "../src/annotate/Outbox";
import { Sync } from "../src/annotate/Sync";
import { ApiError } from "../src/api/http";
import type { Edit, EditResult } from "../src/api/types";

const edit = (name: string): Edit => ({ edit_id: name, version: 1, kind: "delete", tool: "delete", touched: [], numbers: [1] });
const result = (each: Edit, status: EditResult["status"] = "accepted"): EditResult => ({ edit_id: each.edit_id, status, seq: 1, reason: status === "accepted" ? "" : "why", rows: [], tiles: [], instances: status === "accepted" ? [] : [1, 2].map((number) => ({ number, changed_seq: 3, by: "Ada", at: "" })) });
let name = "";
let outbox: Outbox;
beforeEach(async () => {
  name = `box-${Math.random()}`;
  outbox = await Outbox.open(name);
});
afterEach(() => {
  outbox.close();
  vi.useRealTimers();
});

it("the outbox outlives the page, layer by layer, in order", async () => {
  for (const each of ["a", "b"]) await outbox.add(7, "tab", edit(each));
  await outbox.add(8, "tab", edit("other"));
  outbox.close();
  outbox = await Outbox.open(name);
  expect((await outbox.waiting(7)).map((each) => each.edit.edit_id)).toEqual(["a", "b"]);
});

it("edits leave when they are accepted; refused ones wait for their author", async () => {
  const states: string[] = [];
  const heard: string[] = [];
  const send = async (edits: Edit[]) => ({ seq: 1, results: edits.map((each) => result(each, each.edit_id === "bad" ? "conflict" : "accepted")) });
  const sync = new Sync(outbox, 7, "tab", send, (each, { status }) => heard.push(`${each.edit_id} ${status}`), (state) => states.push(state));
  for (const each of ["a", "bad", "c"]) await sync.add(edit(each));
  await sync.flush();
  expect(heard).toEqual(["a accepted", "bad conflict", "c accepted"]);
  expect(states.at(-1)).toBe("refused");
  expect(await outbox.waiting(7)).toEqual([]);
  const [refused, ...others] = await sync.refused();
  expect([refused.refused, refused.by, others]).toEqual(["why", "Ada", []]);
  await sync.drop(refused);
  expect([states.at(-1), await sync.refused()]).toEqual(["saved", []]);
  sync.close();
});

it("nothing is lost while the server is away; it is sent once more when it is back", async () => {
  let isThere = false;
  const sent: string[] = [];
  const send = async (edits: Edit[]) => {
    if (!isThere) throw new ApiError(0, "offline", "");
    sent.push(...edits.map((each) => each.edit_id));
    return { seq: 1, results: edits.map((each) => result(each)) };
  };
  const states: string[] = [];
  const sync = new Sync(outbox, 7, "tab", send, () => undefined, (state) => states.push(state));
  await sync.add(edit("a"));
  await sync.flush();
  expect([states.at(-1), (await outbox.waiting(7)).length]).toEqual(["offline", 1]);
  isThere = true;
  await sync.flush();
  expect([sent, states.at(-1), await outbox.waiting(7)]).toEqual([["a"], "saved", []]);
  sync.close();
});

it("an edit that comes while the last answer is taken in is sent as well", async () => {
  const sent: string[] = [];
  const send = async (edits: Edit[]) => {
    sent.push(...edits.map((each) => each.edit_id));
    return { seq: 1, results: edits.map((each) => result(each)) };
  };
  let isLate = true;
  const sync = new Sync(outbox, 7, "tab", send, () => undefined, () => undefined);
  const waiting = outbox.waiting.bind(outbox);
  vi.spyOn(outbox, "waiting").mockImplementation(async (layer, refused) => {
    if (refused && isLate) {
      isLate = false;
      await sync.add(edit("late"));
      void sync.flush();
    }
    return waiting(layer, refused);
  });
  await sync.add(edit("early"));
  await sync.flush();
  expect(sent).toEqual(["early", "late"]);
  sync.close();
});

it("an edit that the server can't read does not hold up the others", async () => {
  const send = async (edits: Edit[]) => {
    if (edits.some((each) => each.edit_id === "bad")) throw new ApiError(422, "invalid", "a patch of nothing");
    return { seq: 1, results: edits.map((each) => result(each)) };
  };
  const sync = new Sync(outbox, 7, "tab", send, () => undefined, () => undefined);
  for (const each of ["a", "bad", "c"]) await sync.add(edit(each));
  await sync.flush();
  expect((await outbox.waiting(7, true)).map((each) => [each.edit.edit_id, each.refused])).toEqual([["bad", "a patch of nothing"]]);
  expect(await outbox.waiting(7)).toEqual([]);
  sync.close();
});

it("what a closed tab left is sent in its name, before what is new", async () => {
  await outbox.add(7, "closed tab", edit("left"));
  const sent: string[] = [];
  const send = async (edits: Edit[], client: string) => {
    sent.push(...edits.map((each) => `${client}: ${each.edit_id}`));
    return { seq: 1, results: edits.map((each) => result(each)) };
  };
  const sync = new Sync(outbox, 7, "tab", send, () => undefined, () => undefined);
  await sync.add(edit("new"));
  await sync.flush();
  expect(sent).toEqual(["closed tab: left", "tab: new"]);
  sync.close();
});

it("edit ids are UUIDs of version 7 and rise with time", () => {
  const [first, second] = [editId(1_700_000_000_000), editId(1_700_000_000_001)];
  expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(first < second).toBe(true);
  expect(madeAt(first)).toBe(1_700_000_000_000);
});
