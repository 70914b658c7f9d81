/** A patch: runs of pixels with the old and the new number, in raster order. LEB128 numbers, zlib, base64 on the way. */
export interface Run {
  y: number;
  x: number;
  length: number;
  old: number;
  new: number;
}

/** Five numbers a run: rows down, columns from the end of the run before (from 0 in another row), length, old, new. */
export function encodeRuns(runs: Run[]): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  const put = (value: number) => {
    for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
    bytes.push(value);
  };
  let [row, column] = [0, 0];
  for (const run of runs) {
    if (run.y !== row) column = 0;
    put(run.y - row);
    put(run.x - column);
    put(run.length);
    put(run.old);
    put(run.new);
    [row, column] = [run.y, run.x + run.length];
  }
  return Uint8Array.from(bytes);
}

export function decodeRuns(bytes: Uint8Array): Run[] {
  let place = 0;
  const take = () => {
    let [value, scale] = [0, 1];
    for (;;) {
      if (place >= bytes.length) throw new Error("A patch came cut off.");
      const byte = bytes[place++];
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return value;
    }
  };
  const runs: Run[] = [];
  let [y, end] = [0, 0];
  while (place < bytes.length) {
    const down = take();
    y += down;
    const x = take() + (down === 0 ? end : 0);
    const run = { y, x, length: take(), old: take(), new: take() };
    end = x + run.length;
    runs.push(run);
  }
  return runs;
}

export const invert = (runs: Run[]): Run[] => runs.map((run) => ({ ...run, old: run.new, new: run.old }));

async function through(stream: CompressionStream | DecompressionStream, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/** As the server takes it: base64 of zlib. */
export async function pack(runs: Run[]): Promise<string> {
  const bytes = await through(new CompressionStream("deflate"), encodeRuns(runs));
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

export async function unpack(patch: string): Promise<Run[]> {
  const bytes = Uint8Array.from(atob(patch), (letter) => letter.charCodeAt(0));
  return decodeRuns(await through(new DecompressionStream("deflate"), bytes));
}
