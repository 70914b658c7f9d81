/** Texts in the reader's language: `t("images.count", { n })`. Keys are typed; plural forms stand as `one | other`. */
import english from "../../messages/en.json";
import chinese from "../../messages/zh.json";

export type Key = keyof typeof english;
export type Language = "en" | "zh";
const TEXTS: Record<Language, Record<Key, string>> = { en: english, zh: chinese };
const KEPT = "uniaims.language";

function first(): Language {
  const kept = localStorage.getItem(KEPT);
  return kept === "en" || kept === "zh" ? kept : navigator.language.startsWith("zh") ? "zh" : "en";
}

export const language = $state({ is: first() });

export function speak(which: Language): void {
  language.is = which;
  localStorage.setItem(KEPT, which);
  document.documentElement.lang = which;
}

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(TEXTS[language.is][key], values, language.is);
}

/** The code of an error as text; null where there is no text for it. */
export function known(key: string): Key | null {
  return key in english ? (key as Key) : null;
}

/** Put values in; of `one | other` the form that `n` takes. */
export function fill(text: string, values: Record<string, string | number>, which: Language): string {
  const forms = text.split(" | ");
  const form = forms.length > 1 && new Intl.PluralRules(which).select(Number(values.n)) === "other" ? forms[1] : forms[0];
  return form.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === "number" ? value.toLocaleString(which) : String(value ?? "");
  });
}
