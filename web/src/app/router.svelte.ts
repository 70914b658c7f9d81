/** Where we are: the hash of the address, so that the page works under any path of a proxy. */
export interface Route {
  screen: "start" | "projects" | "images" | "teach" | "viewer";
  id: number;
  query: URLSearchParams;
}

export function parse(hash: string): Route {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/");
  const at = (screen: Route["screen"], id = 0): Route => ({ screen, id, query: new URLSearchParams(query) });
  if (parts[0] === "start") return at("start");
  if (parts[0] === "p" && parts[2] === "teach" && Number(parts[1]) > 0) return at("teach", Number(parts[1]));
  if (parts[0] === "p" && Number(parts[1]) > 0) return at("images", Number(parts[1]));
  if (parts[0] === "i" && Number(parts[1]) > 0) return at("viewer", Number(parts[1]));
  return at("projects");
}

export const route = $state({ now: parse(location.hash) });
addEventListener("hashchange", () => (route.now = parse(location.hash)));

export function go(hash: string, replace = false): void {
  if (replace) location.replace(hash);
  else location.hash = hash;
}
