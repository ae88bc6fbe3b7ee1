import type { Actions, Model } from "./app";
import { button, el } from "./dom";
import { rats, scenes, windows } from "./state";
import { text, word, type Key } from "./text";

type FilterKey = "window" | "region" | "scene" | "rat";

/** The filter bar. */
export function filterBar(m: Model, act: Actions): HTMLElement {
  const choice = (key: FilterKey, options: [string, string][]) => {
    const select = el("select", { id: `filter-${key}`, name: key });
    if (!options.some(([value]) => value === m.state[key])) options.push([m.state[key], m.state[key]]);
    for (const [value, label] of options) {
      select.append(el("option", { value, selected: value === m.state[key] }, label));
    }
    select.addEventListener("change", () => act.change({ [key]: select.value, hotspot: "", view: null }));
    return el("label", { class: m.state[key] ? "filter set" : "filter" }, el("span", {}, text(m.lang, `filter.${key}`)), select);
  };
  const active = (["window", "region", "scene", "rat"] as const).some((k) => m.state[k] !== "");
  return el(
    "form",
    { class: "filters", "aria-label": text(m.lang, "list.title") },
    choice("window", windows.map((w) => [w, text(m.lang, `filter.window.${w}` as Key)])),
    choice("region", [["", text(m.lang, "filter.regionAll")], ...regionTree(m)]),
    choice("scene", [["", text(m.lang, "filter.sceneAll")], ...scenes.map((s): [string, string] => [s, word(m.lang, "scene", s)])]),
    choice("rat", [["", text(m.lang, "filter.ratAll")], ...rats.map((r): [string, string] => [r, r.toUpperCase()])]),
    active && button({ class: "quiet" }, () => act.change({ window: "", region: "", scene: "", rat: "", hotspot: "", view: null }), text(m.lang, "filter.reset")),
  );
}

/** Regions in tree order, indented by depth. */
export function regionTree(m: Pick<Model, "regions" | "lang">): [string, string][] {
  const known = new Set(m.regions.map((r) => r.code));
  const out: [string, string][] = [];
  const walk = (parent: string, depth: number) => {
    m.regions
      .filter((r) => (known.has(r.parent) ? r.parent : "") === parent && r.code !== parent)
      .sort((a, b) => a.code.localeCompare(b.code))
      .forEach((r) => {
        out.push([r.code, "\u2003".repeat(depth) + r.name]);
        walk(r.code, depth + 1);
      });
  };
  walk("", 0);
  return out;
}
