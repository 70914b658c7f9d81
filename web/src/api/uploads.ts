/** Resumable uploads (tus 1.0): a file that was cut off goes on where it stopped. */
import { BASE } from "./http";

const PART_BYTES = 4 * 2 ** 20;

export async function upload(file: File, project: number, onProgress: (share: number) => void): Promise<void> {
  const { Upload } = await import("tus-js-client");
  await new Promise<void>((resolve, reject) => {
    const sending = new Upload(file, {
      endpoint: `${BASE}/uploads`,
      chunkSize: PART_BYTES,
      retryDelays: [0, 500, 1500, 4000, 8000],
      removeFingerprintOnSuccess: true,
      metadata: { filename: file.name, filetype: file.type || "application/octet-stream", project: String(project), purpose: "image" },
      onProgress: (sent, total) => onProgress(total ? sent / total : 1),
      onSuccess: () => resolve(),
      onError: reject,
    });
    sending.findPreviousUploads().then((earlier) => {
      if (earlier.length) sending.resumeFromPreviousUpload(earlier[0]);
      sending.start();
    }, reject);
  });
}
