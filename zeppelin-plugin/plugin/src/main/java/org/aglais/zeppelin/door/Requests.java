package org.aglais.zeppelin.door;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import javax.servlet.http.Cookie;
import javax.servlet.http.HttpServletRequest;

/** Questions about a request. */
final class Requests {
  private Requests() {}

  /** Returns the path below the prefix of the session, as the browser wrote it. */
  static String path(HttpServletRequest request) {
    return request.getRequestURI().substring(request.getContextPath().length());
  }

  /**
   * Returns whether a path means the same to everybody who reads it. Rules about paths hold only then: what Shiro
   * matches, Jetty and Jersey would otherwise decode once more.
   */
  static boolean isPlain(String path) {
    String lower = path.toLowerCase(Locale.ROOT);
    return path.startsWith("/")
        && path.chars().allMatch(c -> c > 32 && c < 127)
        && !path.contains("//")
        && !path.contains(";")
        && !path.contains("\\")
        && !lower.contains("%2f")
        && !lower.contains("%2e")
        && !lower.contains("%5c")
        && !lower.contains("%25")
        && !lower.contains("%00")
        && !lower.contains("%3b")
        && Arrays.stream(path.split("/")).noneMatch(part -> part.equals(".") || part.equals(".."));
  }

  static boolean isPage(HttpServletRequest request) {
    String mode = request.getHeader("Sec-Fetch-Mode");
    if (mode != null) {
      return mode.equals("navigate");
    }
    String accept = request.getHeader("Accept");
    return accept == null || accept.contains("text/html") || path(request).equals("/");
  }

  static boolean isApi(HttpServletRequest request) {
    String path = path(request);
    return path.equals("/api") || path.startsWith("/api/") || path.equals("/ws") || path.startsWith("/ws/");
  }

  static boolean isRead(HttpServletRequest request) {
    return request.getMethod().equals("GET") || request.getMethod().equals("HEAD");
  }

  static boolean isUpgrade(HttpServletRequest request) {
    return "websocket".equalsIgnoreCase(request.getHeader("Upgrade"));
  }

  /**
   * Returns whether the page that sent this lies on another host. Browsers name it in every request that could do
   * harm; programs that name none are no browser.
   */
  static boolean isForeign(HttpServletRequest request) {
    String origin = request.getHeader("Origin");
    if (origin != null) {
      String host = origin.replaceFirst("^[a-z]+://", "");
      return !host.equals(request.getHeader("Host")) && !host.equals(request.getHeader("X-Forwarded-Host"));
    }
    return "cross-site".equals(request.getHeader("Sec-Fetch-Site")) && !isRead(request);
  }

  static Optional<String> cookie(HttpServletRequest request, String name) {
    Cookie[] cookies = request.getCookies();
    return cookies == null
        ? Optional.empty()
        : Arrays.stream(cookies).filter(c -> c.getName().equals(name)).map(Cookie::getValue).findFirst();
  }
}
