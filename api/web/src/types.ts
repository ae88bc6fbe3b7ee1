// The API's objects; the names are its contract (openapi.json).

export interface Run {
  id: string;
  method: string;
  created: string;
  start: string;
  end: string;
  data_version: string;
  hotspots: number;
  summary: { calls: number; unlocated: number; places: number; bad_calls: number; hurt_customers: number };
}

export interface Week {
  start: string;
  rate: number | null;
  hurt: number;
}

export interface Evidence {
  property: string;
  value: string;
  share: number;
  normal: number;
  log_odds: number;
  lower: number;
  upper: number;
}

export interface Hotspot {
  id: string;
  rank: number;
  name: string;
  name_zh?: string;
  scene: string;
  region: string[] | null;
  place: {
    kind: "venue" | "segment" | "cells";
    venue_id?: string;
    ref?: string;
    km_from?: number;
    km_to?: number;
    parts?: string[];
    cells: string[] | null;
  };
  geometry: GeoJSON.Geometry | null;
  center: [number, number];
  impact: { total: number; avoidable: number; lower: number; upper: number; unit: string };
  customers: { hurt: number; served: number; key_accounts: number };
  rate: { value: number | null; lower: number | null; upper: number | null; reference: number | null; unit: string };
  events: { dropped: number; perceived: number; blocked: number; poor: number; complaints: number; appeals: number };
  significance: { gi_z: number | null; p_adjusted: number | null };
  trend: { class: string; first_seen: string; weeks: Week[] | null };
  cause: { sentence: string; sentence_zh: string; evidence: Evidence[] | null };
  state: string;
  sla: { due: string; breached: boolean } | null;
  run: string;
  method: string;
  history?: { course: string; runs: number };
}

export interface Ranking {
  run: Run | null;
  hotspots: Hotspot[];
  notes: string[];
}

/** The terms behind a hotspot's figures. */
export interface Explanation {
  probability_faulty: number;
  channels: { channel: string; events: number; expected: number; ratio: number; impact: number; avoidable_share: number }[];
  days: { day: string; events: number; share: number }[];
  places: { name: string; impact: number; calls: number; bad_calls: number; expected: number }[];
  ranks: { avoidable_impact: number; impact: number; drops: number; complaints: number; rate: number | null; of: number };
  why: string[];
  why_zh: string[];
  stability?: { top_10: number; top_20: number; resamples: number };
}

export interface Explained {
  explanation: Explanation | null;
  notes: string[];
}

/** A place whose rate of bad calls has risen lately. */
export interface Warning {
  name: string;
  name_zh: string;
  scene: string;
  region: string[] | null;
  center: [number, number];
  new: boolean;
  alarm: string;
  since: string;
  calls: number;
  bad_calls: number;
  expected: number;
  rate: number;
  normal_rate: number;
  statistic: number;
}

export interface WarningReport {
  false_alarms: number;
  regions: { region: string; places: number }[];
  warnings: Warning[];
  notes: string[];
}

export interface CellProperties {
  cell: string;
  calls: number;
  bad: number;
  dropped: number;
  perceived: number;
  blocked: number;
  poor: number;
  customers: number;
  hurt: number;
  rate: number | null;
  rate_lower: number | null;
  rate_upper: number | null;
}

export interface Collection extends GeoJSON.FeatureCollection {
  notes: string[];
}

export interface RegionProperties {
  code: string;
  name: string;
  level: string;
  parent: string;
}
