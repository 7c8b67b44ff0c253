/**
 * HTML results, made harmless before they are shown.
 *
 * A result may come from somebody else's note, so it must not be able to act as the user. It is
 * sanitised with DOMPurify and put in a shadow root rather than in a sandboxed iframe: most results
 * are markdown, and those should flow, follow dark mode and be read by a screen reader as part of
 * the page. Scripts are dropped here, and the page's content security policy would refuse them once
 * more. What remains of HTML could still fetch: an image with the address of the logout page is a
 * request with the user's cookie. So nothing may load from this host, and styles may not load at all.
 */
import DOMPurify, { type Config } from "dompurify";

export interface SafeHtml {
  fragment: DocumentFragment;
  /** Whether something was in it that only works with scripts. */
  hadScripts: boolean;
}

const CONFIG: Config & { RETURN_DOM_FRAGMENT: true } = {
  RETURN_DOM_FRAGMENT: true,
  USE_PROFILES: { html: true, svg: true, svgFilters: true, mathMl: true },
  FORBID_TAGS: ["form", "input", "button", "select", "textarea", "option", "dialog"].concat([
    "audio",
    "video",
    "source",
    "track",
    "picture",
    "iframe",
    "object",
    "embed",
    "base",
    "meta",
  ]),
  FORBID_ATTR: ["srcset", "background", "poster", "ping", "autofocus", "tabindex", "is", "slot"],
  ADD_TAGS: ["style"],
  FORCE_BODY: true,
  SANITIZE_NAMED_PROPS: true,
};

/** Anything in a style that could make a request, and the escapes that would hide it. */
const LOADING_STYLE = /url|image-set|image\s*\(|@import|src\s*\(|\\/i;

/** A paint server in the same drawing, such as `fill="url(#shade)"`. */
const LOCAL_REFERENCE = /^\s*url\(\s*["']?#[\w-]+["']?\s*\)\s*$/;

export function safeHtml(html: string, page: URL): SafeHtml {
  const purify = purifierFor(page);
  const fragment = purify.sanitize(html, CONFIG);
  const hadScripts = purify.removed.some(
    (removed) => "element" in removed && removed.element.nodeName.toLowerCase() === "script",
  );
  return { fragment, hadScripts };
}

const purifiers = new Map<string, ReturnType<typeof DOMPurify>>();

function purifierFor(page: URL): ReturnType<typeof DOMPurify> {
  const known = purifiers.get(page.origin);
  if (known) return known;
  const purify = DOMPurify(window);
  purify.addHook("uponSanitizeElement", (node) => {
    if (node.nodeName.toLowerCase() === "style" && LOADING_STYLE.test(node.textContent ?? ""))
      node.textContent = "";
  });
  purify.addHook("afterSanitizeAttributes", (element) => {
    for (const attribute of [...element.attributes]) {
      if (!isHarmless(element, attribute, page)) element.removeAttribute(attribute.name);
    }
    if (element.nodeName.toLowerCase() === "a") tameLink(element);
    if (element.nodeName.toLowerCase() === "img" && !element.hasAttribute("alt"))
      element.setAttribute("alt", "Picture in the result"); // plots come without
  });
  purifiers.set(page.origin, purify);
  return purify;
}

function isHarmless(element: Element, { name, value }: Attr, page: URL): boolean {
  const attribute = name.toLowerCase();
  if (attribute === "href" && element.nodeName.toLowerCase() === "a") return true;
  if (attribute === "style") return !LOADING_STYLE.test(value);
  if (attribute === "src" || attribute.endsWith("href")) return isForeign(value, page);
  return !/url\s*\(/i.test(value) || LOCAL_REFERENCE.test(value);
}

/** A part of the drawing, data, or a host of somebody else's: ours know the user's cookie. */
function isForeign(address: string, page: URL): boolean {
  if (/^\s*#/.test(address)) return true;
  if (/^\s*data:image\//i.test(address)) return true;
  try {
    const url = new URL(address, page);
    return url.protocol === "https:" && siteOf(url.hostname) !== siteOf(page.hostname);
  } catch {
    return false;
  }
}

/** Roughly what a browser calls the site: the hub and its users' subdomains share one. */
function siteOf(host: string): string {
  return host.split(".").slice(-2).join(".");
}

/** Links to other notes stay in the page, all others open beside it and learn nothing of it. */
function tameLink(link: Element): void {
  const isInPage = /^\s*#/.test(link.getAttribute("href") ?? "");
  if (isInPage) {
    link.removeAttribute("target");
    return;
  }
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener noreferrer");
}
