package org.aglais.zeppelin.door;

import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** Settings of the server itself are for administrators: they decide what runs, and where. */
public class AdminFilter extends DoorFilter {
  @Override
  protected boolean mayPass(HttpServletRequest request, HttpServletResponse response) throws Exception {
    if (door.settings().admin) {
      return true;
    }
    Answers.json(response, 403, "Only an administrator may see or change this.");
    return false;
  }
}
