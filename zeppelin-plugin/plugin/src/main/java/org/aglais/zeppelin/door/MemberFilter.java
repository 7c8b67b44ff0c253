package org.aglais.zeppelin.door;

import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.apache.shiro.SecurityUtils;
import org.apache.shiro.subject.Subject;

/** Lets the owner through; sends everybody else to the Hub, or tells a program to go there. */
public class MemberFilter extends DoorFilter {
  static final String STATE_COOKIE = "aglais-door";

  @Override
  protected boolean mayPass(HttpServletRequest request, HttpServletResponse response) throws Exception {
    if (door.clock().isOver()) {
      sayItIsOver(request, response);
      return false;
    }
    if (isOwner(SecurityUtils.getSubject())) {
      door.clock().touch();
      setCaching(Requests.path(request), response);
      return true;
    }
    if (Requests.isApi(request) || !Requests.isRead(request) || !Requests.isPage(request)) {
      response.setHeader("Location", door.settings().prefix);
      Answers.json(response, 401, "You are not logged in here. Open " + door.settings().prefix + " first.");
    } else if (LeaveFilter.hasJustLeft(request)) {
      setCookie(response, LeaveFilter.COOKIE, "", 0);
      Answers.redirect(response, 302, door.settings().logoutPath);
    } else {
      sendToHub(request, response);
    }
    return false;
  }

  /** The web UI's files carry a hash of their content in their names; its page names them. */
  private static void setCaching(String path, HttpServletResponse response) {
    if (path.startsWith("/assets/")) {
      response.setHeader("Cache-Control", "private, max-age=31536000, immutable");
    } else {
      response.setHeader("Cache-Control", "no-cache");
    }
  }

  private boolean isOwner(Subject subject) {
    return subject.isAuthenticated() && door.settings().owner.equals(subject.getPrincipal());
  }

  private void sayItIsOver(HttpServletRequest request, HttpServletResponse response) throws Exception {
    String sentence = "This session has ended, by its time limit or because it was not used.";
    if (Requests.isApi(request)) {
      response.setHeader("Location", door.settings().logoutPath);
      Answers.json(response, 401, sentence);
    } else {
      Answers.page(response, 403, "The session has ended", sentence, door.settings().logoutPath);
    }
  }

  private void sendToHub(HttpServletRequest request, HttpServletResponse response) {
    String verifier = Secrets.random();
    String query = request.getQueryString();
    String page = request.getRequestURI() + (query == null ? "" : "?" + query);
    String state = door.visits().begin(verifier, page);
    setCookie(response, STATE_COOKIE, state, Visits.LIFETIME.toSeconds());
    Answers.redirect(response, 302, door.hub().authorizePath(state, verifier));
  }
}
