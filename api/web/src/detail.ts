import { nameOf, regionNames, type Actions, type Model } from "./app";
import { course, topOf } from "./chart";
import { button, el } from "./dom";
import { explanationView } from "./explanation";
import { amount, day, decimal, interval, percent, percentInterval, pValue, times, whole } from "./format";
import { isKey, partName, sceneName, text, word, type Key } from "./text";
import type { Hotspot } from "./types";

/** All figures of one hotspot with their units and definitions. */
export function detailView(m: Model, act: Actions, h: Hotspot): HTMLElement {
  const lang = m.lang;
  const t = (key: Key, values?: Record<string, string | number>) => text(lang, key, values);
  const n = (value: number) => whole(value, lang);

  const figure = (key: string, value: string | HTMLElement, unit = "", strong = false) => {
    const means = `figure.${key}.means`;
    return el(
      "div",
      { class: strong ? "figure strong" : "figure" },
      el("dt", {}, t(`figure.${key}` as Key)),
      el("dd", {}, value, unit && el("span", { class: "unit" }, ` ${unit}`)),
      isKey(means) && el("dd", { class: "means" }, t(means)),
    );
  };
  const section = (title: Key, unit: Key | "", ...children: (HTMLElement | null)[]) =>
    el("section", {}, el("h3", {}, t(title), unit && el("span", { class: "unit" }, ` ${t(unit)}`)), ...children);
  const figures = (...children: (HTMLElement | null | false)[]) => el("dl", {}, ...children);

  const ratio = times(h.rate.value, h.rate.reference);
  const all = m.ranking?.hotspots ?? [];
  const at = all.findIndex((x) => x.id === h.id);
  const step = (by: number, label: Key, sign: string) => {
    const target = all[at + by];
    return button({ class: "icon", "aria-label": t(label), title: t(label), disabled: !target }, () => target && act.select(target.id, "detail"), sign);
  };
  const heading = el("h2", { tabindex: -1 }, el("span", { class: "rank" }, n(h.rank)), nameOf(m, h));
  const panel = el(
    "aside",
    { class: "detail", "aria-label": nameOf(m, h) },
    el(
      "header",
      {},
      button({ class: "icon back", "aria-label": t("detail.back"), title: t("detail.back") }, () => act.select("", "detail"), "←"),
      step(-1, "detail.previous", "↑"),
      step(1, "detail.next", "↓"),
      copyLink(m),
      el("a", { class: "quiet", href: jsonLink(m, h), target: "_blank", rel: "noopener" }, t("detail.json")),
      button({ class: "icon close", "aria-label": t("detail.close"), title: t("detail.close") }, () => act.select("", "detail"), "×"),
    ),
    heading,
    el("p", { class: "faint" }, [sceneName(lang, h.scene), regionNames(m, h.region)].filter(Boolean).join(" · ")),
    cause(m, h),
    section(
      "detail.impact",
      "unit.weighted",
      figures(
        figure("avoidable", amount(h.impact.avoidable, lang), "", true),
        figure("interval", interval(amount(h.impact.lower, lang), amount(h.impact.upper, lang))),
        figure("total", amount(h.impact.total, lang)),
      ),
    ),
    section(
      "detail.customers",
      "",
      figures(
        figure("hurt", n(h.customers.hurt), t("unit.customers"), true),
        figure("served", n(h.customers.served), t("unit.customers")),
        figure("keyAccounts", n(h.customers.key_accounts), t("unit.customers")),
      ),
    ),
    section(
      "detail.rate",
      "unit.rate",
      figures(
        figure("rate", percent(h.rate.value, lang), ratio && t("detail.times", { ratio }), true),
        figure("rateInterval", percentInterval(h.rate.lower, h.rate.upper, lang)),
        figure("reference", percent(h.rate.reference, lang)),
      ),
    ),
    explanationView(m, h),
    section("detail.trend", "", trendChart(m, h), figures(figure("trendClass", word(lang, "trend", h.trend.class)), figure("firstSeen", h.trend.first_seen || "–"))),
    section(
      "detail.events",
      "",
      figures(
        ...(["dropped", "perceived", "blocked", "poor"] as const).map((k) => figure(k, n(h.events[k]), t("unit.calls"))),
        figure("complaints", n(h.events.complaints), t("unit.records")),
        figure("appeals", n(h.events.appeals), t("unit.records")),
      ),
    ),
    section("detail.significance", "", figures(figure("giZ", decimal(h.significance.gi_z)), figure("p", pValue(h.significance.p_adjusted)))),
    section(
      "detail.place",
      "",
      figures(
        figure("kind", word(lang, "kind", h.place.kind)),
        h.place.venue_id ? figure("venue", h.place.venue_id) : null,
        h.place.ref ? figure("segment", `${h.place.ref} ${stretch(h)}`) : null,
        h.place.parts?.length ? figure("parts", h.place.parts.map((p) => partName(lang, p)).join(", ")) : null,
        h.place.cells?.length ? figure("cells", el("code", {}, h.place.cells.join(" "))) : null,
        figure("region", regionNames(m, h.region) || "–"),
      ),
    ),
    section(
      "detail.status",
      "",
      figures(
        figure("state", word(lang, "life", h.state)),
        h.sla && figure("due", day(h.sla.due), h.sla.breached ? t("figure.breached") : ""),
        h.history ? figure("history", word(lang, "course", h.history.course), t("figure.runs", { n: n(h.history.runs) })) : null,
        figure("id", el("code", {}, h.id)),
        figure("run", el("code", {}, h.run)),
        figure("method", h.method),
      ),
    ),
  );
  panel.addEventListener("keydown", (e) => {
    if (e.key === "Escape") act.select("", "detail");
  });
  return panel;
}

function stretch(h: Hotspot): string {
  const { km_from, km_to } = h.place;
  return km_from === undefined ? "" : km_to === undefined ? `K${km_from}` : `K${km_from}–K${km_to}`;
}

function jsonLink(m: Model, h: Hotspot): string {
  const query = new URLSearchParams(Object.entries({ window: m.state.window, region: m.state.region, scene: m.state.scene, rat: m.state.rat }).filter(([, v]) => v));
  return `/api/v1/hotspots/${encodeURIComponent(h.id)}${query.size ? `?${query}` : ""}`;
}

function copyLink(m: Model): HTMLElement {
  const b = button({ class: "quiet" }, async () => {
    await navigator.clipboard.writeText(location.href);
    b.textContent = text(m.lang, "detail.linkCopied");
  }, text(m.lang, "detail.link"));
  return b;
}

function cause(m: Model, h: Hotspot): HTMLElement | null {
  const lang = m.lang;
  const sentence = lang === "zh" ? h.cause.sentence_zh || h.cause.sentence : h.cause.sentence;
  const evidence = h.cause.evidence ?? [];
  if (!sentence && evidence.length === 0) return null;
  const head = (["property", "share", "normal", "logOdds"] as const).map((k) => el("th", { scope: "col" }, text(lang, `detail.${k}`)));
  return el(
    "section",
    { class: "cause" },
    el("h3", {}, text(lang, "detail.cause")),
    sentence ? el("p", {}, sentence) : null,
    evidence.length > 0 &&
      el(
        "table",
        {},
        el("caption", {}, text(lang, "detail.evidence")),
        el("thead", {}, el("tr", {}, ...head)),
        el(
          "tbody",
          {},
          ...evidence.map((e) =>
            el(
              "tr",
              {},
              el("th", { scope: "row" }, el("span", { class: "faint" }, word(lang, "property", e.property)), el("b", {}, e.property === "rat" ? e.value.toUpperCase() : word(lang, e.property, e.value))),
              el("td", {}, percent(e.share, lang)),
              el("td", {}, percent(e.normal, lang)),
              el("td", {}, decimal(e.log_odds), " ", el("span", { class: "faint" }, `(${interval(decimal(e.lower), decimal(e.upper))})`)),
            ),
          ),
        ),
      ),
  );
}

function trendChart(m: Model, h: Hotspot): HTMLElement | null {
  const weeks = h.trend.weeks ?? [];
  if (weeks.length === 0) return null;
  const lang = m.lang;
  return el(
    "figure",
    { class: "trend" },
    el("div", { class: "scale" }, el("span", {}, percent(topOf(weeks, h.rate.reference), lang)), el("span", {}, "0")),
    course(weeks, h.rate.reference, { width: 300, height: 84, label: text(lang, "list.trendLabel", { n: weeks.length }) }),
    el("figcaption", { class: "faint" },
      el("span", {}, weeks[0]?.start ?? ""),
      h.rate.reference === null ? null : el("span", {}, `- - ${text(lang, "detail.reference")} ${percent(h.rate.reference, lang)}`),
      el("span", {}, weeks.at(-1)?.start ?? "")),
  );
}
