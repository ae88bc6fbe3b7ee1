import { describe, expect, it } from "vitest";
import { boxAround, boxText, cellColour, clip, coarse, contains, labelIn, limitsOf, overallRate, positions, radiusOf, ramps, resolutionAt, type Box } from "../src/scale";
import type { Run } from "../src/types";
import { pieces } from "../src/chart";

/** Relative luminance of a #rrggbb colour (WCAG 2). */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

describe("colour scale", () => {
  it.each(["light", "dark"] as const)("runs one way in lightness in the %s theme, each step visible", (theme) => {
    const way = theme === "light" ? -1 : 1;
    const light = ramps[theme].map(luminance);
    for (let i = 1; i < light.length; i++) {
      const contrast = (Math.max(light[i]!, light[i - 1]!) + 0.05) / (Math.min(light[i]!, light[i - 1]!) + 0.05);
      expect(way * (light[i]! - light[i - 1]!)).toBeGreaterThan(0);
      expect(contrast).toBeGreaterThan(1.15);
    }
  });
  it("has one colour more than limits, in rising order, whatever the network", () => {
    for (const overall of [0, 0.0004, 0.008, 0.02, 0.048, 0.31, 0.6, 1]) {
      for (const limits of [limitsOf("rate", overall), limitsOf("hurt", overall)]) {
        expect(limits.length + 1).toBe(ramps.light.length);
        expect([...new Set(limits)].sort((a, b) => a - b)).toEqual(limits);
      }
      expect(limitsOf("rate", overall).at(-1)).toBeLessThan(1);
    }
  });
  it("starts at the overall rate of the run", () => {
    expect(limitsOf("rate", 0.048)).toEqual([0.048, 0.07, 0.11, 0.18, 0.29]);
    expect(overallRate({ summary: { calls: 1000, bad_calls: 48 } } as Run)).toBe(0.048);
    expect(overallRate(null)).toBe(0.02);
  });
  it("greys cells with few calls for rates only", () => {
    expect(cellColour("rate", "light", limitsOf("rate", 0.02))[0]).toBe("case");
    expect(cellColour("hurt", "dark", limitsOf("hurt", 0.02))).toEqual(["step", ["coalesce", ["get", "hurt"], 0], "#2c2740", 2, "#5a2f63", 5, "#96396a", 15, "#d4574f", 50, "#f29a3f", 150, "#fde98a"]);
  });
});

describe("resolution and size", () => {
  it("grows with zoom within what the API has", () => {
    expect([0, 4, 12, 14, 22].map(resolutionAt)).toEqual([3, 3, 9, 10, 11]);
  });
  it("makes area stand for impact", () => {
    expect(radiusOf(100, 100)).toBe(22);
    expect(radiusOf(50, 100) ** 2 / radiusOf(100, 100) ** 2).toBeCloseTo(0.5);
    expect([radiusOf(0, 100), radiusOf(-3, 100), radiusOf(0, 0)]).toEqual([8, 8, 8]);
  });
});

describe("boxes", () => {
  const view: Box = { west: 117.31, south: 31.12, east: 117.49, north: 31.27 };
  it("asks for more than is in view, and for the same after a small move", () => {
    const asked = coarse(view);
    expect(contains(asked, view)).toBe(true);
    expect(contains(asked, { ...view, west: view.west + 0.01, east: view.east + 0.01 })).toBe(true);
    expect(boxText(asked).split(",").length).toBe(4);
  });
  it("stays on the globe", () => {
    expect(coarse({ west: -200, south: -95, east: 200, north: 95 })).toEqual({ west: -180, south: -90, east: 180, north: 90 });
  });
  it("finds the box of any geometry", () => {
    const g: GeoJSON.Geometry = { type: "MultiPolygon", coordinates: [[[[0, 0], [2, 0], [2, 1], [0, 0]]], [[[5, 5], [6, 5], [6, 7], [5, 5]]]] };
    expect(boxAround(positions(g))).toEqual({ west: 0, south: 0, east: 6, north: 7 });
    expect(boxAround(positions(null))).toBeNull();
  });
});

describe("labels", () => {
  const square: GeoJSON.Polygon = { type: "Polygon", coordinates: [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]] };
  it("sit in the middle of what is in view", () => {
    expect(labelIn(square, { west: -9, south: -9, east: 9, north: 9 })).toEqual({ at: [2, 2], area: 16 });
    expect(labelIn(square, { west: 3, south: 3, east: 9, north: 9 })).toEqual({ at: [3.5, 3.5], area: 1 });
    expect(labelIn(square, { west: 5, south: 5, east: 9, north: 9 })).toBeNull();
  });
  it("take the largest part", () => {
    const two: GeoJSON.MultiPolygon = { type: "MultiPolygon", coordinates: [[[[10, 10], [11, 10], [11, 11], [10, 11], [10, 10]]], square.coordinates] };
    expect(labelIn(two, { west: -90, south: -90, east: 90, north: 90 })?.at).toEqual([2, 2]);
  });
  it("clips a corner", () => {
    expect(clip([[0, 0], [4, 0], [0, 4]], { west: 0, south: 0, east: 2, north: 9 }).length).toBe(4);
  });
});

it("breaks a course where a week has no calls", () => {
  const week = (rate: number | null) => ({ start: "", rate, hurt: 0 });
  expect(pieces([week(0), week(0.5), week(null), week(1)], 90, 10, 1)).toEqual(["0.0,10.0 30.0,5.0", "90.0,0.0"]);
});
