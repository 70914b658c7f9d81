/** Short messages at the foot of the page; also read aloud by screen readers. */
export interface Notice {
  id: number;
  text: string;
  tone: "plain" | "warning";
}
let last = 0;
export const notices = $state<{ all: Notice[] }>({ all: [] });

export function tell(text: string, tone: Notice["tone"] = "plain"): void {
  const id = ++last;
  notices.all = [...notices.all.slice(-2), { id, text, tone }];
  setTimeout(() => dismiss(id), tone === "warning" ? 12_000 : 5_000);
}

export function dismiss(id: number): void {
  notices.all = notices.all.filter((notice) => notice.id !== id);
}
