/** The results of a paragraph, each shown by its kind. */
import { useEffect, useRef, useState } from "preact/hooks";
import { safeHtml } from "../html";
import type { Output as Result } from "../protocol";
import { shownText } from "../text";
import { memo } from "./memo";
import { TableView } from "./TableView";

/** Characters of one HTML result that are rendered unasked; more would stall the page. */
const MOST_HTML = 2_000_000;

export const Output = memo(function Output({ result }: { result: Result }) {
  switch (result.type) {
    case "TABLE":
      return <TableView data={result.data} />;
    case "HTML":
    case "SVG":
      return <HtmlView html={result.data} />;
    case "ANGULAR":
      return (
        <HtmlView
          html={result.data}
          notice="This result needs AngularJS to be interactive; it is shown as it is."
        />
      );
    case "IMG":
      return <ImageView data={result.data} />;
    case "NULL":
      return null;
    case "TEXT":
      return <TextView data={result.data} />;
    default:
      return (
        <>
          <p class="notice">A result of the kind “{result.type}” is shown as text.</p>
          <TextView data={result.data} />
        </>
      );
  }
});

function TextView({ data }: { data: string }) {
  const [isWhole, setWhole] = useState(false);
  const shown = shownText(data, isWhole ? Number.POSITIVE_INFINITY : undefined);
  if (data === "") return null;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre class="text" tabIndex={0}>
        {shown.spans.map((span, index) =>
          span.style ? (
            <span key={index} class={span.style}>
              {span.text}
            </span>
          ) : (
            span.text
          ),
        )}
      </pre>
      {shown.left > 0 && (
        <p class="notice">
          A long text, {shown.left.toLocaleString("en")} characters of it left out.{" "}
          <button type="button" class="button small" onClick={() => setWhole(true)}>
            Show all
          </button>{" "}
          <Download name="output.txt" type="text/plain" content={() => data} />
        </p>
      )}
    </>
  );
}

function HtmlView({ html, notice }: { html: string; notice?: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const [hadScripts, setHadScripts] = useState(false);
  const isTooLong = html.length > MOST_HTML;
  useEffect(() => {
    if (!frame.current || isTooLong) return;
    const root = frame.current.shadowRoot ?? frame.current.attachShadow({ mode: "open" });
    const safe = safeHtml(html, new URL(window.location.href));
    root.replaceChildren(safe.fragment);
    root.adoptedStyleSheets = [resultStyle()];
    setHadScripts(safe.hadScripts);
  }, [html, isTooLong]);
  return (
    <>
      <div class="html" ref={frame} hidden={isTooLong} />
      {isTooLong && (
        <p class="notice">
          This result is too long to be shown here.{" "}
          <Download name="output.html" type="text/html" content={() => html} />
        </p>
      )}
      {hadScripts && (
        <p class="notice">
          This result brought scripts. They were left out, to keep your session safe.
        </p>
      )}
      {notice && <p class="notice">{notice}</p>}
    </>
  );
}

let sheet: CSSStyleSheet | undefined;

/** How HTML results look. They sit in a shadow root, so the page's own style does not reach them. */
function resultStyle(): CSSStyleSheet {
  if (sheet) return sheet;
  sheet = new CSSStyleSheet();
  sheet.replaceSync(RESULT_CSS);
  return sheet;
}

const RESULT_CSS = `
  :host { display: block; overflow-wrap: anywhere; white-space: normal; }
  h1, h2, h3, h4 { line-height: 1.25; margin: 1.1em 0 .45em; font-weight: 600; letter-spacing: -.01em; }
  h1 { font-size: 1.7rem; } h2 { font-size: 1.35rem; } h3 { font-size: 1.12rem; } h4 { font-size: 1rem; }
  :is(h1, h2, h3, h4, p, ul, ol, table, div):first-child { margin-top: 0; }
  :is(p, ul, ol, pre, table):last-child { margin-bottom: 0; }
  p, ul, ol { margin: 0 0 .7em; } li { margin: .15em 0; }
  a { color: var(--link); } a:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
  img, svg { max-width: 100%; height: auto; }
  code, pre { font: .92em/1.5 var(--mono); }
  code { background: var(--tint); padding: .1em .35em; border-radius: .25rem; }
  pre { background: var(--tint); padding: .7rem .9rem; border-radius: .375rem; overflow-x: auto; }
  pre code { background: none; padding: 0; }
  blockquote { margin: 0 0 .7em; padding-left: 1rem; border-left: 3px solid var(--border); color: var(--muted); }
  table { border-collapse: collapse; display: block; overflow-x: auto; font-size: .92em; margin: 0 0 .8em; }
  th, td { border: 1px solid var(--border); padding: .3rem .6rem; text-align: start; }
  th { background: var(--tint); font-weight: 600; }
  hr { border: 0; border-top: 1px solid var(--border); margin: 1.2em 0; }
`;

function ImageView({ data }: { data: string }) {
  const source = data.trim();
  const isAddress = /^(data:image\/|https:)/i.test(source);
  return (
    <img
      class="image"
      alt="Result of the paragraph"
      src={isAddress ? source : `data:image/png;base64,${source}`}
    />
  );
}

interface DownloadProps {
  name: string;
  type: string;
  content: () => string;
}

export function Download({ name, type, content }: DownloadProps) {
  const save = () => {
    const url = URL.createObjectURL(new Blob([content()], { type: `${type};charset=utf-8` }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <button type="button" class="button small" onClick={save}>
      Download
    </button>
  );
}
