/** Who is signed in, what is wrong with the connection, and what a person must hear of. */
import { ApiError, get, post } from "../api/http";
import type { Session } from "../api/types";
import { known, t } from "../ui/messages.svelte";

export const session = $state<{ is: Session | null; state: "asking" | "signed-in" | "stranger" | "offline" }>({ is: null, state: "asking" });

export async function enter(token: string | null): Promise<void> {
  session.state = "asking";
  try {
    if (token) await post("/start", { token });
    session.is = await get<Session>("/session");
    session.state = "signed-in";
  } catch (fault) {
    session.state = fault instanceof ApiError && fault.status === 401 ? "stranger" : "offline";
  }
}

/** An error in the reader's language; the server's own sentence says more where we have no text for its code. */
export function wording(fault: unknown): string {
  if (!(fault instanceof ApiError)) return fault instanceof Error ? fault.message : String(fault);
  const key = known(`error.${fault.type}`);
  if (!key) return fault.detail;
  return ["invalid", "conflict", "fault", "overtaken"].includes(fault.type) && fault.detail ? `${t(key)} ${fault.detail}` : t(key);
}
