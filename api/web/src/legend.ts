import type { Actions, Model } from "./app";
import { el } from "./dom";
import { percent, percentInterval, whole } from "./format";
import { fewColour, fewestCalls, limitsOf, overallRate, ramps } from "./scale";
import type { Metric } from "./state";
import { text } from "./text";
import type { CellProperties } from "./types";

/** What the map knows about the cells it draws. */
export interface CellsInfo {
  resolution: number;
  count: number;
  truncated: boolean;
}

/** Mean width of an H3 cell, flat to flat, from its mean edge length (h3geo.org, table of cell statistics). */
const edgeMetres = [1107713, 418676, 158245, 59811, 22606, 8544, 3229, 1221, 461, 174, 66, 25];

function width(resolution: number): string {
  const m = (edgeMetres[resolution] ?? 0) * Math.sqrt(3);
  return m >= 1000 ? `${(m / 1000).toPrecision(2)} km` : `${Math.round(m / 10) * 10} m`;
}

/** Colour scale with units, the switch of the measure, and what lies under the pointer. */
export function legend(m: Model, act: Actions, info: CellsInfo | null, cell: CellProperties | null): HTMLElement {
  const { lang, theme } = m;
  const metric = m.state.metric;
  const choice = (value: Metric) => {
    const input = el("input", { type: "radio", name: "metric", value, checked: value === metric });
    input.addEventListener("change", () => act.change({ metric: value }));
    return el("label", {}, input, el("span", {}, text(lang, `map.metric.${value}`)));
  };
  const overall = overallRate(m.ranking?.run);
  const limits = limitsOf(metric, overall);
  const label = (v: number) => (metric === "rate" ? String(Number((v * 100).toPrecision(2))) : whole(v, lang));
  const swatch = (colour: string) => {
    const s = el("span", { class: "swatch" });
    s.style.background = colour;
    return s;
  };
  return el(
    "section",
    { class: "legend", "aria-label": text(lang, "map.colour") },
    el("div", { class: "measure", role: "radiogroup", "aria-label": text(lang, "map.colour") }, choice("rate"), choice("hurt")),
    el("div", { class: "ramp" }, ...ramps[theme].map((colour, i) => el("span", { class: "step" }, swatch(colour), el("span", { class: "tick" }, i === 0 ? "0" : label(limits[i - 1] ?? 0))))),
    el("p", { class: "unit" }, text(lang, `map.unit.${metric}`)),
    metric === "rate" && m.ranking?.run && el("p", {}, text(lang, "map.overall", { rate: percent(overall, lang) })),
    metric === "rate" && el("p", { class: "few" }, swatch(fewColour[theme]), " ", text(lang, "map.few", { n: fewestCalls })),
    el("p", {}, text(lang, "map.size")),
    info && el("p", {}, info.count === 0 ? text(lang, "map.noCells") : text(lang, "map.resolution", { r: info.resolution, size: width(info.resolution) })),
    info?.truncated && el("p", { class: "note" }, text(lang, "map.truncated")),
    cell &&
      el(
        "div",
        { class: "readout" },
        el("p", {}, el("b", {}, text(lang, "map.cellCalls", { calls: whole(cell.calls, lang), bad: whole(cell.bad, lang) }))),
        el("p", {}, text(lang, "map.cellRate", { rate: percent(cell.rate, lang), interval: percentInterval(cell.rate_lower, cell.rate_upper, lang) })),
        el("p", {}, text(lang, "map.cellHurt", { hurt: whole(cell.hurt, lang), customers: whole(cell.customers, lang) })),
        el("p", { class: "faint" }, text(lang, "map.cell", { id: cell.cell })),
      ),
  );
}
