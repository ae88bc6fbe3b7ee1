// Texts in the chosen language.

import { whole } from "./format";
import { en, type Key } from "./locale/en";
import { zh } from "./locale/zh";
import type { Lang } from "./state";

const tables = { en, zh };

export type { Key };

export const isKey = (key: string): key is Key => key in en;

/** The browser's language, where it is one of ours. */
export function browserLang(languages: readonly string[]): Lang {
  for (const l of languages) {
    if (l.toLowerCase().startsWith("zh")) return "zh";
    if (l.toLowerCase().startsWith("en")) return "en";
  }
  return "en";
}

/** The text of a key with its {places} filled. */
export function text(lang: Lang, key: Key, values: Record<string, string | number> = {}): string {
  return tables[lang][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The text of a word from the API, such as a scene; the word itself when it is new to this page. */
export function word(lang: Lang, group: string, value: string): string {
  return tables[lang][`${group}.${value}` as Key] ?? (value || "–");
}

/** A scene's name; nothing for an unknown one, which would only be noise. */
export const sceneName = (lang: Lang, scene: string) => (scene === "unknown" ? "" : word(lang, "scene", scene));

/** A venue's part: "lifts", "basement", "floors 11–20", or a venue's own name. */
export function partName(lang: Lang, part: string): string {
  const floors = /^floors (?<floors>.+)$/.exec(part);
  return floors ? text(lang, "part.floors", { floors: floors.groups?.floors ?? "" }) : word(lang, "part", part);
}

// Notes of the API that this page can say in its language; the others stay as they are.
const notes: [RegExp, Key][] = [
  [/^Filtered from the latest run/, "note.filtered"],
  [/^(?<n>\d+) of (?<all>\d+) calls have neither a position nor a radio cell/, "note.unlocated"],
  [/^(?<n>\d+) of (?<all>\d+) complaints are about other things/, "note.offTopic"],
  [/^traffic counters are not used under a filter/, "note.countersFiltered"],
  [/^exposure from traffic counters of (?<n>\d+) radio cells/, "note.counters"],
  [/^no exposure data: ranked on counts/, "note.counts"],
  [/^too few bad calls to learn/, "note.few"],
  [/^(?<share>\d+) % of the places lie above/, "note.wide"],
  [/^records of the window have changed since run/, "note.changed"],
  [/^it is no hotspot any more/, "note.gone"],
  [/^it is beyond rank (?<n>\d+)/, "note.unstable"],
  [/^The first (?<shown>\d+) of (?<found>\d+) hotspots/, "note.top"],
];

/** A note of the API in the chosen language where it is a known one. */
export function note(lang: Lang, english: string): string {
  for (const [pattern, key] of notes) {
    const match = pattern.exec(english);
    if (match) return text(lang, key, Object.fromEntries(Object.entries(match.groups ?? {}).map(([name, digits]) => [name, whole(Number(digits), lang)])));
  }
  return english;
}
