package org.aglais.zeppelin.door;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** Tells a web UI whose session this is, of which level and size, and how long it may be idle. */
public class SessionFilter extends DoorFilter {
  @Override
  protected boolean mayPass(HttpServletRequest request, HttpServletResponse response) throws IOException {
    DoorSettings settings = door.settings();
    JsonObject session = new JsonObject();
    session.addProperty("owner", settings.owner);
    session.addProperty("level", settings.level);
    session.addProperty("package", settings.packageName);
    session.addProperty("admin", settings.admin);
    session.addProperty("idle_seconds", settings.idle.toSeconds());
    session.addProperty("logout_path", settings.logoutPath);
    Answers.secretive(response);
    response.setContentType("application/json; charset=utf-8");
    response.getOutputStream().write(session.toString().getBytes(StandardCharsets.UTF_8));
    return false;
  }
}
