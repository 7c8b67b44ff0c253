package org.aglais.zeppelin.door;

import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.apache.shiro.SecurityUtils;

/**
 * Logs out: of Zeppelin here, then of the Hub, which ends what has to end.
 *
 * <p>A guest loses everything by it. So the Hub asks first, and who says no comes back to this session.
 */
public class LeaveFilter extends DoorFilter {
  static final String COOKIE = "aglais-left";

  /**
   * Returns whether this browser logged out a moment ago by the API. Zeppelin's own UIs then load their first page
   * again, which must not log in once more.
   */
  static boolean hasJustLeft(HttpServletRequest request) {
    return Requests.cookie(request, COOKIE).isPresent();
  }

  @Override
  protected boolean mayPass(HttpServletRequest request, HttpServletResponse response) throws Exception {
    if ("cross-site".equals(request.getHeader("Sec-Fetch-Site"))) {
      Answers.json(response, 403, "Pages of other sites may not log you out.");
      return false;
    }
    if (door.settings().level > 0) {
      SecurityUtils.getSubject().logout();
    }
    if (Requests.isApi(request)) {
      setCookie(response, COOKIE, "1", 60);
      response.setHeader("Location", door.settings().logoutPath);
      Answers.json(response, 401, "You are logged out.");
    } else {
      Answers.redirect(response, 303, door.settings().logoutPath);
    }
    return false;
  }
}
