// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the page into the directory given: one script, one style sheet, one document, each also compressed.
import { build } from "esbuild";
import { brotliCompressSync, gzipSync, constants } from "node:zlib";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  entryPoints: { app: join(here, "src/main.tsx") },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  outdir: out,
});
for (const name of ["index.html", "favicon.svg"]) copyFileSync(join(here, "src", name), join(out, name));
// Asked for when somebody writes a policy; they do not count for the first page.
const reference = join(here, "../../policy");
const later = ["facts.json", "tutorial.txt"];
writeFileSync(join(out, "facts.json"), JSON.stringify(JSON.parse(readFileSync(join(reference, "reference/facts.schema.json"), "utf8"))));
copyFileSync(join(reference, "tutorial.md"), join(out, "tutorial.txt"));
let total = 0;
for (const name of ["app.js", "app.css", "index.html", "favicon.svg", ...later]) {
  const bytes = readFileSync(join(out, name));
  const br = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  writeFileSync(join(out, name + ".br"), br);
  writeFileSync(join(out, name + ".gz"), gzipSync(bytes, { level: 9 }));
  if (!later.includes(name)) total += br.length;
}
console.log(`console page: ${(total / 1024).toFixed(1)} KiB compressed`);
