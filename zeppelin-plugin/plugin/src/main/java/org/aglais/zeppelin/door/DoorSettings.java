package org.aglais.zeppelin.door;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;

/** What {@code door.properties} says; the file that the system property {@code aglais.door} names. */
public final class DoorSettings {
  private static final Set<String> KEYS =
      Set.of(
          "owner",
          "prefix",
          "client_id",
          "client_secret",
          "authorize_path",
          "token_url",
          "user_url",
          "redirect_path",
          "access_scopes",
          "logout_path",
          "end_url",
          "session_idle_seconds",
          "session_max_seconds",
          "admin",
          "level",
          "package");

  public final String owner;
  public final String prefix;
  public final String clientId;
  public final String clientSecret;
  public final String authorizePath;
  public final URI tokenUrl;
  public final URI userUrl;
  public final String redirectPath;
  public final Set<String> accessScopes;
  public final String logoutPath;
  public final URI endUrl;
  public final Duration idle;
  public final Duration longest;
  public final boolean admin;
  public final int level;
  public final String packageName;

  /** Rejects what is missing and what is not known, by name: a door half configured stays shut. */
  public DoorSettings(Properties properties) {
    requireKeys(properties);
    owner = properties.getProperty("owner");
    prefix = properties.getProperty("prefix");
    clientId = properties.getProperty("client_id");
    clientSecret = properties.getProperty("client_secret");
    authorizePath = properties.getProperty("authorize_path");
    tokenUrl = URI.create(properties.getProperty("token_url"));
    userUrl = URI.create(properties.getProperty("user_url"));
    redirectPath = properties.getProperty("redirect_path");
    accessScopes = Set.of(properties.getProperty("access_scopes").split("\\s+"));
    logoutPath = properties.getProperty("logout_path");
    endUrl = URI.create(properties.getProperty("end_url"));
    idle = seconds(properties, "session_idle_seconds");
    longest = seconds(properties, "session_max_seconds");
    admin = Boolean.parseBoolean(properties.getProperty("admin"));
    level = Integer.parseInt(properties.getProperty("level"));
    packageName = properties.getProperty("package");
  }

  private static void requireKeys(Properties properties) {
    Set<String> missing = new TreeSet<>(KEYS);
    missing.removeIf(key -> !properties.getProperty(key, "").isBlank());
    Set<String> unknown = new TreeSet<>(properties.stringPropertyNames());
    unknown.removeAll(KEYS);
    if (!missing.isEmpty() || !unknown.isEmpty()) {
      throw new IllegalArgumentException("The door's settings lack " + missing + " and do not know " + unknown);
    }
  }

  private static Duration seconds(Properties properties, String key) {
    return Duration.ofSeconds(Long.parseLong(properties.getProperty(key)));
  }

  /** Reads the file that the system property names. */
  public static DoorSettings load() {
    String file = System.getProperty("aglais.door");
    if (file == null) {
      throw new IllegalArgumentException("The system property aglais.door names no file");
    }
    Properties properties = new Properties();
    try (InputStream stream = Files.newInputStream(Path.of(file))) {
      properties.load(stream);
    } catch (IOException e) {
      throw new IllegalArgumentException("The door's settings cannot be read: " + file, e);
    }
    return new DoorSettings(properties);
  }
}
