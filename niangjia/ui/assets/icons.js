// Collects the Tabler icons that templates and Python name into one sprite, so that production needs no node_modules.
// Counted as used: {% icon "x" %}, icon="x", "icon": "x" and arguments of MenuEntry and its like; further names stand in icons.txt.
import { mkdirSync, readdirSync, readFileSync, writeFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const product = join(here, "..", "..");
const source = join(here, "..", "..", "..", "node_modules", "@tabler", "icons", "icons", "outline");
const used = new Set(
  readFileSync(join(here, "icons.txt"), "utf8").split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("#")),
);

function look(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!["static", "__pycache__", "tests"].includes(entry.name)) look(path);
    } else if (/\.(html|py)$/.test(entry.name)) {
      const text = readFileSync(path, "utf8");
      for (const found of text.matchAll(/(?:\{%\s*icon\s+|\bicon["']?\s*[=:]\s*)["']([a-z0-9-]+)["']/g)) used.add(found[1]);
      for (const call of text.matchAll(/\b(?:MenuEntry|Source|Waiting|Bulk|Mark|Screen|HomeCard)\(([\s\S]{0,400}?)\)/g))
        for (const found of call[1].matchAll(/"([a-z0-9-]+)"/g)) if (existsSync(join(source, `${found[1]}.svg`))) used.add(found[1]);
    }
  }
}
look(product);

const symbols = [];
const unknown = [];
for (const name of [...used].sort()) {
  const file = join(source, `${name}.svg`);
  if (!existsSync(file)) {
    unknown.push(name);
    continue;
  }
  const paths = readFileSync(file, "utf8").replace(/<!--[\s\S]*?-->/, "").replace(/<svg[\s\S]*?>/, "").replace("</svg>", "");
  symbols.push(`<symbol id="${name}" viewBox="0 0 24 24">${paths.replace(/\s*\n\s*/g, "")}</symbol>`);
}
if (unknown.length) {
  console.error(`No such Tabler icon: ${unknown.join(", ")}`);
  process.exit(1);
}
const out = join(here, "..", "static", "dist");
mkdirSync(out, { recursive: true });
writeFileSync(
  join(out, "icons.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${symbols.join("")}</svg>\n`,
);
console.log(`icons.svg: ${symbols.length} icons`);
