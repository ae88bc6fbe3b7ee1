// Numbers and times as people read them.

import type { Lang } from "./state";
import type { Run } from "./types";

const locales: Record<Lang, string> = { en: "en-GB", zh: "zh-CN" };
const none = "–";

export const whole = (n: number, lang: Lang) => new Intl.NumberFormat(locales[lang]).format(Math.round(n));

/** One decimal below 100, none above: 48.9, 212. */
export function amount(n: number, lang: Lang): string {
  const digits = Math.abs(n) < 99.95 ? 1 : 0;
  return new Intl.NumberFormat(locales[lang], { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(n);
}

/** A share as percent with two significant digits, at most 2 decimals: 6.1 %, 12 %, 0.08 %. */
export function percent(share: number | null, lang: Lang): string {
  if (share === null) return none;
  const p = share * 100;
  const digits = p >= 10 || p === 0 ? 0 : p >= 1 ? 1 : 2;
  const text = new Intl.NumberFormat(locales[lang], { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(p);
  return lang === "zh" ? `${text}%` : `${text}\u202f%`;
}

export const interval = (low: string, high: string) => `${low} – ${high}`;

export function percentInterval(low: number | null, high: number | null, lang: Lang): string {
  return low === null || high === null ? none : interval(percent(low, lang), percent(high, lang));
}

/** Small p-values as a bound: < 0.001. */
export function pValue(p: number | null): string {
  if (p === null) return none;
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

export const decimal = (n: number | null, digits = 1) => (n === null ? none : n.toFixed(digits).replace("-", "−"));

/** How many times the reference: "5.1×"; "" where it cannot be said. */
export function times(value: number | null, reference: number | null): string {
  return value === null || !reference ? "" : `${(value / reference).toFixed(1)}×`;
}

/** The date of an RFC 3339 time, in UTC like the API: 2026-05-30. */
export const day = (time: string) => time.slice(0, 10);

/** The run's window as the API's parameter takes it. */
export function runWindow(run: Run): string {
  const hours = Math.round((Date.parse(run.end) - Date.parse(run.start)) / 3_600_000);
  return hours % 24 === 0 ? `${hours / 24}d` : `${hours}h`;
}
