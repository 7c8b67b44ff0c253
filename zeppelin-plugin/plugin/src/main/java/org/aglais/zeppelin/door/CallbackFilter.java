package org.aglais.zeppelin.door;

import java.io.IOException;
import java.util.Optional;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.apache.shiro.SecurityUtils;
import org.apache.shiro.authc.AuthenticationException;
import org.apache.shiro.subject.Subject;

/** Where the Hub sends a visitor back to, with a code. */
public class CallbackFilter extends DoorFilter {
  private static final String SHUT = "You cannot come in";

  @Override
  protected boolean mayPass(HttpServletRequest request, HttpServletResponse response) throws Exception {
    Optional<Visits.Visit> visit = visitOf(request);
    setCookie(response, MemberFilter.STATE_COOKIE, "", 0);
    String code = request.getParameter("code");
    if (!Requests.isRead(request)) {
      Answers.json(response, 405, "Only a browser comes here.");
    } else if (request.getParameter("error") != null) {
      refuse(response, "The Hub did not let you in.");
    } else if (visit.isEmpty() || code == null) {
      refuse(response, "This login was not begun in this browser, or it took too long. Begin again.");
    } else {
      logIn(response, new HubCode(code, visit.get().verifier), visit.get().page);
    }
    return false;
  }

  private Optional<Visits.Visit> visitOf(HttpServletRequest request) {
    String cookie = Requests.cookie(request, MemberFilter.STATE_COOKIE).orElse(null);
    return door.visits().end(request.getParameter("state"), cookie);
  }

  private void logIn(HttpServletResponse response, HubCode code, String page) throws IOException {
    Subject subject = SecurityUtils.getSubject();
    if (subject.isAuthenticated()) {
      subject.logout(); // a session never changes hands
    }
    try {
      subject.login(code);
    } catch (AuthenticationException e) {
      refuse(response, e.getMessage());
      return;
    }
    door.clock().touch();
    Answers.redirect(response, 302, page);
  }

  private void refuse(HttpServletResponse response, String sentence) throws IOException {
    Answers.page(response, 403, SHUT, sentence, door.settings().logoutPath.replaceFirst("logout$", "home"));
  }
}
