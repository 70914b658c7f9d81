/** How a person likes to work: kept in this browser. */
const KEPT = "uniaims.habits";

/** Whether single letters choose tools: they are in the way of speech input. */
export const habits = $state<{ letters: boolean }>({ letters: localStorage.getItem(KEPT) !== "no letters" });

export function useLetters(yes: boolean): void {
  habits.letters = yes;
  localStorage.setItem(KEPT, yes ? "letters" : "no letters");
}
