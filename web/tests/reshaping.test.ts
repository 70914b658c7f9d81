import { describe, expect, it } from "vitest";
import { flood, grown, shrunk, smoothed } from "../src/annotate/reshaping";
import { fittingRange } from "../src/canvas/levels";

const window = (rows: string[]) => ({ width: rows[0].length, height: rows.length, numbers: Uint32Array.from(rows.join(""), Number) });
/** The window after a change, as rows of text. */
function after(rows: string[], change: { gained: number[]; lost: number[] }): string[] {
  const now = [...rows.join("")];
  for (const place of change.gained) now[place] = "1";
  for (const place of change.lost) now[place] = "0";
  return rows.map((row, y) => now.slice(y * row.length, (y + 1) * row.length).join(""));
}

describe("outlines", () => {
  it("grow over whatever is beside them: what may be taken is said by the mode", () => {
    const rows = ["00000", "00102", "00000"];
    expect(after(rows, grown(window(rows), 1))).toEqual(["00100", "01112", "00100"]);
  });

  it("shrink, but not from the border of the picture, and never to nothing", () => {
    const rows = ["01110", "01110", "01110", "00000"];
    expect(after(rows, shrunk(window(rows), 1))).toEqual(["00100", "00100", "00000", "00000"]);
    expect(shrunk(window(["000", "010", "000"]), 1)).toEqual({ gained: [], lost: [] });
  });

  it("smoothed lose spikes and notches and keep their place", () => {
    const disc = (x: number, y: number) => (x - 20) ** 2 + (y - 20) ** 2 <= 144;
    const is = (x: number, y: number) => (disc(x, y) && !(x === 20 && y < 12)) || (y === 20 && x >= 32 && x < 38);
    const rows = Array.from({ length: 41 }, (_, y) => Array.from({ length: 41 }, (_, x) => +is(x, y)).join(""));
    const now = after(rows, smoothed(window(rows), 1, 3));
    let wrong = 0;
    now.forEach((row, y) => [...row].forEach((each, x) => (wrong += +(each === "1") === +disc(x, y) ? 0 : 1)));
    expect(now[20].slice(33)).toBe("00000000");
    expect(now[10][20]).toBe("1");
    expect(wrong).toBeLessThan(16);
  });

  it("a straight border of the picture does not shrink what lies at it", () => {
    const rows = Array(12).fill("111111000000");
    expect(smoothed(window(rows), 1, 3)).toEqual({ gained: [], lost: [] });
  });
});

it("the wand stops where the brightness does, and where another object begins", () => {
  const grey = Uint8Array.from({ length: 20 * 10 }, (_, place) => (place % 20 < 8 ? 50 : 150));
  const numbers = new Uint32Array(200);
  const found = flood(grey, { width: 20, height: 10, numbers }, 0, 20);
  expect(found.length).toBe(70); // seven columns: the eighth is mixed by the mean of its neighbours
  expect(flood(grey, { width: 20, height: 10, numbers }, 0, 255).length).toBe(200);
  numbers.fill(3, 100);
  expect(flood(grey, { width: 20, height: 10, numbers }, 0, 255).length).toBe(100);
});

it.each([
  [[10, 20, 30], { low: 10 / 255, high: 30 / 255 }],
  [[77], { low: 0, high: 1 }],
])("contrast fits %j", (values, wanted) => {
  expect(fittingRange(Uint8Array.from({ length: 900 }, (_, i) => values[i % values.length]))).toEqual(wanted);
  expect(fittingRange(Uint8Array.from({ length: 1001 }, (_, i) => (i === 0 ? 255 : values[i % values.length])))).toEqual(wanted);
});
