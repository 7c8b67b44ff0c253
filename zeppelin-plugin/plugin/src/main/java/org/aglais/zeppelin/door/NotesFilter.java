package org.aglais.zeppelin.door;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import javax.servlet.FilterChain;
import javax.servlet.ServletException;
import javax.servlet.ServletRequest;
import javax.servlet.ServletResponse;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.aglais.zeppelin.notes.NoteRules;
import org.aglais.zeppelin.notes.RefusedException;

/** The rules of {@link MessageGuard} for the REST API: what makes, copies or moves notes names an allowed place. */
public class NotesFilter extends DoorFilter {
  private static final int MOST_BYTES = 8 << 20;
  private static final Pattern CLONE = Pattern.compile("/api/notebook/[^/]+");
  private static final Pattern RENAME = Pattern.compile("/api/notebook/[^/]+/rename");

  @Override
  public void doFilterInternal(ServletRequest request, ServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    HttpServletRequest http = (HttpServletRequest) request;
    try {
      chain.doFilter(checked(http), response);
    } catch (RefusedException e) {
      Answers.json((HttpServletResponse) response, e.status, e.getMessage());
    } catch (JsonParseException | IllegalStateException e) {
      Answers.json((HttpServletResponse) response, 400, "The body is not the JSON that is wanted here.");
    }
  }

  @Override
  protected boolean mayPass(HttpServletRequest request, HttpServletResponse response) {
    return true; // all is done above, where the request can be replaced
  }

  private HttpServletRequest checked(HttpServletRequest request) throws RefusedException, IOException {
    String path = Requests.path(request).replaceFirst("/+$", "");
    boolean isPost = request.getMethod().equals("POST");
    NoteRules rules = door.rules();
    if (path.startsWith("/api/notebook/cron/") && !Requests.isRead(request)) {
      throw new RefusedException("Notes are not run by the clock here.");
    } else if (isPost && path.equals("/api/notebook")) {
      return withName(request, rules::newNote);
    } else if (isPost && path.equals("/api/notebook/import")) {
      return imported(request, rules);
    } else if (isPost && CLONE.matcher(path).matches()) {
      return withName(request, rules::copy);
    } else if (request.getMethod().equals("PUT") && RENAME.matcher(path).matches()) {
      return withName(request, name -> rules.rename(name, false));
    }
    return request;
  }

  private interface Placing {
    String place(String name) throws RefusedException;
  }

  private static HttpServletRequest withName(HttpServletRequest request, Placing placing)
      throws RefusedException, IOException {
    JsonObject body = body(request);
    body.addProperty("name", placing.place(nameOf(body)));
    return new ReplacedRequest(request, body.toString(), null);
  }

  /** An import names its place in the query, or else in the note. */
  private static HttpServletRequest imported(HttpServletRequest request, NoteRules rules)
      throws RefusedException, IOException {
    JsonObject body = body(request);
    String asked = request.getParameter("notePath");
    String path = rules.copy(asked == null ? nameOf(body) : asked);
    body.addProperty("name", path);
    return new ReplacedRequest(request, body.toString(), path);
  }

  private static String nameOf(JsonObject body) {
    return body.has("name") && body.get("name").isJsonPrimitive() ? body.get("name").getAsString() : "";
  }

  private static JsonObject body(HttpServletRequest request) throws RefusedException, IOException {
    byte[] bytes = request.getInputStream().readNBytes(MOST_BYTES + 1);
    if (bytes.length > MOST_BYTES) {
      throw new RefusedException(413, "A note may have at most " + (MOST_BYTES >> 20) + " MiB.");
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    return text.isBlank() ? new JsonObject() : JsonParser.parseString(text).getAsJsonObject();
  }
}
