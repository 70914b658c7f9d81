/** Columns as the server packs them: a JSON header, then little-endian arrays, each 8-byte aligned. */
export type Numbers = Uint8Array | Uint32Array | Int32Array | Float32Array | Float64Array;
export interface Fact {
  column: string;
  name: string;
  label: string;
  unit: string;
}
export interface Columns {
  count: number;
  seq: number;
  facts: Fact[];
  values: Map<string, Numbers>;
}

/** 64-bit integers become float64: exact below 2^53, which edits and sums never reach. */
export function readColumns(body: ArrayBuffer): Columns {
  const bytes = new DataView(body).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, bytes)));
  const values = new Map<string, Numbers>();
  for (const { name, type, offset } of header.columns) values.set(name, column(body, type, 4 + bytes + offset, header.count));
  return { count: header.count, seq: header.seq ?? 0, facts: header.facts ?? [], values };
}

function column(body: ArrayBuffer, type: string, offset: number, count: number): Numbers {
  switch (type) {
    case "u1":
      return new Uint8Array(body, offset, count);
    case "u4":
      return new Uint32Array(body, offset, count);
    case "i4":
      return new Int32Array(body, offset, count);
    case "f4":
      return new Float32Array(body, offset, count);
    case "f8":
      return new Float64Array(body, offset, count);
    case "u8":
      return Float64Array.from(new BigUint64Array(body, offset, count), Number);
    case "i8":
      return Float64Array.from(new BigInt64Array(body, offset, count), Number);
  }
  throw new Error(`The server sent a column of type "${type}", which this page does not know: load the page again.`);
}
