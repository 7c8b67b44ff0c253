// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { safeHtml } from "../src/html";

const PAGE = new URL("https://hub.example.org/user/alice/");

function shown(html: string): string {
  const place = document.createElement("div");
  place.append(safeHtml(html, PAGE).fragment);
  return place.innerHTML;
}

describe("HTML results", () => {
  it("keep what a reader needs", () => {
    expect(shown("<h1>T</h1><table><tbody><tr><td>1</td></tr></tbody></table>")).toBe(
      "<h1>T</h1><table><tbody><tr><td>1</td></tr></tbody></table>",
    );
    expect(shown('<img src="data:image/png;base64,AA==" alt="plot">')).toContain("data:image/png");
    expect(shown('<img src="https://elsewhere.net/a.png">')).toContain("elsewhere.net");
    expect(shown("<style>td { color: red }</style>")).toContain("color: red");
  });

  it("lose scripts, and say that they had some", () => {
    const safe = safeHtml("<p>x</p><script>steal()</script>", PAGE);
    expect(safe.hadScripts).toBe(true);
    expect(safe.fragment.textContent).toBe("x");
    expect(safeHtml("<p>x</p>", PAGE).hadScripts).toBe(false);
  });

  it.each([
    '<img src="/hub/logout">',
    '<img src="logout">',
    '<img src="https://hub.example.org/hub/logout">',
    '<img src="https://alice.example.org/logout">',
    '<img src="//hub.example.org/logout">',
    '<img srcset="/hub/logout 2x">',
    '<p style="background: url(/hub/logout)">x</p>',
    '<p style="background: u\\72l(/hub/logout)">x</p>',
    "<style>p { background: url(/hub/logout) }</style>",
    '<style>@import "/hub/logout";</style>',
    '<table background="/hub/logout"><tbody><tr><td>x</td></tr></tbody></table>',
    '<svg><image href="/hub/logout"></image></svg>',
    '<svg><use xlink:href="/hub/logout#a"></use></svg>',
    '<svg><rect fill="url(/hub/logout)"></rect></svg>',
    '<video src="/hub/logout"></video>',
    '<iframe src="/hub/logout"></iframe>',
    '<form action="/hub/logout"><button>Go</button></form>',
    '<link rel="stylesheet" href="/hub/logout">',
    '<meta http-equiv="refresh" content="0; url=/hub/logout">',
  ])("make no request to our own hosts: %s", (html) => {
    expect(shown(html)).not.toContain("logout");
  });

  it.each([
    '<a href="javascript:alert(1)">x</a>',
    '<p onclick="alert(1)">x</p>',
    '<svg onload="alert(1)"></svg>',
  ])("run nothing: %s", (html) => {
    expect(shown(html)).not.toContain("alert");
  });

  it("open links beside the page, but those to notes in it", () => {
    expect(shown('<a href="https://spark.example">x</a>')).toContain('rel="noopener noreferrer"');
    expect(shown('<a href="#/notebook/2A">x</a>')).not.toContain("target");
  });

  it("keep references inside a drawing", () => {
    expect(shown('<svg><rect fill="url(#shade)"></rect></svg>')).toContain("url(#shade)");
  });
});
