package org.aglais.zeppelin.door;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import javax.servlet.http.HttpServletResponse;

/** Answers that the door gives itself: redirects, small pages, JSON. None may be kept by a cache. */
final class Answers {
  private Answers() {}

  /** Sends the browser to a path of this host. Jetty's own redirects are absolute, which breaks behind a proxy. */
  static void redirect(HttpServletResponse response, int status, String path) {
    secretive(response);
    response.setStatus(status);
    response.setHeader("Location", path);
  }

  static void page(HttpServletResponse response, int status, String title, String sentence, String link)
      throws IOException {
    secretive(response);
    response.setHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    String html = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
        + "<meta name=\"viewport\" content=\"width=device-width\"><title>" + escape(title) + "</title>"
        + "<style>body{font:1rem/1.5 system-ui,sans-serif;margin:4rem auto;max-width:36rem;padding:0 1rem}</style>"
        + "</head><body><main><h1>" + escape(title) + "</h1><p>" + escape(sentence) + "</p>"
        + "<p><a href=\"" + escape(link) + "\">Go on</a></p></main></body></html>";
    send(response, status, "text/html", html);
  }

  static void json(HttpServletResponse response, int status, String message) throws IOException {
    secretive(response);
    JsonObject body = new JsonObject();
    body.addProperty("status", status);
    body.addProperty("message", message);
    send(response, status, "application/json", body.toString());
  }

  /** Keeps a code or state out of caches and of the Referer that the next page would send. */
  static void secretive(HttpServletResponse response) {
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Referrer-Policy", "no-referrer");
  }

  private static void send(HttpServletResponse response, int status, String type, String text) throws IOException {
    response.setStatus(status);
    response.setContentType(type + "; charset=utf-8");
    response.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
  }
}
