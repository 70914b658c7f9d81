// Arrays out of the page: the inverse of array_encoding.py.
const arrayEncoding = (() => {
  const types = {
    int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array, float32: Float32Array,
  };

  async function inflate(base64) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  async function unpackArray(packed) {
    const Type = types[packed.dtype];
    const planes = await inflate(packed.data);
    const size = Type.BYTES_PER_ELEMENT;
    const bytes = new Uint8Array(planes.length);
    for (let plane = 0, from = 0; plane < size; plane++) {
      for (let i = plane; i < bytes.length; i += size) bytes[i] = planes[from++];
    }
    return new Type(bytes.buffer);
  }

  // Gives {points: Float32Array of x, y pairs in pixels, first: index of each polygon's first point (N + 1)}.
  async function unpackOutlines(packed) {
    const [counts, startX, startY, stepX, stepY] = await Promise.all(
      ["counts", "start_x", "start_y", "step_x", "step_y"].map((key) => unpackArray(packed[key])));
    const first = new Int32Array(counts.length + 1);
    for (let i = 0; i < counts.length; i++) first[i + 1] = first[i] + counts[i];
    const points = new Float32Array(2 * first[counts.length]);
    for (let i = 0, step = 0, ox = 0, oy = 0; i < counts.length; i++) {
      ox += startX[i]; oy += startY[i];
      let x = ox, y = oy;
      for (let p = first[i]; p < first[i + 1]; p++) {
        if (p > first[i]) { x += stepX[step]; y += stepY[step]; step++; }
        points[2 * p] = x / 2; points[2 * p + 1] = y / 2;
      }
    }
    return { points, first };
  }

  return { unpackArray, unpackOutlines };
})();
