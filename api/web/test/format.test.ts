import { describe, expect, it } from "vitest";
import { amount, decimal, percent, percentInterval, pValue, runWindow, times, whole } from "../src/format";
import type { Run } from "../src/types";

describe("numbers as people read them", () => {
  it("groups whole numbers", () => {
    expect(whole(566210.4, "en")).toBe("566,210");
    expect(whole(0, "zh")).toBe("0");
  });
  it("gives one decimal below 100 and none above", () => {
    expect([48.91, 0, 99.94, 99.96, 1234.5].map((n) => amount(n, "en"))).toEqual(["48.9", "0.0", "99.9", "100", "1,235"]);
  });
  it("gives shares two significant digits and a unit", () => {
    expect([0.061, 0.0123, 0.1234, 0.0008, 0, 1].map((n) => percent(n, "zh"))).toEqual(["6.1%", "1.2%", "12%", "0.08%", "0%", "100%"]);
    expect(percent(0.061, "en")).toBe("6.1\u202f%");
  });
  it("shows what is undefined as a dash, never as 0", () => {
    expect([percent(null, "en"), pValue(null), decimal(null), percentInterval(0.1, null, "en")]).toEqual(["–", "–", "–", "–"]);
    expect(times(null, 0.01)).toBe("");
    expect(times(0.05, 0)).toBe("");
    expect(times(0.061, 0.012)).toBe("5.1×");
  });
  it("bounds small p-values and uses a real minus", () => {
    expect(pValue(0.00001)).toBe("< 0.001");
    expect(pValue(0.0414)).toBe("0.041");
    expect(decimal(-1.25)).toBe("−1.3");
  });
  it("gives the run's window as the API takes it", () => {
    const run = (start: string, end: string) => runWindow({ start, end } as Run);
    expect(run("2026-05-02T00:00:00Z", "2026-05-30T00:00:00Z")).toBe("28d");
    expect(run("2026-05-02T00:00:00Z", "2026-05-02T06:00:00Z")).toBe("6h");
  });
});
