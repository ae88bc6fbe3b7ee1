import { svg } from "./dom";
import type { Week } from "./types";

/** The points of a weekly course as line pieces, broken where a week has no rate. */
export function pieces(weeks: readonly Week[], width: number, height: number, top: number): string[] {
  const out: string[] = [];
  let line: string[] = [];
  weeks.forEach((w, i) => {
    if (w.rate === null) {
      if (line.length) out.push(line.join(" "));
      line = [];
      return;
    }
    const x = weeks.length > 1 ? (i / (weeks.length - 1)) * width : width / 2;
    line.push(`${x.toFixed(1)},${(height - (top > 0 ? w.rate / top : 0) * height).toFixed(1)}`);
  });
  if (line.length) out.push(line.join(" "));
  return out;
}

/** The highest rate that must fit, at least the reference. */
export function topOf(weeks: readonly Week[], reference: number | null): number {
  return Math.max(reference ?? 0, ...weeks.map((w) => w.rate ?? 0), 1e-9) * 1.08;
}

interface Size {
  width: number;
  height: number;
  label: string;
}

/** A line of weekly rates over the reference (dashed), from zero. */
export function course(weeks: readonly Week[], reference: number | null, { width, height, label }: Size): SVGSVGElement {
  const top = topOf(weeks, reference);
  const pad = 3;
  const [w, h] = [width - 2 * pad, height - 2 * pad];
  const body = svg("g", { transform: `translate(${pad} ${pad})` });
  body.append(svg("line", { class: "axis", x1: 0, x2: w, y1: h, y2: h }));
  if (reference !== null) {
    const y = h - (reference / top) * h;
    body.append(svg("line", { class: "reference", x1: 0, x2: w, y1: y, y2: y }));
  }
  for (const points of pieces(weeks, w, h, top)) {
    if (points.includes(" ")) body.append(svg("polyline", { class: "course", points }));
    else {
      const [cx, cy] = points.split(",");
      body.append(svg("circle", { class: "last", cx, cy, r: 2 }));
    }
  }
  const last = weeks.at(-1);
  if (last && last.rate !== null) {
    body.append(svg("circle", { class: "last", cx: weeks.length > 1 ? w : w / 2, cy: h - (last.rate / top) * h, r: 2.5 }));
  }
  return svg("svg", { class: "chart", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, body);
}

/** A range with its point on a scale from 0 to top: how sure an impact is. */
export function range(lower: number, value: number, upper: number, top: number): SVGSVGElement {
  const x = (v: number) => 2 + (Math.max(0, Math.min(v, top)) / (top || 1)) * 96;
  return svg(
    "svg",
    { class: "range", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("line", { class: "rail", x1: 2, x2: 98, y1: 4, y2: 4 }),
    svg("line", { class: "span", x1: x(lower), x2: x(upper), y1: 4, y2: 4 }),
    svg("line", { class: "value", x1: x(value), x2: x(value), y1: 0.5, y2: 7.5 }),
  );
}
