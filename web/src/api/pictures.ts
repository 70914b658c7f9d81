/** Images that are just being read: wait until they can be opened. */
import { ApiError, get } from "./http";
import type { Picture } from "./types";

const [SOONEST_MS, LATEST_MS] = [200, 2000];
const isOpenable = (picture: Picture): boolean => picture.state === "ready" && picture.layer_id !== null;

/**
 * The image as soon as it can be opened, or null when `signal` ended the wait. While it is read, `onWait` hears of it,
 * and a server that is away for a moment is asked again. An `ApiError` where the image can't be read or is not there.
 */
export async function whenReady(id: number, signal: AbortSignal, onWait: (picture: Picture) => void): Promise<Picture | null> {
  let picture = await get<Picture>(`/images/${id}`);
  for (let pause = SOONEST_MS; !isOpenable(picture); pause = Math.min(pause * 1.4, LATEST_MS)) {
    if (picture.state === "failed") throw new ApiError(409, "unreadable", picture.error);
    onWait(picture);
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (signal.aborted) return null;
    picture = await get<Picture>(`/images/${id}`).catch((fault: ApiError) => {
      if (fault.status !== 0 && fault.status !== 503) throw fault;
      return picture;
    });
  }
  return signal.aborted ? null : picture;
}
