// SPDX-License-Identifier: GPL-3.0-or-later
// Keys that mean something: not while a text is typed, a question is open, or the browser itself is addressed.
import { useLayoutEffect, useRef } from "preact/hooks";

export function free(e: KeyboardEvent): boolean {
  const typing = e.target instanceof HTMLElement && (/TEXTAREA|SELECT/.test(e.target.tagName) || (e.target instanceof HTMLInputElement && !/checkbox|radio|button/.test(e.target.type)));
  return !typing && !e.ctrlKey && !e.metaKey && !e.altKey && !document.querySelector("dialog[open]");
}
/** Answers keys while the component is shown. The newest answer counts, also for a key that comes before the browser had time to draw; it is there as soon as
 * what it belongs to is on the page. capture: before those that do not. */
export function useKeys(answer: (e: KeyboardEvent) => void, capture = false): void {
  const newest = useRef(answer);
  newest.current = answer;
  useLayoutEffect(() => {
    const f = (e: KeyboardEvent) => newest.current(e);
    addEventListener("keydown", f, capture);
    return () => removeEventListener("keydown", f, capture);
  }, [capture]);
}
/** Where the keys are in a list: at what is shown, or at what a key chose just now and the page does not show yet. */
export function useAt(chosen: number | null): { current: number | null } {
  const seen = useRef(chosen), at = useRef(chosen);
  if (seen.current !== chosen) at.current = seen.current = chosen;
  return at;
}
