import type { Collection, Explained, Ranking, WarningReport } from "./types";

/** A failure as the API describes it, or one of the connection (code "offline"). */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    detail: string,
    readonly requestId = "",
  ) {
    super(detail);
  }
}

async function getJSON<T>(path: string, params: Record<string, string>, signal?: AbortSignal): Promise<T> {
  const query = new URLSearchParams(Object.entries(params).filter(([, v]) => v !== ""));
  let response: Response;
  try {
    response = await fetch(`${path}?${query}`, signal ? { signal } : {});
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new ApiError("offline", "");
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new ApiError(problem.code ?? String(response.status), problem.detail ?? response.statusText, problem.request_id);
  }
  return response.json();
}

export const getHotspots = (params: Record<string, string>, signal?: AbortSignal) =>
  getJSON<Ranking>("/api/v1/hotspots", params, signal);

export const getExplanation = (id: string, params: Record<string, string>, signal?: AbortSignal) =>
  getJSON<Explained>(`/api/v1/hotspots/${encodeURIComponent(id)}/explanation`, params, signal);

export const getWarnings = (params: Record<string, string>, signal?: AbortSignal) =>
  getJSON<WarningReport>("/api/v1/warnings", params, signal);

export const getCells = (params: Record<string, string>, signal?: AbortSignal) =>
  getJSON<Collection>("/api/v1/cells", params, signal);

export const getShapes = (what: "regions" | "venues", params: Record<string, string>, signal?: AbortSignal) =>
  getJSON<Collection>(`/api/v1/map/${what}`, params, signal);
