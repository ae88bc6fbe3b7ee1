import { describe, expect, it } from "vitest";
import { en } from "../src/locale/en";
import { zh } from "../src/locale/zh";
import { scenes, windows } from "../src/state";
import { browserLang, isKey, note, text, word } from "../src/text";
import { regionTree } from "../src/filters";
import { chance } from "../src/warnings";

const places = (s: string) => (s.match(/\{\w+\}/g) ?? []).sort();

describe("the two languages", () => {
  it("have the same keys, none empty", () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
    for (const value of [...Object.values(en), ...Object.values(zh)]) expect(value.trim()).not.toBe("");
  });
  it("fill the same places", () => {
    for (const [key, value] of Object.entries(en)) expect([key, places(zh[key as keyof typeof en])]).toEqual([key, places(value)]);
  });
  it("name every scene and window of the filters", () => {
    for (const s of scenes) expect(isKey(`scene.${s}`)).toBe(true);
    for (const w of windows) expect(isKey(`filter.window.${w}`)).toBe(true);
  });
});

describe("choice of text", () => {
  it("follows the browser", () => {
    expect(browserLang(["fr-FR", "zh-Hans-CN", "en"])).toBe("zh");
    expect(browserLang(["de", "en-US", "zh"])).toBe("en");
    expect(browserLang([])).toBe("en");
  });
  it("fills places and shows new words of the API as they are", () => {
    expect(text("en", "list.count", { n: 3, all: 30 })).toBe("3 of 30");
    expect(word("zh", "scene", "lift")).toBe("电梯");
    expect(word("zh", "scene", "airport")).toBe("airport");
    expect(word("en", "trend", "")).toBe("–");
  });
  it("translates the notes it knows", () => {
    expect(note("zh", "The first 2 of 30 hotspots are shown; ask for more with top.")).toBe("共 30 个热点，显示前 2 个。");
    expect(note("en", "2009 of 200000 calls have neither a position nor a radio cell of the site list and are not ranked")).toContain("2,009 of 200,000 calls");
    expect(note("zh", "3 of 40 complaints are about other things (bills, sales, radiation …) by their category or text and are not ranked")).toContain("40 件投诉中有 3 件");
    expect(note("zh", "something new")).toBe("something new");
  });
});

it("lists regions as a tree, those without a known parent at the top", () => {
  const region = (code: string, parent: string) => ({ code, parent, name: code, level: "" });
  const tree = regionTree({ lang: "en", regions: [region("9901", "99"), region("7", "lost"), region("99", ""), region("990102", "9901"), region("990101", "9901")] });
  expect(tree.map(([, label]) => label.replaceAll("\u2003", ">"))).toEqual(["7", "99", ">9901", ">>990101", ">>990102"]);
});

it("says how sure a warning is", () => {
  expect(chance("en", Math.log(90))).toBe("90 days");
  expect(chance("en", Math.log(100 * 365.25))).toBe("100 years");
  expect(chance("zh", 700)).toBe("10,000 年以上");
});
