/** Requests to the server: JSON in and out, errors with the code by which they are translated. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    readonly detail: string,
  ) {
    super(detail);
  }
}

export const BASE = "api/v1";

/** The answer to a request, whole; an `ApiError` where the server refuses or can't be reached (status 0, type `offline`). */
export async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const init: RequestInit = { method, headers: { ...headers }, credentials: "same-origin" };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    (init.headers as Record<string, string>)["Content-Type"] = "application/json";
  }
  const answer = await fetch(`${BASE}${path}`, init).catch((fault: Error) => {
    throw new ApiError(0, "offline", fault.message);
  });
  if (!answer.ok) throw await problem(answer);
  return answer;
}

export async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await send(method, path, body);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export const get = <T>(path: string): Promise<T> => request<T>("GET", path);
export const post = <T>(path: string, body: unknown = {}): Promise<T> => request<T>("POST", path, body);

async function problem(answer: Response): Promise<ApiError> {
  try {
    const told = await answer.json();
    return new ApiError(answer.status, String(told.type ?? "fault"), String(told.detail ?? told.title ?? answer.statusText));
  } catch {
    return new ApiError(answer.status, "fault", answer.statusText);
  }
}
