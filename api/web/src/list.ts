import { nameOf, regionNames, type Actions, type Model } from "./app";
import { ApiError } from "./client";
import { course, range } from "./chart";
import { button, el } from "./dom";
import { amount, day, interval, percent, whole } from "./format";
import { note, sceneName, text, word } from "./text";
import type { Hotspot } from "./types";
import { warningsView } from "./warnings";

/** The ranked list with its head, or what stands in its place. */
export function listView(m: Model, act: Actions): HTMLElement {
  return el("section", { class: "list", "aria-busy": m.loading ? "true" : "false", "aria-label": text(m.lang, "list.title") }, ...content(m, act));
}

function content(m: Model, act: Actions): (HTMLElement | null)[] {
  if (m.error) return [failure(m, act)];
  if (!m.ranking) return [loading(m)];
  const { run, hotspots, notes } = m.ranking;
  if (!run) return [empty(m, act)];
  const lang = m.lang;
  return [
    el(
      "header",
      { class: "list-head" },
      el("h2", {}, text(lang, "list.title"), " ", el("span", { class: "count" }, text(lang, "list.count", { n: whole(hotspots.length, lang), all: whole(run.hotspots, lang) }))),
      el("p", {}, text(lang, "list.run", { start: day(run.start), end: day(run.end) })),
      el("p", {}, text(lang, "list.summary", { calls: whole(run.summary.calls, lang), bad: whole(run.summary.bad_calls, lang), hurt: whole(run.summary.hurt_customers, lang) })),
      el("p", { class: "faint" }, text(lang, "list.sort")),
      ...notes.map((n) => el("p", { class: "note" }, note(lang, n))),
    ),
    warningsView(m, act),
    m.loading ? loading(m) : null,
    hotspots.length ? rows(m, act, hotspots) : message("none", text(lang, "state.noneTitle"), text(lang, "state.noneText")),
  ];
}

/** The id of a hotspot's row, for aria-activedescendant. */
const rowId = (h: Hotspot) => `row-${h.id}`;

function rows(m: Model, act: Actions, hotspots: Hotspot[]): HTMLElement {
  const top = Math.max(...hotspots.map((h) => h.impact.upper));
  const current = hotspots.findIndex((h) => h.id === m.state.hotspot);
  const list = el(
    "ol",
    { class: "rows", role: "listbox", tabindex: 0, "aria-label": text(m.lang, "list.label"), "aria-activedescendant": hotspots[current] ? rowId(hotspots[current]) : null },
    ...hotspots.map((h, i) => row(m, h, i === current, top)),
  );
  const go = (i: number) => {
    const target = hotspots[Math.max(0, Math.min(i, hotspots.length - 1))];
    if (target) act.select(target.id, "list");
  };
  list.addEventListener("keydown", (e) => {
    const moves: Record<string, () => void> = {
      ArrowDown: () => go(current + 1),
      ArrowUp: () => go(current < 0 ? 0 : current - 1),
      PageDown: () => go(current + 5),
      PageUp: () => go(current - 5),
      Home: () => go(0),
      End: () => go(hotspots.length - 1),
      Escape: () => act.select("", "list"),
      Enter: () => document.querySelector<HTMLElement>(".detail h2")?.focus(),
    };
    const move = moves[e.key];
    if (!move || e.ctrlKey || e.altKey || e.metaKey) return;
    e.preventDefault();
    move();
  });
  list.addEventListener("click", (e) => {
    const id = (e.target as Element).closest<HTMLElement>(".row")?.dataset.hotspot;
    if (id) act.select(id, "list");
  });
  return list;
}

function row(m: Model, h: Hotspot, current: boolean, top: number): HTMLElement {
  const lang = m.lang;
  const weeks = h.trend.weeks ?? [];
  const sentence = lang === "zh" ? h.cause.sentence_zh || h.cause.sentence : h.cause.sentence;
  const item = el(
    "li",
    { class: "row", role: "option", id: rowId(h), "aria-selected": current ? "true" : "false" },
    el("span", { class: "rank" }, whole(h.rank, lang)),
    el(
      "div",
      { class: "what" },
      el("div", { class: "name", title: nameOf(m, h) }, nameOf(m, h)),
      el("div", { class: "faint" }, [sceneName(lang, h.scene), regionNames(m, h.region?.slice(-1) ?? null), word(lang, "trend", h.trend.class)].filter((t) => t && t !== "–").join(" · ")),
    ),
    weeks.length > 0 && course(weeks, h.rate.reference, { width: 72, height: 28, label: text(lang, "list.trendLabel", { n: weeks.length }) }),
    el(
      "div",
      { class: "impact" },
      el("b", {}, amount(h.impact.avoidable, lang)),
      range(h.impact.lower, h.impact.avoidable, h.impact.upper, top),
      el("span", { class: "faint" }, interval(amount(h.impact.lower, lang), amount(h.impact.upper, lang)), " ", text(lang, "list.impact")),
    ),
    el(
      "div",
      { class: "figures" },
      el("span", {}, text(lang, "list.hurt", { n: whole(h.customers.hurt, lang) })),
      h.customers.key_accounts > 0 && el("span", {}, text(lang, "list.keyAccounts", { n: whole(h.customers.key_accounts, lang) })),
      h.rate.value === null
        ? el("span", {}, text(lang, "list.noExposure"))
        : el("span", {}, text(lang, "list.rate", { value: percent(h.rate.value, lang) }), el("span", { class: "faint" }, ` (${text(lang, "list.against", { reference: percent(h.rate.reference, lang) })})`)),
    ),
    sentence && el("p", { class: "cause" }, sentence),
  );
  item.dataset.hotspot = h.id;
  return item;
}

function loading(m: Model): HTMLElement {
  return el("div", { class: "message loading", role: "status" }, el("span", { class: "spinner", "aria-hidden": "true" }), text(m.lang, "state.loading"));
}

function message(kind: string, title: string, ...body: (HTMLElement | string)[]): HTMLElement {
  return el("div", { class: `message ${kind}`, role: kind === "error" ? "alert" : "status" }, el("h2", {}, title), ...body.map((b) => (typeof b === "string" ? el("p", {}, b) : b)));
}

function empty(m: Model, act: Actions): HTMLElement {
  return message(
    "empty",
    text(m.lang, "state.emptyTitle"),
    text(m.lang, "state.emptyText"),
    el("pre", {}, "hotcell load calls FILE…\nhotcell rank"),
    button({}, act.reload, text(m.lang, "state.retry")),
  );
}

function failure(m: Model, act: Actions): HTMLElement {
  const e = m.error;
  const offline = e instanceof ApiError && e.code === "offline";
  return message(
    "error",
    text(m.lang, "state.errorTitle"),
    offline ? text(m.lang, "state.offline") : (e?.message ?? ""),
    e instanceof ApiError && e.requestId ? el("p", { class: "faint" }, text(m.lang, "state.errorRequest", { id: e.requestId })) : "",
    button({}, act.reload, text(m.lang, "state.retry")),
  );
}
