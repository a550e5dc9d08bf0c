// SPDX-License-Identifier: GPL-3.0-or-later
// One way to the server: JSON in, JSON or a Problem out.
import type { SearchPlace } from "./types";

export class Problem extends Error {
  constructor(readonly status: number, readonly code: string, detail: string, readonly at: SearchPlace | null = null) {
    super(detail);
  }
}
type Listener = () => void;
const signedOut = new Set<Listener>();
export function onSignedOut(f: Listener): () => void {
  signedOut.add(f);
  return () => signedOut.delete(f);
}

async function call<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  let r: Response;
  try {
    r = await fetch("/api/v1" + path, {
      method, headers, credentials: "same-origin", ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Problem(0, "offline", "");
  }
  if (r.status === 204) return undefined as T;
  const json: unknown = await r.json().catch(() => null);
  if (r.ok) return json as T;
  const p = (json ?? {}) as { code?: string; detail?: string; at?: SearchPlace };
  if (r.status === 401 && path !== "/session") for (const f of signedOut) f();
  throw new Problem(r.status, p.code ?? "http", p.detail ?? r.statusText, p.at ?? null);
}
export const get = <T>(path: string) => call<T>("GET", path);
export const post = <T>(path: string, body: unknown) => call<T>("POST", path, body);
/** A step that must not happen twice, however often the button or the network repeats it. */
export const step = <T>(path: string, body: unknown, key: string) => call<T>("POST", path, body, key);
export const del = (path: string) => call<void>("DELETE", path);
