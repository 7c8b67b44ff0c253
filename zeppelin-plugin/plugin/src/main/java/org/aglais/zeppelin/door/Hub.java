package org.aglais.zeppelin.door;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The three things that a Zeppelin server asks the Hub: a token for a code, whose it is, and to end the session. */
public class Hub {
  private static final Duration DEADLINE = Duration.ofSeconds(15);

  private final DoorSettings settings;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5)).build();

  public Hub(DoorSettings settings) {
    this.settings = settings;
  }

  /** Returns where the browser goes to be recognized. A path, so that any address of the Hub will do. */
  String authorizePath(String state, String verifier) {
    return settings.authorizePath + "?" + form(
        Map.of(
            "client_id", settings.clientId,
            "redirect_uri", settings.redirectPath,
            "response_type", "code",
            "state", state,
            "code_challenge", Secrets.challenge(verifier),
            "code_challenge_method", "S256"));
  }

  /** Changes a code for the name of the visitor. The token itself is dropped at once. */
  HubUser redeem(String code, String verifier) throws HubException {
    String form = form(
        Map.of(
            "grant_type", "authorization_code",
            "code", code,
            "code_verifier", verifier,
            "redirect_uri", settings.redirectPath,
            "client_id", settings.clientId,
            "client_secret", settings.clientSecret));
    HttpRequest request = request(settings.tokenUrl)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(BodyPublishers.ofString(form))
        .build();
    return user(text(json(send(request)), "access_token"));
  }

  private HubUser user(String token) throws HubException {
    JsonObject user = json(send(request(settings.userUrl).header("Authorization", "Bearer " + token).build()));
    Set<String> scopes = new TreeSet<>();
    if (user.has("scopes") && user.get("scopes").isJsonArray()) {
      for (JsonElement scope : user.getAsJsonArray("scopes")) {
        scopes.add(scope.getAsString());
      }
    }
    return new HubUser(text(user, "name"), scopes);
  }

  /** Ends the whole session; that it is gone already is as good. */
  void endSession() throws HubException {
    HttpRequest request =
        request(settings.endUrl).header("Authorization", "token " + settings.clientSecret).DELETE().build();
    int status = send(request).statusCode();
    if (status >= 300 && status != 404) {
      throw new HubException("The Hub would not end the session (" + status + ")");
    }
  }

  private static HttpRequest.Builder request(URI url) {
    return HttpRequest.newBuilder(url).timeout(DEADLINE).header("Accept", "application/json");
  }

  private HttpResponse<String> send(HttpRequest request) throws HubException {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new HubException("The Hub does not answer. Wait a moment and load this page again.", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HubException("The server is shutting down.", e);
    }
  }

  private static JsonObject json(HttpResponse<String> response) throws HubException {
    if (response.statusCode() != 200) {
      throw new HubException("The Hub did not accept this login: it was used before, or is too old.");
    }
    try {
      return JsonParser.parseString(response.body()).getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      throw new HubException("The Hub gave an answer that cannot be read.", e);
    }
  }

  private static String text(JsonObject object, String name) throws HubException {
    JsonElement value = object.get(name);
    if (value == null || !value.isJsonPrimitive()) {
      throw new HubException("The Hub gave an answer without " + name + ".");
    }
    return value.getAsString();
  }

  private static String form(Map<String, String> values) {
    return new TreeMap<>(values).entrySet().stream()
        .map(entry -> entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }
}
