// What a link to the page carries.

export type Metric = "rate" | "hurt";
export type Lang = "en" | "zh";
export type Theme = "light" | "dark";

export interface View {
  lon: number;
  lat: number;
  zoom: number;
}

export interface State {
  window: string;
  region: string;
  scene: string;
  rat: string;
  hotspot: string;
  metric: Metric;
  lang: Lang | "";
  theme: Theme | "";
  view: View | null;
}

export const windows = ["", "1d", "7d", "14d", "28d", "56d"] as const;
export const rats = ["2g", "3g", "4g", "5g"] as const;
export const scenes = [
  "office_tower", "lift", "hotel", "mall", "basement", "highway", "tourist_site",
  "residential", "hospital", "campus", "transit", "tunnel", "rural", "other",
] as const;

const oneOf = <T extends string>(text: string | null, values: readonly T[], fallback: T): T =>
  values.includes(text as T) ? (text as T) : fallback;

/** Reads a query string; what it does not understand it leaves at the default. */
export function parseState(query: string): State {
  const q = new URLSearchParams(query);
  const window = q.get("window") ?? "";
  return {
    window: /^\d{1,4}[hdw]$/.test(window) ? window : "",
    region: q.get("region") ?? "",
    scene: oneOf(q.get("scene"), ["", ...scenes], ""),
    rat: oneOf(q.get("rat"), ["", ...rats], ""),
    hotspot: q.get("hotspot") ?? "",
    metric: oneOf(q.get("metric"), ["rate", "hurt"], "rate"),
    lang: oneOf(q.get("lang"), ["", "en", "zh"], ""),
    theme: oneOf(q.get("theme"), ["", "light", "dark"], ""),
    view: parseView(q.get("at")),
  };
}

function parseView(text: string | null): View | null {
  const parts = (text ?? "").split(",").map(Number);
  const [lon, lat, zoom] = parts;
  if (parts.length !== 3 || lon === undefined || lat === undefined || zoom === undefined) return null;
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 && zoom >= 0 && zoom <= 22 ? { lon, lat, zoom } : null;
}

/** Writes a query string without defaults: "" or "?…". */
export function formatState(s: State): string {
  const q = new URLSearchParams();
  for (const key of ["window", "region", "scene", "rat", "hotspot", "lang", "theme"] as const) {
    if (s[key]) q.set(key, s[key]);
  }
  if (s.metric !== "rate") q.set("metric", s.metric);
  if (s.view) q.set("at", `${s.view.lon.toFixed(5)},${s.view.lat.toFixed(5)},${s.view.zoom.toFixed(2)}`);
  const text = q.toString().replaceAll("%2C", ",");
  return text ? "?" + text : "";
}

/** The filters as the API takes them. */
export function filters(s: State): Record<string, string> {
  return { window: s.window, region: s.region, scene: s.scene, rat: s.rat };
}
