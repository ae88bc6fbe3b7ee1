import { regionNames, type Actions, type Model } from "./app";
import { ApiError } from "./client";
import { button, el } from "./dom";
import { amount, percent, whole } from "./format";
import { note, sceneName, text } from "./text";
import type { Lang } from "./state";
import type { Warning, WarningReport } from "./types";

/** A section that asks which places have got worse lately when it is opened. */
export function warningsView(m: Model, act: Actions): HTMLElement {
  const { open, report } = m.warnings;
  const lang = m.lang;
  const details = el(
    "details",
    { class: "warnings", open },
    el("summary", { id: "warnings" }, el("h3", {}, text(lang, "warn.title")), report && el("span", { class: "count" }, " ", whole(report.warnings.length, lang))),
    el("div", { "aria-live": "polite" }, ...(open ? content(m, act) : [])),
  );
  details.addEventListener("toggle", () => act.openWarnings(details.open));
  return details;
}

function content(m: Model, act: Actions): HTMLElement[] {
  const { report, error } = m.warnings;
  const lang = m.lang;
  if (error) {
    const why = error instanceof ApiError && error.code !== "offline" ? error.message : text(lang, "state.offline");
    return [el("p", {}, why), button({ id: "warnings-retry" }, () => act.openWarnings(true), text(lang, "state.retry"))];
  }
  if (!report) return [el("p", { class: "faint" }, text(lang, "warn.loading"))];
  const list = report.warnings.map((w, i) => el("li", {}, row(m, act, w, i)));
  return [
    list.length ? el("ol", { class: "alarms", "aria-label": text(lang, "warn.label") }, ...list) : el("p", {}, text(lang, "warn.none")),
    el("p", { class: "faint" }, tested(lang, report)),
    ...report.notes.map((n) => el("p", { class: "note" }, note(lang, n))),
  ];
}

function tested(lang: Lang, r: WarningReport): string {
  const places = r.regions.reduce((sum, region) => sum + region.places, 0);
  return text(lang, "warn.tested", { places: whole(places, lang), alarms: String(r.false_alarms) });
}

function row(m: Model, act: Actions, w: Warning, i: number): HTMLElement {
  const lang = m.lang;
  const name = (lang === "zh" && w.name_zh) || w.name;
  const where = [sceneName(lang, w.scene), regionNames(m, w.region?.slice(-1) ?? null)].filter((t) => t && t !== "–").join(" · ");
  return button(
    { class: "alarm", id: `alarm-${i}` },
    () => act.goTo(w.center),
    el("span", { class: "name", title: name }, w.new && el("b", { class: "new" }, text(lang, "warn.new")), name),
    el("span", { class: "faint" }, where),
    el("span", {}, text(lang, "warn.since", { since: w.since, alarm: w.alarm })),
    el("span", {}, text(lang, "warn.rate", { rate: percent(w.rate, lang), normal: percent(w.normal_rate, lang), bad: whole(w.bad_calls, lang), calls: whole(w.calls, lang), expected: amount(w.expected, lang) })),
    el("span", {}, text(lang, "warn.sure", { time: chance(lang, w.statistic) })),
  );
}

/**
 * How seldom a place that has not changed gets as far as this. The statistic R is the
 * logarithm's; on average the first day with R ≥ A comes not before A days.
 */
export function chance(lang: Lang, statistic: number): string {
  const days = Math.exp(Math.min(statistic, 40));
  if (days < 730) return text(lang, "warn.days", { n: whole(days, lang) });
  const years = days / 365.25;
  return years > 10_000 ? text(lang, "warn.manyYears", { n: whole(10_000, lang) }) : text(lang, "warn.years", { n: whole(years, lang) });
}
