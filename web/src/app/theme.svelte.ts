/** Light, dark, or as the system has it. */
export type Theme = "system" | "light" | "dark";
const KEPT = "uniaims.theme";
const kept = localStorage.getItem(KEPT);

export const theme = $state<{ is: Theme }>({ is: kept === "light" || kept === "dark" ? kept : "system" });

export function wear(which: Theme): void {
  theme.is = which;
  localStorage.setItem(KEPT, which);
  document.documentElement.dataset.theme = which;
}
