// SPDX-License-Identifier: GPL-3.0-or-later
// A map that needs nobody: coasts and a grid of our own, and a point for each appliance with a place. It shows what holds them all.
import { t, word } from "../i18n";
import type { Item } from "./types";
import { world } from "./world";

const W = 960, H = 420, SMALLEST = 40; /* degrees that are shown at least */

/** What part of the world holds all points, with room around and the map's own proportions. */
export function frame(points: { lat: number; lon: number }[]): { west: number; north: number; wide: number; high: number } {
  const lons = points.map((p) => p.lon), lats = points.map((p) => p.lat);
  let wide = Math.max(SMALLEST, (Math.max(...lons) - Math.min(...lons)) * 1.35), high = Math.max(SMALLEST * (H / W), (Math.max(...lats) - Math.min(...lats)) * 1.35);
  if (wide / high < W / H) wide = (high * W) / H;
  else high = (wide * H) / W;
  if (wide > 360) { wide = 360; high = (360 * H) / W; }
  const west = (Math.max(...lons) + Math.min(...lons)) / 2 - wide / 2, north = (Math.max(...lats) + Math.min(...lats)) / 2 + high / 2;
  return { west, north: Math.min(90, Math.max(north, high - 90)), wide, high };
}

export function Map({ items, choose }: { items: Item[]; choose: (id: string) => void }) {
  const placed = items.flatMap((i) => (i.lat === null || i.lon === null || i.health === "retired" ? [] : [{ ...i, lat: i.lat, lon: i.lon }]));
  if (!placed.length) return <p class="dim">{t("fleet_noPlace")}</p>;
  const f = frame(placed), x = (lon: number) => ((lon - f.west) / f.wide) * W, y = (lat: number) => ((f.north - lat) / f.high) * H;
  const step = [1, 2, 5, 10, 15, 30].find((s) => f.wide / s <= 14) ?? 30;
  const lines = (from: number, size: number) => Array.from({ length: Math.ceil(size / step) + 1 }, (_, i) => Math.ceil(from / step) * step + i * step);
  const path = world.map((c) => `M${c.map(([lon, lat]) => `${x(lon).toFixed(1)} ${y(lat).toFixed(1)}`).join("L")}Z`).join("");
  return (
    <figure class="map">
      <svg viewBox={`0 0 ${W} ${H}`} role="group" aria-label={t("fleet_map")}>
        <rect width={W} height={H} class="sea" />
        <path d={path} class="land" />
        {lines(f.west, f.wide).map((lon) => <line key={`x${lon}`} x1={x(lon)} x2={x(lon)} y1="0" y2={H} class="grid" />)}
        {lines(f.north - f.high, f.high).map((lat) => <line key={`y${lat}`} x1="0" x2={W} y1={y(lat)} y2={y(lat)} class="grid" />)}
        {placed.map((p) => (
          <a key={p.id} href={`#/appliances/${p.number}`} onClick={(e) => { e.preventDefault(); choose(p.id); }} aria-label={`${p.place || p.name} (${p.name}): ${word("fleet_h_", p.health)}`}>
            <circle cx={x(p.lon)} cy={y(p.lat)} r="9" class={`site ${p.health}`} />
            <text x={x(p.lon) + 13} y={y(p.lat) + 4} class={x(p.lon) > W - 130 ? "sitename left" : "sitename"} text-anchor={x(p.lon) > W - 130 ? "end" : "start"} dx={x(p.lon) > W - 130 ? -26 : 0}>{p.place || p.name}</text>
          </a>
        ))}
      </svg>
      <figcaption class="dim">{t("fleet_mapHelp")}</figcaption>
    </figure>
  );
}
