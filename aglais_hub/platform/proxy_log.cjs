// Loaded into configurable-http-proxy before its own code: what it says of requests that it could not pass on
// (the Hub is just being started again) must not hold the codes that are parts of paths.
"use strict";

const CODES = /\/(address|confirm|feeds|reset)\/[^\s?"']+/g;

for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream);
  stream.write = (chunk, ...rest) =>
    write(typeof chunk === "string" ? chunk.replace(CODES, "/$1/[secret]") : chunk, ...rest);
}
