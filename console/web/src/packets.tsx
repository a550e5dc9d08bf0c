// SPDX-License-Identifier: GPL-3.0-or-later
// The packets of an alert: where they are, and how to get them. They stay on the appliance until somebody asks.
import { useState } from "preact/hooks";
import { post, Problem } from "./api";
import { bytes, number } from "./format";
import { sentence, t } from "./i18n";
import { ErrorNote, Facts, Hash, Section, Time } from "./parts";
import type { AlertDetail, PacketsFile } from "./types";

/** One sentence on where they are now. */
function where(p: PacketsFile, appliance: string): string {
  switch (p.state) {
    case "recording": return t("packetsRecording");
    case "kept": return p.whole === false ? t("packetsBefore") : t("packetsKept");
    case "wanted": return p.have > 0 ? t("packetsComing") : t("packetsWanted");
    case "here": return t("packetsHere");
    case "refused": return t("packetsRefused");
    default: return p.why ? `${t("packetsGone")} ${sentence(p.why)}.` : `${t("packetsGone")} (${appliance})`;
  }
}

export function Packets({ a, canAct, done }: { a: AlertDetail; canAct: boolean; done: () => void }) {
  const [busy, setBusy] = useState(false), [error, setError] = useState("");
  const p = a.pcap;
  if (!p) return null;
  const ask = async () => {
    setBusy(true);
    setError("");
    try {
      await post(`/alerts/${a.id}/pcap`, {});
    } catch (e) {
      setError(e instanceof Problem && e.status === 0 ? t("offline") : `${t("failed")}: ${e instanceof Problem ? e.message : ""}`);
    }
    setBusy(false);
    done();
  };
  const percent = p.total ? Math.floor((p.have * 100) / p.total) : 0;
  return (
    <Section title={t("packetsTitle")}>
      <p class="packets" role="status">{where(p, a.appliance.name)}</p>
      {p.state === "wanted" && p.have > 0 ? <progress max={100} value={percent} aria-label={t("packetsComing")}>{percent}%</progress> : null}
      <Facts rows={[
        [t("size"), p.packets !== null ? `${number(p.packets)} ${t("packets")}, ${bytes(p.bytes)}` : ""],
        [t("packetsComplete"), p.complete === null ? "" : p.complete ? t("packetsAll") : t("packetsPart")],
        [t("hash"), p.sha256 ? <Hash value={p.sha256} /> : ""],
        [t("packetsAskedBy"), p.requested_by ? <span>{p.requested_by} · <Time iso={p.requested} /></span> : ""],
      ]} />
      {canAct ? (
        <div class="actions">
          {p.state === "kept" || p.state === "refused" ? <button type="button" disabled={busy} onClick={() => void ask()}>{t("packetsFetch")}</button> : null}
          {p.state === "here" ? <a class="button" href={`/api/v1/alerts/${a.id}/pcap`} download>{t("packetsDownload")}</a> : null}
        </div>
      ) : p.state === "kept" || p.state === "here" ? <p class="dim">{t("packetsRole")}</p> : null}
      {error ? <ErrorNote text={error} /> : null}
    </Section>
  );
}
