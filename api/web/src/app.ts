import type { ApiError } from "./client";
import type { Lang, State, Theme } from "./state";
import type { Hotspot, Ranking, RegionProperties, WarningReport } from "./types";

/** Everything that is shown; views read it and never change it. */
export interface Model {
  state: State;
  lang: Lang; // state.lang, or the browser's
  theme: Theme; // state.theme, or the system's
  ranking: Ranking | null;
  loading: boolean;
  error: ApiError | Error | null;
  regions: RegionProperties[];
  warnings: { open: boolean; report: WarningReport | null; error: ApiError | Error | null };
}

/** What a view asks for. */
export interface Actions {
  change(patch: Partial<State>): void;
  select(id: string, from: "list" | "map" | "detail"): void;
  reload(): void;
  /** Opens or closes the warnings; what is open is asked for. */
  openWarnings(open: boolean): void;
  /** Shows a place on the map. */
  goTo(center: [number, number]): void;
}

export const selected = (m: Model): Hotspot | undefined => m.ranking?.hotspots.find((h) => h.id === m.state.hotspot);

/** A hotspot's name in the page's language; runs of earlier versions have the English one only. */
export const nameOf = (m: Model, h: Hotspot): string => (m.lang === "zh" && h.name_zh) || h.name;

/** The names of a hotspot's regions, finest first, joined up to two. */
export function regionNames(m: Model, codes: readonly string[] | null): string {
  const names = (codes ?? []).map((code) => m.regions.find((r) => r.code === code)?.name ?? code);
  return names.slice(-2).reverse().join(", ");
}
