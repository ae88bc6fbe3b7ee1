import { selected, type Actions, type Model } from "./app";
import { getHotspots, getShapes, getWarnings } from "./client";
import { detailView } from "./detail";
import { button, el } from "./dom";
import { filterBar } from "./filters";
import { legend, type CellsInfo } from "./legend";
import { listView } from "./list";
import { MapView } from "./map";
import { boxAround, positions, type Box } from "./scale";
import { filters, formatState, parseState } from "./state";
import { browserLang, text } from "./text";
import type { CellProperties, RegionProperties } from "./types";
import "./page.css"; // after MapLibre's, which it changes

const systemDark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 760px)");

const model: Model = { state: parseState(location.search), lang: "en", theme: "light", ranking: null, loading: true, error: null, regions: [], warnings: { open: false, report: null, error: null } };

// The page's fixed places; what is in them is drawn anew when the model changes.
const slots = {
  head: el("header", { class: "head" }),
  list: el("div", { class: "slot-list" }),
  legend: el("div", { class: "slot-legend" }),
  detail: el("div", { class: "slot-detail" }),
  toast: el("div", { class: "slot-toast", role: "status" }),
};
const mapBox = el("div", { class: "map" });
const showAll = button({ class: "show-all" }, () => map?.showAll(true, null));
const stage = el("main", { class: "stage" }, mapBox, showAll, slots.legend, slots.toast);
document.getElementById("app")?.append(slots.head, slots.list, stage, slots.detail);

let map: MapView | null = null;
let cells: CellsInfo | null = null;
let cell: CellProperties | null = null;
let asking: AbortController | null = null;
let warned: AbortController | null = null;
let country: Box | null = null; // all regions together

const t = (key: Parameters<typeof text>[1], values?: Record<string, string | number>) => text(model.lang, key, values);

const actions: Actions = {
  change(patch) {
    const before = model.state;
    model.state = { ...before, ...patch };
    settle();
    saveState();
    drawAll();
    if (before.region !== model.state.region) {
      model.warnings = { ...model.warnings, report: null, error: null };
      if (model.warnings.open) void loadWarnings();
    }
    if (JSON.stringify(filters(before)) !== JSON.stringify(filters(model.state))) void load();
    else map?.restyle(model.state, model.theme);
  },
  select(id, from) {
    if (id === model.state.hotspot) return;
    model.state = { ...model.state, hotspot: id };
    saveState();
    drawList();
    drawDetail();
    map?.restyle(model.state, model.theme);
    const h = selected(model);
    if (h) {
      document.getElementById(`row-${h.id}`)?.scrollIntoView({ block: "nearest" });
      map?.flyTo(h, covered());
    }
    if (from === "list" || (from === "detail" && id === "")) document.querySelector<HTMLElement>(".rows")?.focus({ preventScroll: true });
    if (from === "detail" && id !== "") document.querySelector<HTMLElement>(".detail h2")?.focus({ preventScroll: true });
  },
  reload: () => void load(),
  openWarnings(open) {
    const known = model.warnings.report !== null;
    if (open === model.warnings.open && !model.warnings.error) return;
    model.warnings = { ...model.warnings, open, error: null };
    drawList();
    if (open && !known) void loadWarnings();
  },
  goTo(center) {
    if (model.state.hotspot) actions.select("", "map"); // the detail panel would cover it
    map?.pin(center);
  },
};

/** Pixels on the right of the map under the detail panel. */
const covered = () => (narrow.matches || !selected(model) ? 0 : (slots.detail.firstElementChild?.clientWidth ?? 0));

/** Derives language and theme. */
function settle() {
  model.lang = model.state.lang || browserLang(navigator.languages);
  model.theme = model.state.theme || (systemDark.matches ? "dark" : "light");
  document.documentElement.lang = model.lang === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset["theme"] = model.theme;
  document.title = `hotcell · ${t("app.tagline")}`;
}

function saveState() {
  history.replaceState(null, "", location.pathname + formatState(model.state));
}

/** Draws a place anew and gives the focus back to what had it, by id or class. */
function draw(slot: HTMLElement, ...children: (Node | null | false | undefined)[]) {
  const active = document.activeElement;
  const had = active && slot.contains(active) ? active : null;
  const key = had?.id ? `#${had.id}` : had?.classList[0] ? `.${had.classList[0]}` : null;
  const scroller = slot.querySelector(".scroll") ?? slot.firstElementChild;
  const scrolled = scroller?.scrollTop ?? 0;
  slot.replaceChildren(...children.filter((c): c is Node => Boolean(c)));
  const next = slot.querySelector(".scroll") ?? slot.firstElementChild;
  if (next) next.scrollTop = scrolled;
  if (key) slot.querySelector<HTMLElement>(key)?.focus({ preventScroll: true });
}

function drawHead() {
  draw(
    slots.head,
    el("div", { class: "brand" }, el("h1", {}, "hotcell"), el("span", { class: "tagline" }, t("app.tagline"))),
    filterBar(model, actions),
    el(
      "div",
      { class: "tools" },
      button({ class: "quiet", id: "theme", title: t("app.themeLabel"), "aria-label": t("app.themeLabel") }, () => actions.change({ theme: model.theme === "dark" ? "light" : "dark" }), t(model.theme === "dark" ? "app.themeLight" : "app.themeDark")),
      button({ class: "quiet", id: "language", lang: model.lang === "zh" ? "en" : "zh-CN", "aria-label": t("app.languageLabel") }, () => actions.change({ lang: model.lang === "zh" ? "en" : "zh" }), t("app.language")),
    ),
  );
}

const drawList = () => draw(slots.list, listView(model, actions));

function drawDetail() {
  const h = selected(model);
  document.body.classList.toggle("has-detail", Boolean(h));
  draw(slots.detail, h && detailView(model, actions, h));
  if (slots.detail.firstElementChild) slots.detail.firstElementChild.scrollTop = 0;
}

function drawLegend() {
  draw(slots.legend, legend(model, actions, cells, cell));
}

function drawAll() {
  drawHead();
  drawList();
  drawDetail();
  drawLegend();
  showAll.textContent = t("map.all");
  map?.map.getCanvas().setAttribute("aria-label", t("map.label"));
}

async function load() {
  asking?.abort();
  const mine = (asking = new AbortController());
  model.loading = true;
  model.error = null;
  drawList();
  try {
    const ranking = await getHotspots(filters(model.state), mine.signal);
    if (mine.signal.aborted) return;
    model.ranking = ranking;
  } catch (e) {
    if (mine.signal.aborted) return;
    model.error = e as Error;
    model.ranking = null;
  }
  model.loading = false;
  drawList();
  drawDetail();
  map?.show(model.ranking, model.state);
  showAll.hidden = !model.ranking?.hotspots.length;
  const h = selected(model);
  if (model.state.view) map?.refresh();
  else if (h) map?.flyTo(h, covered());
  else map?.showAll(false, country);
}

async function loadWarnings() {
  warned?.abort();
  const mine = (warned = new AbortController());
  try {
    const report = await getWarnings({ region: model.state.region }, mine.signal);
    if (mine.signal.aborted) return;
    model.warnings = { ...model.warnings, report };
  } catch (e) {
    if (mine.signal.aborted) return;
    model.warnings = { ...model.warnings, error: e as Error };
  }
  drawList();
}

async function loadRegions() {
  // Names for the filter; the outlines of zoom 0 are next to nothing.
  const c = await getShapes("regions", { zoom: "0" });
  model.regions = c.features.map((f) => f.properties as RegionProperties);
  country = boxAround(c.features.flatMap((f) => positions(f.geometry)));
  if (!model.state.view && !model.loading && !model.ranking?.hotspots.length) map?.showAll(false, country);
  drawHead();
  drawList();
  drawDetail();
}

function toast(message: string) {
  slots.toast.replaceChildren(el("p", {}, message));
  setTimeout(() => slots.toast.replaceChildren(), 8000);
}

function startMap() {
  try {
    map = new MapView(mapBox, model.state, model.theme, {
      select: (id) => actions.select(id, "map"),
      moved(view) {
        model.state = { ...model.state, view };
        saveState();
      },
      cell(next) {
        if (next?.cell === cell?.cell) return;
        cell = next;
        drawLegend();
      },
      cells(resolution, c) {
        cells = { resolution, count: c.features.length, truncated: Boolean((c as { truncated?: boolean }).truncated) };
        drawLegend();
      },
      failed(error) {
        console.warn(error);
        toast(t("state.mapError", { reason: error.message || t("state.offline") }));
      },
    });
  } catch (e) {
    console.warn(e);
    mapBox.append(el("p", { class: "message" }, t("state.noWebGL")));
  }
}

settle();
drawAll();
startMap();
systemDark.addEventListener("change", () => actions.change({}));
addEventListener("popstate", () => location.reload());
void load();
loadRegions().catch((e: Error) => toast(t("state.mapError", { reason: e.message || t("state.offline") })));

declare global {
  interface Window {
    /** For the browser test: the map, the model, and whether all is drawn. */
    hotcell: { map: MapView | null; model: Model; why(): string[]; settled(): boolean };
  }
}
window.hotcell = {
  get map() {
    return map;
  },
  model,
  /** What is still going on. */
  why: () =>
    Object.entries({
      loading: model.loading,
      noMap: map === null,
      fetching: (map?.pending ?? 0) > 0,
      drawing: !map?.map.loaded(),
      tiles: !map?.map.areTilesLoaded(),
      moving: map?.map.isMoving() ?? false,
    }).flatMap(([what, is]) => (is ? [what] : [])),
  settled: () => window.hotcell.why().length === 0,
};
