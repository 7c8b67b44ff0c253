package org.aglais.zeppelin.door;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HubTest {
  private HttpServer server;
  private Hub hub;
  private int tokenStatus = 200;
  private String token = "{\"access_token\": \"t\"}";
  private String user = "{\"name\": \"alice\", \"scopes\": [\"a\", \"b\"]}";
  private int endStatus = 204;
  private String form;
  private String authorization;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/token", exchange -> {
      form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      answer(exchange, tokenStatus, token);
    });
    server.createContext("/user", exchange -> {
      authorization = exchange.getRequestHeaders().getFirst("Authorization");
      answer(exchange, 200, user);
    });
    server.createContext("/end", exchange -> {
      authorization = exchange.getRequestMethod() + " " + exchange.getRequestHeaders().getFirst("Authorization");
      answer(exchange, endStatus, "");
    });
    server.start();
    hub = new Hub(Fixtures.settings(server.getAddress().getPort()));
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void changesACodeForAUser() throws HubException {
    HubUser visitor = hub.redeem("c&de", "verifier");
    assertEquals("alice", visitor.name);
    assertEquals(Set.of("a", "b"), visitor.scopes);
    assertEquals("Bearer t", authorization);
    assertTrue(form.contains("code=c%26de&"), form);
    assertTrue(form.contains("code_verifier=verifier"), form);
    assertTrue(form.contains("client_secret=s3cret"), form);
  }

  @Test
  void tellsARefusedCode() {
    tokenStatus = 400;
    String message = assertThrows(HubException.class, () -> hub.redeem("used", "v")).getMessage();
    assertTrue(message.contains("used before"), message);
  }

  @Test
  void bearsNonsense() {
    for (String nonsense : new String[] {"", "[]", "{", "{\"access_token\": {}}", "<html>"}) {
      token = nonsense;
      assertThrows(HubException.class, () -> hub.redeem("c", "v"), nonsense);
    }
  }

  @Test
  void tellsThatTheHubIsAway() {
    server.stop(0);
    String message = assertThrows(HubException.class, () -> hub.redeem("c", "v")).getMessage();
    assertTrue(message.contains("does not answer"), message);
  }

  @Test
  void endsTheSession() throws HubException {
    hub.endSession();
    assertEquals("DELETE token s3cret", authorization);
    endStatus = 404;
    hub.endSession();
    endStatus = 503;
    assertThrows(HubException.class, hub::endSession);
  }

  @Test
  void keepsItsSecretsOutOfTheAddress() {
    String path = hub.authorizePath("state", "verifier");
    assertTrue(path.startsWith("/hub/api/oauth2/authorize?client_id=alices-server&code_challenge="), path);
    assertFalse(path.contains("verifier") || path.contains("s3cret"), path);
  }
}
