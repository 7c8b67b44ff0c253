package org.aglais.zeppelin.door;

import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** First of all: requests that nobody should send, whoever they are from. */
public class GuardFilter extends DoorFilter {
  private static final long MOST_BYTES = 16L << 20;

  @Override
  protected boolean mayPass(HttpServletRequest request, HttpServletResponse response) throws Exception {
    // Zeppelin has allowed whatever origin asked; this door decides itself.
    response.setHeader("Access-Control-Allow-Origin", null);
    response.setHeader("Access-Control-Allow-Credentials", null);
    if (!(request.getContextPath() + "/").equals(door.settings().prefix)) {
      Answers.json(response, 404, "Nothing is here.");
    } else if (!Requests.isPlain(Requests.path(request))) {
      Answers.json(response, 400, "This path is written in a way that is not accepted.");
    } else if (Requests.isForeign(request)) {
      Answers.json(response, 403, "Pages of other sites may not do this.");
    } else if (request.getContentLengthLong() > MOST_BYTES) {
      Answers.json(response, 413, "More than 16 MiB cannot be sent at once.");
    } else {
      response.setHeader("Referrer-Policy", "same-origin");
      return true;
    }
    return false;
  }
}
