/** Frames: label tiles as runs. A tile is 512 x 512 numbers, row by row from the top. */
export const SIDE = 512;
export const TILE_PX = SIDE * SIDE;
const MAGIC = 0x00314c55; // "UL1\0" read as a little-endian number
const HEADER_BYTES = 28;

export interface Frame {
  level: number;
  y: number;
  x: number;
  head: number;
  numbers: Uint32Array<ArrayBuffer>;
}

export function readFrames(body: ArrayBuffer): Frame[] {
  const view = new DataView(body);
  const frames: Frame[] = [];
  for (let place = 0; place < body.byteLength; ) {
    const bytes = view.getUint32(place, true);
    frames.push(readFrame(view, place + 4, bytes));
    place += 4 + bytes;
  }
  return frames;
}

function readFrame(view: DataView, place: number, bytes: number): Frame {
  if (bytes < HEADER_BYTES || place + bytes > view.byteLength) throw new Error("A label tile came cut off.");
  if (view.getUint32(place, true) !== MAGIC) throw new Error("A label tile came in an unknown form: load the page again.");
  const runs = view.getUint32(place + 24, true);
  if (HEADER_BYTES + runs * 8 !== bytes) throw new Error("A label tile came with another number of runs than it says.");
  return {
    level: view.getUint8(place + 4),
    y: view.getUint32(place + 8, true),
    x: view.getUint32(place + 12, true),
    head: Number(view.getBigUint64(place + 16, true)),
    numbers: readRuns(view, place + HEADER_BYTES, runs),
  };
}

function readRuns(view: DataView, place: number, runs: number): Uint32Array<ArrayBuffer> {
  const numbers = new Uint32Array(TILE_PX);
  let filled = 0;
  for (let i = 0; i < runs; i++, place += 8) {
    const length = view.getUint32(place, true);
    if (filled + length > TILE_PX) throw new Error("A label tile came with more pixels than a tile has.");
    numbers.fill(view.getUint32(place + 4, true), filled, filled + length);
    filled += length;
  }
  if (filled !== TILE_PX) throw new Error("A label tile came with fewer pixels than a tile has.");
  return numbers;
}
