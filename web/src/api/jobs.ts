/** Jobs: start one and follow it to its end, by events where they come and by asking where they don't. */
import { get, post } from "./http";
import type { Job } from "./types";

const ASK_MS = 1200;
export const isOver = (job: Job): boolean => job.state === "done" || job.state === "failed" || job.state === "cancelled";

export function start(project: number, kind: string, params: object): Promise<Job> {
  return post<Job>(`/projects/${project}/jobs`, { kind, params });
}

/** Resolves with the ended job; `onChange` hears of each step. */
export async function follow(job: Job, onChange: (job: Job) => void): Promise<Job> {
  let now = job;
  for (onChange(now); !isOver(now); onChange(now)) {
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    now = await get<Job>(`/jobs/${job.id}`).catch(() => now);
  }
  return now;
}

/** Let an ended job begin again; a training goes on from its checkpoint. */
export const retry = (job: Job): Promise<Job> => post<Job>(`/jobs/${job.id}/retry`);
export const cancel = (job: Job): Promise<unknown> => post(`/jobs/${job.id}/cancel`);
