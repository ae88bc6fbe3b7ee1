import { type Model } from "./app";
import { ApiError, getExplanation } from "./client";
import { el } from "./dom";
import { amount, decimal, percent, whole } from "./format";
import { note, text, word, type Key } from "./text";
import type { Explanation, Hotspot } from "./types";

/** A closed section that asks for the terms behind the figures when it is opened. */
export function explanationView(m: Model, h: Hotspot): HTMLElement {
  const lang = m.lang;
  const body = el("div", { "aria-live": "polite" });
  const details = el("details", { class: "explanation" }, el("summary", {}, el("h3", {}, text(lang, "explain.title"))), body);
  let asked = false;
  details.addEventListener("toggle", async () => {
    if (!details.open || asked) return;
    asked = true;
    body.replaceChildren(el("p", { class: "faint" }, text(lang, "explain.loading")));
    try {
      const { window, region, scene, rat } = m.state;
      const answer = await getExplanation(h.id, { window, region, scene, rat });
      body.replaceChildren(
        ...(answer.explanation ? terms(m, answer.explanation) : []),
        ...answer.notes.map((n) => el("p", { class: "faint" }, note(lang, n))),
      );
    } catch (e) {
      asked = false; // opening it again tries again
      const why = e instanceof ApiError && e.code !== "offline" ? e.message : text(lang, "state.offline");
      body.replaceChildren(el("p", {}, why));
    }
  });
  return details;
}

function terms(m: Model, x: Explanation): HTMLElement[] {
  const lang = m.lang;
  const t = (key: Key, values?: Record<string, string | number>) => text(lang, key, values);
  const n = (value: number) => whole(value, lang);
  const table = (caption: Key, head: Key[], rows: string[][]) =>
    el(
      "table",
      {},
      el("caption", {}, t(caption)),
      el("thead", {}, el("tr", {}, ...head.map((k) => el("th", { scope: "col" }, t(k))))),
      el("tbody", {}, ...rows.map(([first, ...rest]) => el("tr", {}, el("th", { scope: "row" }, first ?? ""), ...rest.map((v) => el("td", {}, v))))),
    );
  const why = lang === "zh" ? x.why_zh : x.why;
  const ranks: [Key, number | null][] = [
    ["explain.by.avoidable", x.ranks.avoidable_impact],
    ["explain.by.impact", x.ranks.impact],
    ["explain.by.drops", x.ranks.drops],
    ["explain.by.complaints", x.ranks.complaints],
    ["explain.by.rate", x.ranks.rate],
  ];
  const worst = [...x.days].sort((a, b) => b.share - a.share).slice(0, 5);
  return [
    el("p", {}, t("explain.faulty", { share: percent(x.probability_faulty, lang) })),
    table("explain.ranks", ["explain.yardstick", "explain.rank"], ranks.map(([key, rank]) => [t(key), rank === null ? "–" : t("explain.rankOf", { rank: n(rank), of: n(x.ranks.of) })])),
    el("ul", {}, ...why.map((w) => el("li", {}, w))),
    ...(x.stability
      ? [el("p", {}, t("explain.stability", { n: n(x.stability.resamples), ten: percent(x.stability.top_10, lang), twenty: percent(x.stability.top_20, lang) }))]
      : []),
    table(
      "explain.terms",
      ["explain.channel", "explain.events", "explain.expected", "explain.ratio", "explain.impact", "explain.avoidable"],
      x.channels.map((c) => [word(lang, "channel", c.channel), decimal(c.events), decimal(c.expected), `${decimal(c.ratio)}×`, amount(c.impact, lang), percent(c.avoidable_share, lang)]),
    ),
    table("explain.days", ["explain.day", "explain.count", "explain.share"], worst.map((d) => [d.day, n(d.events), percent(d.share, lang)])),
    table(
      "explain.places",
      ["explain.place", "explain.impact", "explain.bad", "explain.expected"],
      x.places.slice(0, 8).map((p) => [p.name, amount(p.impact, lang), t("explain.badOf", { bad: n(p.bad_calls), calls: n(p.calls) }), decimal(p.expected)]),
    ),
  ];
}
