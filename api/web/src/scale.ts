// Colours and sizes of what is drawn on the map.

import type { ExpressionSpecification } from "maplibre-gl";
import type { Metric, Theme } from "./state";
import type { Run } from "./types";

/** Lower limits of the classes above the first: customers per cell. */
const hurtLimits = [2, 5, 15, 50, 150];

/**
 * Lower limits of the classes above the first, the same for every view of a run.
 * Rates are set against the run's overall rate, by multiples of its odds, so that
 * networks of any quality show their differences; two digits.
 */
export function limitsOf(metric: Metric, overall: number): readonly number[] {
  if (metric === "hurt") return hurtLimits;
  const p = Math.min(0.9, Math.max(0.001, overall));
  return [1, 1.5, 2.5, 4.5, 8].map((times) => {
    const odds = (p / (1 - p)) * times;
    return Number((odds / (1 + odds)).toPrecision(2));
  });
}

/** Bad calls per call over a whole run; without a run that of a fair network. */
export const overallRate = (run: Run | null | undefined) => (run && run.summary.calls > 0 ? run.summary.bad_calls / run.summary.calls : 0.02);

/** Cells with fewer calls have a rate too uncertain to colour. */
export const fewestCalls = 20;

/**
 * Ramps whose lightness runs one way, so that they read without colour vision;
 * what is bad stands out from the background of its theme.
 */
export const ramps: Record<Theme, readonly string[]> = {
  light: ["#f6edc8", "#fad776", "#f7a53a", "#de6412", "#a53205", "#561002"],
  dark: ["#2c2740", "#5a2f63", "#96396a", "#d4574f", "#f29a3f", "#fde98a"],
};

export const fewColour: Record<Theme, string> = { light: "#d5d8dc", dark: "#2b313a" };

/** The fill colour of a cell as a MapLibre expression. */
export function cellColour(metric: Metric, theme: Theme, limits: readonly number[]): ExpressionSpecification {
  const [first, ...rest] = ramps[theme];
  const step: unknown[] = ["step", ["coalesce", ["get", metric], 0], first];
  rest.forEach((colour, i) => step.push(limits[i], colour));
  return metric === "rate" ? ["case", ["<", ["get", "calls"], fewestCalls], fewColour[theme], step as ExpressionSpecification] : (step as ExpressionSpecification);
}

/** How strongly a cell is painted: what is normal or uncertain stays in the background. */
export function cellOpacity(metric: Metric, limits: readonly number[]): ExpressionSpecification {
  const step: ExpressionSpecification = ["step", ["coalesce", ["get", metric], 0], 0.4, limits[0] ?? 0, 0.85];
  return metric === "rate" ? ["case", ["<", ["get", "calls"], fewestCalls], 0.55, step] : step;
}

/** The H3 resolution whose cells are 20 to 55 pixels wide at a zoom: one step of it is 1.4 of zoom. */
export function resolutionAt(zoom: number): number {
  return Math.min(11, Math.max(3, Math.floor((zoom - 11.9) / 1.4) + 9));
}

/** Radius in pixels: the area of the disc stands for the avoidable impact. */
export function radiusOf(avoidable: number, largest: number): number {
  const share = largest > 0 ? Math.max(0, avoidable) / largest : 0;
  return Math.max(8, 22 * Math.sqrt(share));
}

export interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** The box with a margin, its edges on a coarse grid, so that small moves need no new data. */
export function coarse(b: Box): Box {
  const span = Math.max(b.east - b.west, b.north - b.south, 1e-4);
  const grid = 2 ** Math.ceil(Math.log2(span / 4));
  const clamp = (v: number, limit: number) => Math.max(-limit, Math.min(limit, v));
  return {
    west: clamp(Math.floor(b.west / grid - 0.25) * grid, 180),
    south: clamp(Math.floor(b.south / grid - 0.25) * grid, 90),
    east: clamp(Math.ceil(b.east / grid + 0.25) * grid, 180),
    north: clamp(Math.ceil(b.north / grid + 0.25) * grid, 90),
  };
}

export const contains = (outer: Box, inner: Box) =>
  outer.west <= inner.west && outer.south <= inner.south && outer.east >= inner.east && outer.north >= inner.north;

export const boxText = (b: Box) => [b.west, b.south, b.east, b.north].map((v) => +v.toFixed(6)).join(",");

/** The box around positions, or null without any. */
export function boxAround(points: readonly (readonly number[])[]): Box | null {
  if (points.length === 0) return null;
  const lons = points.map((p) => p[0] as number);
  const lats = points.map((p) => p[1] as number);
  return { west: Math.min(...lons), south: Math.min(...lats), east: Math.max(...lons), north: Math.max(...lats) };
}

/** All positions of a geometry. */
export function positions(g: GeoJSON.Geometry | null): number[][] {
  if (!g) return [];
  if (g.type === "GeometryCollection") return g.geometries.flatMap(positions);
  const flat = (c: unknown): number[][] =>
    Array.isArray(c) && typeof c[0] === "number" ? [c as number[]] : (c as unknown[]).flatMap(flat);
  return flat(g.coordinates);
}

/** The part of an open or closed ring inside a box, open (Sutherland–Hodgman). */
export function clip(ring: readonly GeoJSON.Position[], b: Box): GeoJSON.Position[] {
  let points = ring.slice();
  const sides: [axis: 0 | 1, limit: number, sign: 1 | -1][] = [[0, b.west, 1], [0, b.east, -1], [1, b.south, 1], [1, b.north, -1]];
  for (const [axis, limit, sign] of sides) {
    const inside = (p: GeoJSON.Position) => sign * (p[axis]! - limit) >= 0;
    const kept: GeoJSON.Position[] = [];
    points.forEach((p, i) => {
      const before = points.at(i - 1)!;
      if (inside(p) !== inside(before)) {
        const t = (limit - before[axis]!) / (p[axis]! - before[axis]!);
        kept.push([before[0]! + t * (p[0]! - before[0]!), before[1]! + t * (p[1]! - before[1]!)]);
      }
      if (inside(p)) kept.push(p);
    });
    points = kept;
  }
  return points;
}

export interface Label {
  at: [number, number];
  area: number; // square degrees
}

/** Centroid and area of the largest part of a polygon inside the box; null when nothing is. */
export function labelIn(g: GeoJSON.Geometry, b: Box): Label | null {
  const rings = g.type === "Polygon" ? [g.coordinates[0]] : g.type === "MultiPolygon" ? g.coordinates.map((p) => p[0]) : [];
  let best: Label | null = null;
  for (const whole of rings) {
    const ring = clip(whole ?? [], b);
    const [ox, oy] = ring[0] ?? [0, 0];
    let twice = 0, x = 0, y = 0;
    ring.forEach((p, i) => {
      const next = ring[(i + 1) % ring.length]!;
      const [ax, ay, bx, by] = [p[0]! - ox!, p[1]! - oy!, next[0]! - ox!, next[1]! - oy!];
      const cross = ax * by - bx * ay;
      twice += cross;
      x += (ax + bx) * cross;
      y += (ay + by) * cross;
    });
    if (Math.abs(twice) / 2 > (best?.area ?? 0)) {
      best = { at: [ox! + x / (3 * twice), oy! + y / (3 * twice)], area: Math.abs(twice) / 2 };
    }
  }
  return best;
}

export const areaOf = (b: Box) => (b.east - b.west) * (b.north - b.south);
