// SPDX-License-Identifier: GPL-3.0-or-later
// Keys that mean something: not while a text is typed, a question is open, or the browser itself is addressed.
export function free(e: KeyboardEvent): boolean {
  const typing = e.target instanceof HTMLElement && (/TEXTAREA|SELECT/.test(e.target.tagName) || (e.target instanceof HTMLInputElement && !/checkbox|radio|button/.test(e.target.type)));
  return !typing && !e.ctrlKey && !e.metaKey && !e.altKey && !document.querySelector("dialog[open]");
}
