import { describe, expect, it } from "vitest";
import { arrange } from "../src/annotate/filters";
import { follow, Instances } from "../src/annotate/Instances";
import { decodeRuns, encodeRuns, invert, pack, unpack, type Run } from "../src/annotate/Patch";
import { components, holes, split } from "../src/annotate/regions";
import { capsule, isInside, polygon, type Span } from "../src/annotate/shapes";
import { Stroke } from "../src/annotate/Stroke";
import { TILE_PX } from "../src/canvas/frames";
import { TileStore } from "../src/canvas/TileStore";

/** Pixels that a shape paints, as "y,x"; fails where one is painted twice. */
function painted(shape: (span: Span) => void): Set<string> {
  const found = new Set<string>();
  shape((y, left, right) => {
    for (let x = left; x < right; x++) {
      expect(found.has(`${y},${x}`)).toBe(false);
      found.add(`${y},${x}`);
    }
  });
  return found;
}
function wanted(test: (x: number, y: number) => boolean): Set<string> {
  const found = new Set<string>();
  for (let y = -5; y < 45; y++) for (let x = -5; x < 45; x++) if (test(x + 0.5, y + 0.5)) found.add(`${y},${x}`);
  return found;
}
function fresh(width = 1024, height = 1024): TileStore {
  const store = new TileStore(width, height, 2);
  for (const [level, y, x] of store.tilesIn(0, { top: 0, left: 0, bottom: height, right: width })) store.put({ level, y, x, head: 0, numbers: new Uint32Array(TILE_PX) });
  return store;
}

describe("shapes", () => {
  it.each([
    [{ x: 20, y: 20 }, { x: 20, y: 20 }, 7.3],
    [{ x: 8.2, y: 9.7 }, { x: 31.4, y: 17.1 }, 4.4],
    [{ x: 30, y: 5 }, { x: 10.5, y: 33.3 }, 6],
    [{ x: 5, y: 10.5 }, { x: 35, y: 10.5 }, 3.2],
  ])("a stroke %j to %j of radius %f holds each pixel whose centre is near enough", (a, b, radius) => {
    const square = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
    const distance = (x: number, y: number) => {
      const along = square ? Math.min(1, Math.max(0, ((x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y)) / square)) : 0;
      return Math.hypot(x - a.x - along * (b.x - a.x), y - a.y - along * (b.y - a.y));
    };
    expect(painted((span) => capsule(a, b, radius, span))).toEqual(wanted((x, y) => distance(x, y) <= radius));
  });

  it("a polygon by the even-odd rule, neighbours share no pixel", () => {
    const left = [{ x: 1, y: 1 }, { x: 20.5, y: 3 }, { x: 18, y: 30 }, { x: 3, y: 22 }];
    const right = [{ x: 20.5, y: 3 }, { x: 40, y: 8 }, { x: 18, y: 30 }];
    const [one, other] = [left, right].map((ring) => painted((span) => polygon(ring, span)));
    expect(one).toEqual(wanted((x, y) => isInside(left, { x, y })));
    expect([...one].filter((pixel) => other.has(pixel))).toEqual([]);
    const star = [{ x: 20, y: 0 }, { x: 30, y: 38 }, { x: 2, y: 14 }, { x: 38, y: 14 }, { x: 10, y: 38 }];
    expect(painted((span) => polygon(star, span)).has("20,20")).toBe(false);
  });
});

describe("patches", () => {
  const runs: Run[] = [{ y: 3, x: 500, length: 12, old: 0, new: 70001 }, { y: 3, x: 512, length: 1, old: 4294967295, new: 0 }, { y: 700, x: 0, length: 300, old: 7, new: 9 }];

  it("as bytes: five LEB128 numbers a run", () => {
    expect([...encodeRuns([{ y: 2, x: 130, length: 3, old: 0, new: 300 }])]).toEqual([2, 130, 1, 3, 0, 172, 2]);
    expect(decodeRuns(encodeRuns(runs))).toEqual(runs);
    expect(() => decodeRuns(encodeRuns(runs).slice(0, -1))).toThrow(/cut off/);
  });

  it("come back from what is sent", async () => expect(await unpack(await pack(runs))).toEqual(runs));
  it("turned round twice are the same", () => expect(invert(invert(runs))).toEqual(runs));
});

describe("strokes", () => {
  it("give runs in raster order that end at tile borders, and are undone by their inverse", () => {
    const store = fresh();
    const stroke = new Stroke(store, () => 5);
    for (const y of [600, 511, 512]) stroke.span(y, 505, 520);
    stroke.span(511, 508, 515);
    const runs = stroke.patch();
    expect(runs.map(({ y, x, length }) => [y, x, length])).toEqual([[511, 505, 7], [511, 512, 8], [512, 505, 7], [512, 512, 8], [600, 505, 7], [600, 512, 8]]);
    const back = new Stroke(store, () => 0);
    back.runs(invert(runs));
    expect([store.numberAt(511, 506), back.patch()]).toEqual([0, invert(runs)]);
  });

  it("follow the rule, stay inside, and can be given up", () => {
    const store = fresh(700, 600);
    new Stroke(store, () => 3).span(10, 20, 30);
    const stroke = new Stroke(store, (old) => (old === 0 ? 4 : old));
    stroke.span(10, -50, 900);
    stroke.span(-1, 0, 5);
    stroke.span(600, 0, 5);
    expect(stroke.patch().map(({ x, length }) => [x, length])).toEqual([[0, 20], [30, 482], [512, 188]]);
    stroke.revert();
    expect([store.numberAt(10, 5), store.numberAt(10, 25), stroke.isEmpty]).toEqual([0, 3, true]);
  });

  it("hold their tiles until they are kept or given up: nothing that is fetched meanwhile takes them away", () => {
    const store = fresh(512, 512);
    const [kept, given] = [new Stroke(store, () => 6), new Stroke(store, () => 7)];
    kept.span(3, 0, 9);
    expect(store.get(0, 0, 0)!.held).toBe(true);
    kept.release();
    expect([store.get(0, 0, 0)!.held, kept.patch().length]).toEqual([false, 1]);
    given.span(4, 0, 9);
    given.revert();
    expect([store.get(0, 0, 0)!.held, store.numberAt(4, 2)]).toEqual([false, 0]);
  });

  it("tell which tiles were not there", () => {
    const stroke = new Stroke(new TileStore(1024, 512, 2), () => 1);
    stroke.span(0, 500, 520);
    expect([[...stroke.missing], stroke.patch()]).toEqual([["0,0", "0,1"], []]);
  });
});

describe("regions", () => {
  const window = (rows: string[]) => ({ width: rows[0].length, height: rows.length, numbers: Uint32Array.from(rows.join(""), Number) });

  it("components touch by sides, not by corners", () => {
    const at = window(["110", "001", "011"]);
    expect(components(at, (place) => at.numbers[place] === 1).sizes).toEqual([0, 2, 3]);
  });

  it("holes are background that the instance closes in; others' pixels are none", () => {
    const at = window(["000000", "011110", "010210", "011110", "000010"]);
    expect(holes(at, 1)).toEqual([14]);
    expect(holes(window(["00000", "01110", "01000", "01110", "00000"]), 1)).toEqual([]);
  });

  it("a cut parts an instance, its own pixels go to the nearest part", () => {
    const at = window(["1111111", "1111111"]);
    const [smaller, ...others] = split(at, 1, new Set([2, 9]));
    expect([smaller.slice().sort((a, b) => a - b).slice(0, 2), others]).toEqual([[0, 1], []]);
    expect(smaller.length).toBeLessThan(7);
    expect(split(at, 1, new Set([2]))).toEqual([]);
  });
});

describe("instances", () => {
  const row = { number: 70001, kind: 2, state: 0, flags: 0, confidence: 0.5, changed_seq: 12, area: 4, sum_y: 0, sum_x: 0, top: 0, left: 0, bottom: 1, right: 4, rep_y: 0, rep_x: 1 };

  it("take rows, grow, and tell what an edit must have seen", () => {
    const all = new Instances();
    for (let i = 1; i <= 3000; i++) all.put({ ...row, number: i });
    all.put({ number: 5, area: 0 });
    expect([all.count, all.alive, all.has(5), all.of("confidence", 4), all.largest]).toEqual([3000, 2999, false, 0.5, 3000]);
    expect(all.seen([4, 5, 9999])).toEqual([{ number: 4, seen: 12 }]);
  });

  it("follow a patch and its inverse to the same area and sums", () => {
    const all = new Instances();
    all.put(row);
    const runs = [{ y: 2, x: 3, length: 4, old: 70001, new: 8 }, { y: 3, x: 3, length: 2, old: 0, new: 8 }];
    follow(all, runs);
    expect((["area", "sum_y", "sum_x", "top", "left", "bottom", "right"] as const).map((name) => all.of(name, 8))).toEqual([6, 14, 25, 2, 3, 4, 7]);
    expect(Number.isNaN(all.of("confidence", 8))).toBe(true);
    follow(all, invert(runs));
    expect([all.of("area", 70001), all.of("sum_x", 70001), all.has(8)]).toEqual([4, 0, false]);
  });
});

it("the list: filters, order either way, unknown values last, ties in order, 100,000 rows quickly", () => {
  const columns: Record<string, ArrayLike<number>> = { size: [5, NaN, 1, 9, 5], area: [1, 1, 1, 1, 0] };
  const look = (name: string) => columns[name];
  expect([...arrange(columns.area, [], "size", false, look)]).toEqual([2, 0, 3, 1]);
  expect([...arrange(columns.area, [], "size", true, look)]).toEqual([3, 0, 2, 1]);
  expect([...arrange(columns.area, [{ column: "size", least: 2, most: null }], "size", false, look)]).toEqual([0, 3]);
  const many = Float64Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 100_003);
  const begun = performance.now();
  expect(arrange(many, [{ column: "many", least: 10, most: 99_000 }], "many", true, () => many).length).toBeGreaterThan(90_000);
  expect(performance.now() - begun).toBeLessThan(1500);
});
