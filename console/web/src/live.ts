// SPDX-License-Identifier: GPL-3.0-or-later
// Server-sent events: one connection for the whole page. Listeners hear which alert changed (null: anything, look anew); bursts are joined.

export type Listener = (alert: number | null) => void;
const JOIN_MS = 250;
const RETRY_MS = 3000;

export class Live {
  #source: EventSource | null = null;
  #listeners = new Set<Listener>();
  #status = new Set<(on: boolean) => void>();
  #waiting = new Set<number | null>();
  #timer = 0;
  #retry = 0;
  #seq = 0;
  on = false;

  start(): void {
    this.stop();
    this.#source = new EventSource("/api/v1/stream" + (this.#seq ? `?since=${this.#seq}` : ""));
    this.#source.onopen = () => {
      this.#set(true);
      this.#tell(null); /* what happened while nobody listened */
    };
    this.#source.onerror = () => {
      this.#set(false);
      if (this.#source?.readyState === EventSource.CLOSED) this.#retry = window.setTimeout(() => this.start(), RETRY_MS);
    };
    this.#source.addEventListener("alert", (e) => {
      const data = JSON.parse(e.data as string) as { alert?: { id?: number; seq?: number } };
      this.#seq = Math.max(this.#seq, data.alert?.seq ?? 0);
      this.#tell(data.alert?.id ?? null);
    });
    for (const name of ["appliance", "reset"]) this.#source.addEventListener(name, () => this.#tell(null));
    this.#source.addEventListener("end", () => {
      this.stop();
      this.#tell(null); /* the next request says that the session is over */
    });
  }
  stop(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
    this.#set(false);
  }
  listen(f: Listener): () => void {
    this.#listeners.add(f);
    return () => this.#listeners.delete(f);
  }
  status(f: (on: boolean) => void): () => void {
    this.#status.add(f);
    f(this.on);
    return () => this.#status.delete(f);
  }
  #set(on: boolean): void {
    this.on = on;
    for (const f of this.#status) f(on);
  }
  #tell(alert: number | null): void {
    this.#waiting.add(alert);
    if (this.#timer) return;
    this.#timer = window.setTimeout(() => {
      const all = [...this.#waiting];
      this.#waiting.clear();
      this.#timer = 0;
      const list = all.length > 20 ? [null] : all;
      for (const f of this.#listeners) for (const id of list) f(id);
    }, JOIN_MS);
  }
}
