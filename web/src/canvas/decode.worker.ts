import { readFrames } from "./frames";

onmessage = ({ data: { id, body } }: MessageEvent<{ id: number; body: ArrayBuffer }>) => {
  try {
    const frames = readFrames(body);
    postMessage({ id, frames }, { transfer: frames.map((frame) => frame.numbers.buffer) });
  } catch (fault) {
    postMessage({ id, fault: (fault as Error).message });
  }
};
