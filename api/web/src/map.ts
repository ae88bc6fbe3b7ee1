import { LngLatBounds, Map as MapLibre, Marker, NavigationControl, ScaleControl, setWorkerUrl, type GeoJSONSource, type MapGeoJSONFeature } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";
import { getCells, getShapes } from "./client";
import { runWindow } from "./format";
import { areaOf, boxAround, boxText, cellColour, cellOpacity, coarse, contains, labelIn, limitsOf, overallRate, positions, radiusOf, resolutionAt, type Box } from "./scale";
import { filters, type State, type Theme, type View } from "./state";
import { isSelected, mapStyle, nothing, rankColour, type MapData, type SourceName } from "./style";
import type { CellProperties, Collection, Hotspot, Ranking } from "./types";

setWorkerUrl(workerUrl);

export interface MapEvents {
  select(id: string): void;
  moved(view: View): void;
  cell(cell: CellProperties | null): void;
  cells(resolution: number, collection: Collection): void;
  failed(error: Error): void;
}

/** What was fetched for an area, so that moving inside it asks for nothing. */
interface Fetched {
  key: string;
  box: Box;
  abort: AbortController;
}

/** The map. It draws what it is given and fetches cells and shapes for what is in view. */
export class MapView {
  readonly map: MapLibre;
  private data: MapData = {
    graticule: nothing(), regions: nothing(), "region-labels": nothing(), venues: nothing(),
    "venue-labels": nothing(), cells: nothing(), areas: nothing(), discs: nothing(),
  };
  private fetched = new Map<string, Fetched>();
  private ranking: Ranking | null = null;
  private pinned: Marker | null = null;
  private ready = false; // the style takes changes from the load event on
  /** Requests under way; the browser test waits for none. */
  pending = 0;

  constructor(container: HTMLElement, private state: State, private theme: Theme, private events: MapEvents) {
    const v = state.view;
    this.map = new MapLibre({
      container,
      style: this.style(),
      center: v ? [v.lon, v.lat] : [105, 30],
      zoom: v ? v.zoom : 3,
      minZoom: 1,
      maxZoom: 18,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      rollEnabled: false,
      renderWorldCopies: false,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new ScaleControl({ unit: "metric", maxWidth: 110 }), "bottom-right");
    this.map.on("load", () => {
      this.ready = true;
      for (const [name, collection] of Object.entries(this.data)) this.set(name as SourceName, collection);
      this.restyle(this.state, this.theme);
      if (this.ranking || this.state.view) this.refresh();
    });
    this.map.on("moveend", () => {
      const { lng, lat } = this.map.getCenter();
      events.moved({ lon: lng, lat, zoom: this.map.getZoom() });
      this.refresh();
    });
    this.map.on("mousemove", (e) => this.point(this.map.queryRenderedFeatures(e.point, { layers: this.drawn("discs", "hotspot-area", "cells") })));
    this.map.on("mouseout", () => events.cell(null));
    this.map.on("click", (e) => {
      const hits = this.map.queryRenderedFeatures(e.point, { layers: this.drawn("discs", "hotspot-outline", "hotspot-area", "cells") });
      this.point(hits);
      // The worst of overlapping discs is drawn on top and is the one that is meant.
      const discs = hits.filter((f) => f.layer.id === "discs").sort((a, b) => a.properties["rank"] - b.properties["rank"]);
      const hit = discs[0] ?? hits.find((f) => f.layer.id.startsWith("hotspot"));
      if (hit) events.select(String(hit.properties["id"]));
    });
    this.map.on("error", (e) => events.failed(new Error(e.error.message)));
  }

  private style() {
    return mapStyle(this.theme, this.state.metric, this.limits(), this.state.hotspot, this.data);
  }

  private limits() {
    return limitsOf(this.state.metric, overallRate(this.ranking?.run));
  }

  private drawn(...layers: string[]) {
    return layers.filter((l) => this.map.getLayer(l));
  }

  private point(hits: MapGeoJSONFeature[]) {
    this.map.getCanvas().style.cursor = hits.some((f) => f.layer.id !== "cells") ? "pointer" : "";
    const cell = hits.find((f) => f.layer.id === "cells");
    this.events.cell(cell ? (cell.properties as unknown as CellProperties) : null);
  }

  private set(name: SourceName, collection: GeoJSON.FeatureCollection) {
    this.data[name] = collection;
    this.map.getSource<GeoJSONSource>(name)?.setData(collection);
  }

  /** Applies colours and selection; data stays. */
  restyle(state: State, theme: Theme) {
    const before = this.theme;
    this.state = state;
    this.theme = theme;
    if (!this.ready) return;
    if (theme !== before) {
      this.map.setStyle(this.style(), { diff: true });
      return;
    }
    // Selecting must be quick: only what depends on it is set.
    const { metric, hotspot } = state;
    this.map.setFilter("hotspot-chosen", isSelected(hotspot));
    this.map.setFilter("disc-chosen", isSelected(hotspot));
    this.map.setPaintProperty("ranks", "text-color", rankColour(theme, hotspot));
    this.map.setPaintProperty("cells", "fill-color", cellColour(metric, theme, this.limits()));
    this.map.setPaintProperty("cells", "fill-opacity", cellOpacity(metric, this.limits()));
  }

  /** Takes the hotspots of a ranking; move or refresh afterwards. */
  show(ranking: Ranking | null, state: State) {
    this.ranking = ranking;
    this.state = state;
    const hotspots = ranking?.hotspots ?? [];
    const largest = Math.max(0, ...hotspots.map((h) => h.impact.avoidable));
    const features = (of: (h: Hotspot) => GeoJSON.Geometry | null): GeoJSON.FeatureCollection => ({
      type: "FeatureCollection",
      features: hotspots.flatMap((h) => {
        const geometry = of(h);
        return geometry ? [{ type: "Feature" as const, geometry, properties: { id: h.id, rank: h.rank, radius: radiusOf(h.impact.avoidable, largest) } }] : [];
      }),
    });
    this.set("areas", features((h) => (h.geometry?.type.endsWith("Point") ? null : h.geometry)));
    this.set("discs", features((h) => ({ type: "Point", coordinates: h.center })));
    this.restyle(state, this.theme); // the colours depend on the run
  }

  /** Moves so that all hotspots are in view, or the given box when there are none. */
  showAll(animate: boolean, otherwise: Box | null) {
    const box = boxAround((this.ranking?.hotspots ?? []).map((h) => h.center)) ?? otherwise;
    if (box) this.fit(box, 14, animate, 0);
    else this.refresh();
  }

  /** Moves to one hotspot; rightSide pixels on the right are covered. */
  flyTo(h: Hotspot, rightSide: number) {
    const box = boxAround([...positions(h.geometry), h.center]);
    if (box) this.fit(box, Math.max(14.5, Math.min(this.map.getZoom(), 17)), true, rightSide);
  }

  /** Rings a point and moves there; the next one takes its place. */
  pin(center: [number, number]) {
    this.pinned?.remove();
    const ring = document.createElement("div");
    ring.className = "pin";
    this.pinned = new Marker({ element: ring }).setLngLat(center).addTo(this.map);
    this.map.flyTo({ center, zoom: Math.max(14.5, Math.min(this.map.getZoom(), 17)), duration: 700 });
  }

  private fit(b: Box, maxZoom: number, animate: boolean, right: number) {
    const room = this.map.getContainer().clientWidth - right;
    const edge = Math.min(70, room / 5);
    this.map.fitBounds(new LngLatBounds([b.west, b.south], [b.east, b.north]), {
      padding: { top: edge, bottom: edge, left: edge, right: right + edge },
      maxZoom,
      duration: animate ? 700 : 0,
    });
  }

  private view(): Box {
    const b = this.map.getBounds();
    return { west: b.getWest(), south: b.getSouth(), east: b.getEast(), north: b.getNorth() };
  }

  private labelRegions() {
    this.set("region-labels", regionLabels(this.data.regions, this.view()));
  }

  /** Fetches what the view lacks. */
  refresh() {
    if (!this.ready) return;
    const view = this.view();
    const zoom = this.map.getZoom();
    this.set("graticule", graticule(view));
    const shapes = String(Math.min(16, Math.max(0, Math.ceil(zoom))));
    void this.ensure("regions", view, shapes, (bbox, signal) => getShapes("regions", { bbox, zoom: shapes }, signal), (c) => {
      this.set("regions", c);
      this.labelRegions();
    });
    this.labelRegions();
    void this.ensure("venues", view, shapes, (bbox, signal) => getShapes("venues", { bbox, zoom: shapes }, signal), (c) => {
      this.set("venues", c);
      this.set("venue-labels", venueLabels(c));
    });
    const run = this.ranking?.run;
    if (!run) return;
    const resolution = resolutionAt(zoom);
    const params = { ...filters(this.state), window: runWindow(run), end: run.end, resolution: String(resolution) };
    void this.ensure("cells", view, JSON.stringify(params), (bbox, signal) => getCells({ ...params, bbox }, signal), (c) => {
      this.set("cells", c);
      this.events.cells(resolution, c);
    });
  }

  /** Fetches what is missing for the view; a newer request ends an older one. */
  private async ensure(name: string, view: Box, key: string, fetcher: (bbox: string, signal: AbortSignal) => Promise<Collection>, use: (c: Collection) => void) {
    const had = this.fetched.get(name);
    if (had && had.key === key && contains(had.box, view)) return;
    had?.abort.abort();
    const now: Fetched = { key, box: coarse(view), abort: new AbortController() };
    this.fetched.set(name, now);
    this.pending++;
    try {
      use(await fetcher(boxText(now.box), now.abort.signal));
    } catch (e) {
      if (now.abort.signal.aborted) return;
      this.fetched.delete(name);
      this.events.failed(e as Error);
    } finally {
      this.pending--;
    }
  }
}

/** One label per building, the larger first; highways are labelled along themselves. */
function venueLabels(c: Collection): GeoJSON.FeatureCollection {
  const everywhere: Box = { west: -180, south: -90, east: 180, north: 90 };
  return labelled(c.features.flatMap((f, order) => {
    const label = f.properties?.["scene"] === "other" ? null : labelIn(f.geometry, everywhere);
    return label ? [{ at: label.at, properties: { ...f.properties, order } }] : [];
  }));
}

/** Regions are named where they are in view, unless they fill it and finer ones are there. */
function regionLabels(c: GeoJSON.FeatureCollection, view: Box): GeoJSON.FeatureCollection {
  const parents = new Set(c.features.map((f) => f.properties?.["parent"]));
  const full = areaOf(view);
  return labelled(c.features.flatMap((f) => {
    const label = labelIn(f.geometry, view);
    if (!label || label.area < full * 0.01) return [];
    return label.area > full * 0.5 && parents.has(f.properties?.["code"]) ? [] : [{ at: label.at, properties: f.properties ?? {} }];
  }));
}

function labelled(labels: { at: [number, number]; properties: object }[]): GeoJSON.FeatureCollection {
  return { type: "FeatureCollection", features: labels.map(({ at, properties }) => ({ type: "Feature", geometry: { type: "Point", coordinates: at }, properties })) };
}

/** Meridians and parallels at a round step, some six across the view. */
function graticule(b: Box): GeoJSON.FeatureCollection {
  const span = Math.max(b.east - b.west, 1e-4);
  const decade = 10 ** Math.floor(Math.log10(span / 6));
  const step = decade * ([1, 2, 5, 10].find((k) => k * decade >= span / 6) ?? 10);
  const lines: GeoJSON.Position[][] = [];
  for (let i = Math.floor(b.west / step) - 2; i <= b.east / step + 2; i++) lines.push([[i * step, b.south - span], [i * step, b.north + span]]);
  for (let i = Math.floor(b.south / step) - 2; i <= b.north / step + 2; i++) lines.push([[b.west - span, i * step], [b.east + span, i * step]]);
  return { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } }] };
}

