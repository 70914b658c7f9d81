import { describe, expect, it } from "vitest";
import { readColumns } from "../src/api/columns";
import { colourOfNumber, colourRange, viridis } from "../src/canvas/colours";
import { readFrames, SIDE, TILE_PX } from "../src/canvas/frames";
import { ACROSS, LookUp, SELECTED } from "../src/canvas/LookUp";
import { lengthText, roundLength } from "../src/canvas/scale";
import { Slots } from "../src/canvas/Slots";
import { mode, TileStore } from "../src/canvas/TileStore";

function frame(runs: [number, number][], level = 0, y = 0, x = 0, head = 7): ArrayBuffer {
  const body = new ArrayBuffer(4 + 28 + runs.length * 8);
  const view = new DataView(body);
  view.setUint32(0, 28 + runs.length * 8, true);
  new Uint8Array(body).set([85, 76, 49, 0, level], 4);
  [y, x].forEach((value, i) => view.setUint32(12 + 4 * i, value, true));
  view.setBigUint64(20, BigInt(head), true);
  view.setUint32(28, runs.length, true);
  runs.flat().forEach((value, i) => view.setUint32(32 + 4 * i, value, true));
  return body;
}

describe("frames", () => {
  it("keeps 32 bits of a number", () => {
    const [tile] = readFrames(frame([[5, 0], [TILE_PX - 5, 0xffffffff]], 2, 3, 4));
    expect([tile.level, tile.y, tile.x, tile.head]).toEqual([2, 3, 4, 7]);
    expect([tile.numbers[4], tile.numbers[5], tile.numbers[TILE_PX - 1]]).toEqual([0, 0xffffffff, 0xffffffff]);
  });

  it.each<[string, [number, number][]]>([["too few", [[5, 1]]], ["too many", [[TILE_PX + 1, 1]]]])("refuses a tile with %s pixels", (_, runs) => {
    expect(() => readFrames(frame(runs))).toThrow(/pixels than a tile has/);
  });

  it("refuses what is cut off or no frame", () => {
    expect(() => readFrames(frame([[TILE_PX, 1]]).slice(0, 34))).toThrow(/cut off/);
    const strange = frame([[TILE_PX, 1]]);
    new Uint8Array(strange)[4] = 0;
    expect(() => readFrames(strange)).toThrow(/unknown form/);
  });
});

it("columns come with their types, 64 bits as exact numbers", () => {
  const text = JSON.stringify({ count: 2, seq: 9, columns: [{ name: "number", type: "u4", offset: 0 }, { name: "sum_y", type: "i8", offset: 8 }] });
  const header = text.padEnd(Math.ceil((4 + text.length) / 8) * 8 - 4);
  const body = new ArrayBuffer(4 + header.length + 24);
  new DataView(body).setUint32(0, header.length, true);
  new Uint8Array(body).set(new TextEncoder().encode(header), 4);
  new Uint32Array(body, 4 + header.length, 2).set([1, 4294967295]);
  new BigInt64Array(body, 4 + header.length + 8, 2).set([-5n, 9007199254740991n]);
  const { seq, values } = readColumns(body);
  expect(seq).toBe(9);
  expect([...values.get("number")!]).toEqual([1, 4294967295]);
  expect([...values.get("sum_y")!]).toEqual([-5, 9007199254740991]);
});

describe("tiles", () => {
  const tile = (number: number, level = 0, y = 0, x = 0) => ({ level, y, x, head: 0, numbers: new Uint32Array(TILE_PX).fill(number) });

  it.each([[[1, 1, 2, 0], 1], [[0, 0, 0, 5], 0], [[0, 0, 5, 5], 5], [[9, 4, 4, 9], 4], [[0, 7, 3, 0], 0], [[8, 7, 3, 1], 1]])("mode of %j is %i", (four, wanted) => {
    expect(mode(...(four as [number, number, number, number]))).toBe(wanted);
  });

  it("looks a number up in the finest tile that is here", () => {
    const store = new TileStore(2048, 1024, 3);
    expect(store.numberAt(0, 0)).toBeUndefined();
    store.put(tile(3, 2));
    expect(store.numberAt(1000, 2000)).toBe(3);
    store.put(tile(8, 0, 1, 3));
    expect([store.numberAt(1000, 2000), store.numberAt(0, 0), store.numberAt(-1, 0), store.numberAt(0, 2048)]).toEqual([8, 3, 0, 0]);
  });

  it("says which tiles a rectangle meets", () => {
    const store = new TileStore(2000, 600, 3);
    expect(store.tilesIn(0, { top: 511, left: 512, bottom: 513, right: 1025 })).toEqual([[0, 0, 1], [0, 0, 2], [0, 1, 1], [0, 1, 2]]);
    expect(store.tilesIn(0, { top: -90, left: -90, bottom: 9000, right: 9000 })).toHaveLength(8);
  });

  it("lets the oldest go but never the coarsest", () => {
    const store = new TileStore(1024, 1024, 2, 2);
    store.put(tile(1, 1));
    for (const x of [0, 1]) store.put(tile(2 + x, 0, 0, x));
    expect([store.get(1, 0, 0)?.numbers[0], store.get(0, 0, 0), store.get(0, 0, 1)?.numbers[0]]).toEqual([1, undefined, 3]);
  });

  it("carries a change to the coarser levels", () => {
    const store = new TileStore(1024, 512, 2);
    store.put(tile(0, 0, 0, 1));
    store.put(tile(0, 1));
    store.get(0, 0, 1)!.numbers.fill(4, 2 * SIDE, 4 * SIDE);
    const before = store.get(1, 0, 0)!.revision;
    store.changed({ top: 2, left: 512, bottom: 4, right: 1024 });
    const coarse = store.get(1, 0, 0)!;
    expect([coarse.numbers[SIDE + 255], coarse.numbers[SIDE + 256], coarse.numbers[2 * SIDE + 256]]).toEqual([0, 4, 0]);
    expect(coarse.revision).toBeGreaterThan(before);
  });

  it("gives a window over tile borders, or none while a tile lacks", () => {
    const store = new TileStore(1024, 512, 2);
    store.put(tile(1));
    const box = { top: 0, left: 511, bottom: 2, right: 513 };
    expect(store.window(box)).toBeUndefined();
    store.put(tile(2, 0, 0, 1));
    expect([...store.window(box)!]).toEqual([1, 2, 1, 2]);
  });
});

it("slots: the least recently used leaves, never one of this frame", () => {
  const slots = new Slots(2);
  expect([slots.take(10, 1), slots.take(20, 2)]).toEqual([0, 1]);
  expect(slots.find(10, 3)).toBe(0);
  expect(slots.take(30, 3)).toBe(1);
  expect(slots.take(40, 3)).toBeUndefined();
  expect(slots.find(30, 3, 1)).toBeUndefined();
});

it("look-up: grows, keeps marks beside colours, tells which rows are new", () => {
  const table = new LookUp();
  table.takeDirty();
  table.colour(5, [1, 2, 3]);
  table.mark(5, SELECTED, true);
  table.mark(3 * ACROSS, SELECTED, true);
  expect([...table.texels.subarray(20, 24)]).toEqual([1, 2, 3, SELECTED]);
  expect(table.rows).toBeGreaterThan(3);
  table.takeDirty();
  table.mark(5, SELECTED, false);
  expect([table.takeDirty(), table.texels[23]]).toEqual([[0], 0]);
});

it.each([[0.02, "20 pm"], [1, "1 nm"], [999.96, "1 µm"], [1234.5, "1.23 µm"], [2.5e6, "2.5 mm"]])("%f nm is written %s", (nm, text) => {
  expect(lengthText(nm)).toBe(text);
});

it.each([[1, 1], [1.99, 1], [2, 2], [7, 5], [99, 50], [0.3, 0.2], [1000, 1000]])("round length below %f is %f", (most, length) => {
  expect(roundLength(most)).toBeCloseTo(length, 12);
});

it("colours: neighbours differ, scales leave outliers and unknown values aside", () => {
  expect(colourOfNumber(7)).not.toEqual(colourOfNumber(8));
  expect(colourRange([NaN, ...Array(98).fill(1).map((_, i) => i), 1e9])).toEqual([2, 96]);
  expect([viridis(-1), viridis(2)]).toEqual([[68, 1, 84], [253, 231, 37]]);
});
