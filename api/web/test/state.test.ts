import { describe, expect, it } from "vitest";
import { filters, formatState, parseState } from "../src/state";

describe("links", () => {
  it("come back as they went", () => {
    const link = "?window=7d&region=5101&scene=lift&rat=4g&hotspot=hs_1&lang=zh&theme=dark&metric=hurt&at=117.40000,31.20000,12.50";
    expect(formatState(parseState(link))).toBe(link);
  });
  it("are empty by default", () => {
    expect(formatState(parseState(""))).toBe("");
  });
  it("leave out what they do not understand", () => {
    for (const wrong of ["?window=soon", "?scene=elevator", "?rat=6g", "?metric=x", "?lang=fr", "?at=1,2", "?at=400,0,3", "?at=a,b,c", "?other=1"]) {
      expect(formatState(parseState(wrong))).toBe("");
    }
  });
  it("give the API its filters", () => {
    expect(filters(parseState("?window=24h&scene=mall&metric=hurt"))).toEqual({ window: "24h", region: "", scene: "mall", rat: "" });
  });
});
