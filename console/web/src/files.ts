// SPDX-License-Identifier: GPL-3.0-or-later
// Files to and from the server: handed in as bytes of a type, taken away as a download.
import { Problem } from "./api";

export async function handIn<T>(path: string, file: File, type: string): Promise<T> {
  let r: Response;
  try {
    r = await fetch("/api/v1" + path, { method: "POST", headers: { Accept: "application/json", "Content-Type": type }, credentials: "same-origin", body: await file.arrayBuffer() });
  } catch {
    throw new Problem(0, "offline", "");
  }
  const json = (await r.json().catch(() => ({}))) as { code?: string; detail?: string };
  if (!r.ok) throw new Problem(r.status, json.code ?? "http", json.detail ?? r.statusText);
  return json as T;
}
