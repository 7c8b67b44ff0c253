package org.aglais.zeppelin.door;

import java.util.Properties;

/** Settings of a door that tests share. */
final class Fixtures {
  private Fixtures() {}

  static Properties properties(int hubPort) {
    String hub = "http://127.0.0.1:" + hubPort;
    Properties properties = new Properties();
    properties.setProperty("owner", "alice");
    properties.setProperty("prefix", "/user/alice/");
    properties.setProperty("client_id", "alices-server");
    properties.setProperty("client_secret", "s3cret");
    properties.setProperty("authorize_path", "/hub/api/oauth2/authorize");
    properties.setProperty("token_url", hub + "/token");
    properties.setProperty("user_url", hub + "/user");
    properties.setProperty("redirect_path", "/user/alice/oauth_callback");
    properties.setProperty("access_scopes", "access:servers!server=alice/ access:servers!user=alice");
    properties.setProperty("logout_path", "/hub/logout");
    properties.setProperty("end_url", hub + "/end");
    properties.setProperty("session_idle_seconds", "60");
    properties.setProperty("session_max_seconds", "600");
    properties.setProperty("admin", "false");
    properties.setProperty("level", "0");
    properties.setProperty("package", "tiny");
    return properties;
  }

  static DoorSettings settings(int hubPort) {
    return new DoorSettings(properties(hubPort));
  }
}
