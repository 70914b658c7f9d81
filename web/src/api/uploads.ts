/** Resumable uploads (tus 1.0): a file that was cut off goes on where it stopped. */
import { BASE } from "./http";

const PART_BYTES = 4 * 2 ** 20;

/** Send a file; the number of the upload. An `archive` waits for a job that takes it, an `image` is read at once. */
export async function upload(file: File, project: number, onProgress: (share: number) => void, purpose: "image" | "archive" = "image"): Promise<number> {
  const { Upload } = await import("tus-js-client");
  return new Promise<number>((resolve, reject) => {
    const sending = new Upload(file, {
      endpoint: `${BASE}/uploads`,
      chunkSize: PART_BYTES,
      retryDelays: [0, 500, 1500, 4000, 8000],
      removeFingerprintOnSuccess: true,
      metadata: { filename: (purpose === "archive" && file.webkitRelativePath) || file.name, filetype: file.type || "application/octet-stream", project: String(project), purpose },
      onProgress: (sent, total) => onProgress(total ? sent / total : 1),
      onSuccess: () => resolve(Number(sending.url?.split("/").at(-1))),
      onError: reject,
    });
    sending.findPreviousUploads().then((earlier) => {
      if (earlier.length) sending.resumeFromPreviousUpload(earlier[0]);
      sending.start();
    }, reject);
  });
}
