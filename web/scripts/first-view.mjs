// The first view: what index.html loads before anything is asked for. It must stay below 200 kB gzip.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const folder = new URL("../../src/uniaims/server/static/", import.meta.url);
const page = readFileSync(new URL("index.html", folder), "utf8");
const files = ["index.html", ...[...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map((match) => match[1])];
const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, folder))).length, 0);
console.log(`first view: ${(bytes / 1000).toFixed(1)} kB gzip in ${files.length} files`);
if (bytes > 200_000) throw new Error("The first view is larger than 200 kB gzip: load late what is not needed at once.");
