// SPDX-License-Identifier: GPL-3.0-or-later
// When events lie on a server of their own and it cannot be reached: what happened, what it means, what to do.
import { useEffect, useState } from "preact/hooks";
import { get } from "./api";
import { number } from "./format";
import { t } from "./i18n";
import { Time } from "./parts";
import type { Stats } from "./types";

const LOOK_MS = 30000;

/** One line while the server with events is away. */
export function Away() {
  const [e, setE] = useState<Stats["events"] | null>(null);
  useEffect(() => {
    let over = false;
    const look = () => void get<Stats>("/stats?hours=1").then((s) => { if (!over) setE(s.events); }).catch(() => undefined);
    look();
    const id = setInterval(look, LOOK_MS);
    return () => { over = true; clearInterval(id); };
  }, []);
  if (!e?.away_since) return null;
  return (
    <p class="note away" role="status">
      <strong>{t("away_what")}</strong> ({t("away_since")} <Time iso={e.away_since} long />). {t("away_means")}
      {e.waiting ? ` ${number(e.waiting)} ${t("away_waiting")}` : ""} {t("away_do")}
    </p>
  );
}
