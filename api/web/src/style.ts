import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { cellColour, cellOpacity } from "./scale";
import type { Metric, Theme } from "./state";

/** Sources of the map, all GeoJSON and all ours. */
export type SourceName = "graticule" | "regions" | "region-labels" | "venues" | "venue-labels" | "cells" | "areas" | "discs";
export type MapData = Record<SourceName, GeoJSON.FeatureCollection>;

export const nothing = (): GeoJSON.FeatureCollection => ({ type: "FeatureCollection", features: [] });

interface Colours {
  ground: string;
  grid: string;
  region: string;
  building: string;
  road: string;
  text: string;
  faint: string;
  halo: string;
  disc: string;
  rank: string;
  accent: string;
}

const colours: Record<Theme, Colours> = {
  light: {
    ground: "#eef0f2", grid: "#e1e5e9", region: "#8d97a3", building: "#c3cad2", road: "#a9b4c1",
    text: "#27303a", faint: "#5b6673", halo: "#ffffff", disc: "#17202b", rank: "#ffffff", accent: "#0a63e0",
  },
  dark: {
    ground: "#12161c", grid: "#1c222a", region: "#5d6876", building: "#39424e", road: "#4a5563",
    text: "#e4e9ef", faint: "#a3aebb", halo: "#0c0f13", disc: "#f1f4f8", rank: "#12161c", accent: "#5aa9ff",
  },
};

// Drawn by the browser: without a glyphs URL MapLibre rasterises local fonts.
const font = ["Noto Sans SC", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];

export const isSelected = (id: string): ExpressionSpecification => ["==", ["get", "id"], id];

export const rankColour = (theme: Theme, selected: string): ExpressionSpecification => ["case", isSelected(selected), theme === "light" ? "#ffffff" : "#0c0f13", colours[theme].rank];

/** The whole map style, from the bottom layer to the top. */
export function mapStyle(theme: Theme, metric: Metric, limits: readonly number[], selected: string, data: MapData): StyleSpecification {
  const c = colours[theme];
  const level = (finest: number, others: number): ExpressionSpecification => ["match", ["get", "level"], "district", finest, others];
  // Close up the discs shrink, so that they do not hide what they stand for.
  const radius = (more: number): ExpressionSpecification => ["interpolate", ["linear"], ["zoom"], 12.5, ["+", ["get", "radius"], more], 14.5, ["+", ["min", ["get", "radius"], 12], more]];
  const layers: LayerSpecification[] = [
    { id: "ground", type: "background", paint: { "background-color": c.ground } },
    { id: "graticule", type: "line", source: "graticule", paint: { "line-color": c.grid, "line-width": 1 } },
    { id: "cells", type: "fill", source: "cells", paint: { "fill-color": cellColour(metric, theme, limits), "fill-opacity": cellOpacity(metric, limits), "fill-outline-color": c.ground } },
    { id: "buildings", type: "fill", source: "venues", minzoom: 11, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": c.building, "fill-opacity": 0.25, "fill-outline-color": c.faint } },
    { id: "region-lines", type: "line", source: "regions", layout: { "line-join": "round" }, paint: { "line-color": c.region, "line-width": level(0.8, 1.6), "line-dasharray": [3, 2] } },
    { id: "roads", type: "line", source: "venues", filter: ["==", ["geometry-type"], "LineString"], layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": c.road, "line-width": ["interpolate", ["linear"], ["zoom"], 7, 1, 12, 2.5, 16, 6] } },
    { id: "hotspot-area", type: "fill", source: "areas", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": c.disc, "fill-opacity": 0.06 } },
    { id: "hotspot-outline", type: "line", source: "areas", layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": c.disc, "line-width": ["match", ["geometry-type"], "LineString", 4, 1.6] } },
    { id: "hotspot-chosen", type: "line", source: "areas", filter: isSelected(selected), layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": c.accent, "line-width": ["match", ["geometry-type"], "LineString", 7, 3.5] } },
    { id: "venue-names", type: "symbol", source: "venue-labels", minzoom: 13.5,
      layout: { "text-field": ["get", "name"], "text-font": font, "text-size": 11, "text-padding": 6, "text-max-width": 8, "symbol-sort-key": ["get", "order"], "text-offset": [0, 1.9] },
      paint: { "text-color": c.faint, "text-halo-color": c.halo, "text-halo-width": 1.4 } },
    { id: "road-names", type: "symbol", source: "venues", filter: ["all", ["==", ["geometry-type"], "LineString"], ["!=", ["get", "ref"], ""]],
      layout: { "symbol-placement": "line", "symbol-spacing": 320, "text-field": ["get", "ref"], "text-font": font, "text-size": 11 },
      paint: { "text-color": c.text, "text-halo-color": c.halo, "text-halo-width": 2 } },
    { id: "region-names", type: "symbol", source: "region-labels",
      layout: { "text-field": ["get", "name"], "text-font": font, "text-size": level(12, 14), "text-letter-spacing": 0.08, "text-padding": 4, "text-variable-anchor": ["center", "top", "bottom", "left", "right"], "text-radial-offset": 1.6, "symbol-sort-key": level(1, 0) },
      paint: { "text-color": c.text, "text-opacity": 0.85, "text-halo-color": c.halo, "text-halo-width": 1.6 } },
    { id: "discs", type: "circle", source: "discs", layout: { "circle-sort-key": ["-", 0, ["get", "rank"]] },
      paint: { "circle-color": c.disc, "circle-radius": radius(0), "circle-opacity": 0.88, "circle-stroke-color": c.halo, "circle-stroke-width": 1.5 } },
    { id: "disc-chosen", type: "circle", source: "discs", filter: isSelected(selected),
      paint: { "circle-color": c.accent, "circle-radius": radius(2), "circle-stroke-color": c.halo, "circle-stroke-width": 3 } },
    { id: "ranks", type: "symbol", source: "discs",
      layout: { "text-field": ["to-string", ["get", "rank"]], "text-font": font, "text-size": ["interpolate", ["linear"], ["get", "radius"], 8, 10, 22, 14], "text-padding": 0, "symbol-sort-key": ["get", "rank"] },
      paint: { "text-color": rankColour(theme, selected) } },
  ];
  const sources = Object.fromEntries(Object.entries(data).map(([name, d]) => [name, { type: "geojson" as const, data: d }]));
  return { version: 8, sources, layers };
}
