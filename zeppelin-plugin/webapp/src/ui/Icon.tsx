/** The few drawings of the page; they decorate, so screen readers skip them. */

const SHAPES = {
  play: "M5 3.2v9.6a.6.6 0 0 0 .92.5l7.3-4.8a.6.6 0 0 0 0-1l-7.3-4.8A.6.6 0 0 0 5 3.2z",
  stop: "M4 5a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1z",
  plus: "M7.25 3h1.5v4.25H13v1.5H8.75V13h-1.5V8.75H3v-1.5h4.25z",
  more: "M3.5 6.7a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6zm4.5 0a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6zm4.5 0a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6z",
  menu: "M2 3.5h12V5H2zm0 3.75h12v1.5H2zM2 11h12v1.5H2z",
  close:
    "M4.2 3.15 8 6.94l3.8-3.8 1.06 1.07L9.06 8l3.8 3.8-1.06 1.06L8 9.06l-3.8 3.8-1.06-1.06L6.94 8l-3.8-3.8z",
  chevron: "M5.7 2.9 10.8 8l-5.1 5.1-1.1-1L8.7 8 4.6 3.9z",
  folder:
    "M1.5 3.5c0-.55.45-1 1-1h3.6l1.6 1.75h5.8c.55 0 1 .45 1 1v7.25c0 .55-.45 1-1 1h-11c-.55 0-1-.45-1-1z",
  note: "M3.5 1.5h6L13 5v9c0 .28-.22.5-.5.5h-9A.5.5 0 0 1 3 14V2c0-.28.22-.5.5-.5zm1.75 5.75v1.2h5.5v-1.2zm0 2.75v1.2h5.5V10zm0-5.5v1.2H8V4.5z",
  lock: "M4.75 6.5V5a3.25 3.25 0 0 1 6.5 0v1.5h.5c.55 0 1 .45 1 1V13c0 .55-.45 1-1 1h-7.5c-.55 0-1-.45-1-1V7.5c0-.55.45-1 1-1zm1.5 0h3.5V5a1.75 1.75 0 0 0-3.5 0z",
  copy: "M5.5 1.5H13c.55 0 1 .45 1 1V10c0 .55-.45 1-1 1h-1.5v-1.5h1V3H6v1H4.5V2.5c0-.55.45-1 1-1zM3 5h7c.55 0 1 .45 1 1v7.5c0 .55-.45 1-1 1H3c-.55 0-1-.45-1-1V6c0-.55.45-1 1-1z",
  pencil: "m11.1 1.9 3 3-8.4 8.4-3.6.9a.25.25 0 0 1-.3-.3l.9-3.6zm0 2.1-.9.9.9.9.9-.9z",
  sort: "M8 2.5 11 6.5H5zM8 13.5 5 9.5h6z",
  up: "M8 4.5 12 10H4z",
  down: "M8 11.5 4 6h8z",
} as const;

export type IconName = keyof typeof SHAPES;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} fill="currentColor" />
    </svg>
  );
}

/** A small tortoiseshell, Aglais urticae, in five strokes. */
export function Butterfly() {
  return (
    <svg class="butterfly" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <g id="wings">
        <path
          class="wing"
          d="M15 15C13 8 7 3.5 2.8 4.6 1.2 5 1.4 8 3 12c1.2 3 4 5 7 5-3 1-5 3.400-4.600 6 .400 3 2.600 4.800 5 4.200C13 26.600 14.600 22 15 17z"
        />
        <path
          class="wing"
          d="M17 15C19 8 25 3.500 29.200 4.600 30.800 5 30.600 8 29 12c-1.200 3-4 5-7 5 3 1 5 3.400 4.600 6-.400 3-2.600 4.800-5 4.200C19 26.600 17.400 22 17 17z"
        />
      </g>
      <path
        class="body"
        d="M16 10c.8 0 1.200 1 1.200 3.500v7c0 2-.5 3.500-1.200 3.500s-1.200-1.500-1.200-3.500v-7C14.800 11 15.200 10 16 10z"
      />
    </svg>
  );
}
